import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** More than this belongs to no plugin, and would keep a start waiting. */
const limits = { files: 5000, bytes: 128 * 2 ** 20 } as const

const codePattern = /\.(ts|mts|cts|js|mjs|cjs)$/

/** Texts in code that name a file beside it: what it imports, requires, or reads. */
const localPattern = /(['"`])(\.{1,2}\/[^'"`\n\r$]*)\1/g

/**
 * The hash of a module file and of every file that it stands on: each that a text in it names with `./` or `../` (an import, a
 * `require`, a table that it reads), and what those name in turn. It is SHA-256 over their paths from the module's folder and
 * their contents, written like `sha256-...` in base64. A name that is put together while the code runs is not seen, and packages
 * are not part of it.
 */
export async function fileHash(file: string): Promise<string> {
  const root = dirname(resolve(file))
  const contents = new Map<string, Buffer>()
  const open = [resolve(file)]
  let bytes = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (contents.has(next)) continue
    const content = await readFile(next)
    contents.set(next, content)
    bytes += content.length
    refuseTooMuch(contents.size, bytes, file)
    if (codePattern.test(next)) open.push(...(await namedIn(content.toString('utf8'), dirname(next))))
  }
  return digestOf([...contents].map(([path, content]) => ({ path: relative(root, path), content })))
}

/** The hash of a package: of all files in its folder but those of packages that it brings along, by the same rule. */
export async function folderHash(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = names
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).includes('node_modules'))
  const files: { readonly path: string; readonly content: Buffer }[] = []
  let bytes = 0
  for (const path of paths.sort()) {
    const content = await readFile(join(folder, path))
    bytes += content.length
    files.push({ path, content })
    refuseTooMuch(files.length, bytes, folder)
  }
  return digestOf(files)
}

/** The folder of an installed package, looked for from a plant's folder and then from this installation. */
export function packageFolder(name: string, plantFolder: string): string | undefined {
  for (const start of [resolve(plantFolder), dirname(fileURLToPath(import.meta.url))]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const candidate = join(folder, 'node_modules', name)
      if (existsSync(join(candidate, 'package.json'))) return candidate
      if (dirname(folder) === folder) break
    }
  }
  return undefined
}

function refuseTooMuch(files: number, bytes: number, what: string): void {
  if (files <= limits.files && bytes <= limits.bytes) return
  throw new Error(`${what} stands on more than ${limits.files} files or ${limits.bytes / 2 ** 20} MiB`)
}

/** Each file is its path, its length and its content, so that no two sets of files look alike. */
function digestOf(files: readonly { readonly path: string; readonly content: Buffer }[]): string {
  const hash = createHash('sha256')
  const named = files.map(({ path, content }) => ({ path: path.split(sep).join('/'), content }))
  for (const { path, content } of named.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return `sha256-${hash.digest('base64')}`
}

async function namedIn(code: string, folder: string): Promise<string[]> {
  const named = new Set([...code.matchAll(localPattern)].map(([, , name]) => resolve(folder, name ?? '')))
  const files = await Promise.all([...named].map(fileAt))
  return files.filter((path) => path !== undefined)
}

/** The file that a name means: itself, or what `require` makes of it. */
async function fileAt(path: string): Promise<string | undefined> {
  const candidates =
    extname(path) === '' ? ['', '.js', '.json', '.cjs', '/index.js', '/index.cjs', '/index.json'] : ['', '.js']
  for (const candidate of candidates.map((ending) => path + ending)) {
    const isFile = await stat(candidate).then(
      (found) => found.isFile(),
      () => false,
    )
    if (isFile) return candidate
  }
  return undefined
}
