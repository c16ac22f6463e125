import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'

/**
 * The arrows of the house: which folder may import from which. Ring-2 folders never import each other; `src/plant.ts`
 * introduces them. `src` itself stands for the files at its top (the outermost ring).
 */
const ring1 = ['src/model', 'src/files', 'src/rx', 'src/sqlite', 'src/plugin', 'src/certificates']
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/model': [],
  'src/files': [],
  'src/rx': ['src/model'],
  'src/sqlite': ['src/model', 'src/files'],
  'src/plugin': ['src/model'],
  'src/certificates': ['src/model', 'src/files'],
  'src/config': ring1,
  'src/device': ring1,
  'src/pipeline': ring1,
  'src/jobs': ring1,
  'src/health': ring1,
  'src/isolation': ring1,
  'src/opcua': ring1,
  'src/store': ring1,
  'src/users': ring1,
  'src/history': ring1,
  src: [
    ...ring1,
    'src/config',
    'src/device',
    'src/pipeline',
    'src/jobs',
    'src/health',
    'src/isolation',
    'src/opcua',
    'src/store',
    'src/users',
    'src/history',
    'src/cli',
  ],
  'src/cli': [
    ...ring1,
    'src/config',
    'src/device',
    'src/pipeline',
    'src/opcua',
    'src/store',
    'src/users',
    'src/history',
    'src',
  ],
}

/** Packages that only the named folders may import; the first one that a name begins with counts. */
const owners: Readonly<Record<string, readonly string[]>> = {
  'node-opcua-client': ['src/opcua', 'src/cli/client'],
  'node-opcua-certificate-manager': ['src/opcua', 'src/cli/client'],
  'node-opcua-types': ['src/opcua', 'src/cli/client'],
  'node-opcua': ['src/opcua'],
  sqlite3: ['src/sqlite'],
  '@peculiar/x509': ['src/certificates'],
  'reflect-metadata': ['src/certificates'],
  commander: ['src/cli'],
  yaml: ['src/config', 'src/cli'],
  hyparquet: ['src/cli'],
  'csv-stringify': ['src/cli'],
}

const root = resolve(import.meta.dirname, '..')
const linesMax = 300

interface Import {
  readonly file: string
  readonly target: string
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name))
    .sort()
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\{[^}]*\}[^'"\n;]*?)?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
  return [...text.matchAll(pattern)].map((match) => ({ file, target: match[1] ?? match[2] ?? '' }))
}

/** The folder of the house that a file belongs to: `src/<folder>`, or `src` for the files at the top. */
function houseOf(file: string): string {
  const parts = file.split('/')
  return parts.length > 2 ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
}

function resolved({ file, target }: Import): string {
  return relative(root, resolve(root, dirname(file), target))
}

describe('architecture', () => {
  const sources = filesBelow('src')
  const imports = sources.flatMap(importsOf)

  it('has a row of allowed arrows for every folder of src', () => {
    const folders = new Set(sources.map(houseOf))
    expect([...folders].filter((folder) => !(folder in allowed))).to.deep.equal([])
  })

  it('sees the imports it is meant to judge', () => {
    expect(imports.length).to.be.greaterThan(sources.length)
    expect(imports.some(({ target }) => target === '../model/status.ts')).to.equal(true)
  })

  it('lets no file import from a folder that its own may not know', () => {
    const wrong = imports
      .filter(({ target }) => target.startsWith('.'))
      .map((each) => ({ ...each, from: houseOf(each.file), to: houseOf(resolved(each)) }))
      .filter(({ from, to }) => from !== to && !allowed[from]?.includes(to))
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(wrong).to.deep.equal([])
  })

  it('keeps each of the fenced packages in its own folder', () => {
    const wrong = imports
      .filter(({ file, target }) => {
        const owner = Object.entries(owners).find(
          ([name]) => target === name || target.startsWith(`${name}-`) || target.startsWith(`${name}/`),
        )
        return owner !== undefined && !owner[1].some((folder) => file.startsWith(`${folder}/`))
      })
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(wrong).to.deep.equal([])
  })

  it('lets plugins import only the public interface, rxjs, node and packages', () => {
    const wrong = filesBelow('plugins')
      .flatMap(importsOf)
      .filter((each) => each.target.startsWith('.') && !resolved(each).startsWith('plugins/'))
      .map(({ file, target }) => `${file} imports ${target}`)
    expect(wrong).to.deep.equal([])
  })

  it('has no cycle of imports', () => {
    const graph = new Map<string, string[]>()
    for (const each of imports.filter(({ target }) => target.startsWith('.'))) {
      graph.set(each.file, [...(graph.get(each.file) ?? []), resolved(each)])
    }
    expect(cycleIn(graph)).to.equal(undefined)
  })

  it(`has no file of more than ${linesMax} lines`, () => {
    const long = [...sources, ...filesBelow('plugins'), ...filesBelow('test')]
      .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > linesMax)
      .map(({ file, lines }) => `${file} has ${lines} lines`)
    expect(long).to.deep.equal([])
  })

  it('describes every folder of src in src/README.md', () => {
    const page = readFileSync(join(root, 'src/README.md'), 'utf8')
    const folders = [...new Set(sources.map(houseOf))].filter((folder) => folder !== 'src')
    expect(folders.filter((folder) => !page.includes(`${folder.slice('src/'.length)}/`))).to.deep.equal([])
  })
})

/** The first cycle of a graph as a text `a -> b -> a`, or undefined. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(' -> ')
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const found = visit(next, [...path, file])
      if (found) return found
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const found = visit(file, [])
    if (found) return found
  }
  return undefined
}
