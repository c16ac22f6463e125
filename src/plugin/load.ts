import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from './define.ts'
import { installResolution, packageUrl } from './resolve.ts'
import { complaintsAboutShape, isPlugin } from './shape.ts'

/** A module to load: where it is, and what it is called in findings. */
export interface Source {
  readonly url: string
  readonly origin: string
}

/** What a module gave: plugins, and complaints about what is not one. `line` is known for syntax errors. */
export interface Loaded {
  readonly plugins: readonly Plugin[]
  readonly complaints: readonly { readonly message: string; readonly line?: number }[]
}

const modulePattern = /^[^._].*\.(ts|mts|js|mjs)$/
const testPattern = /\.(test|spec|d)\.\w+$/

/** The modules directly in a folder, in alphabetical order; subfolders hold what the modules share. A missing folder has none. */
export async function modulesIn(folder: string): Promise<readonly Source[]> {
  const names = await namesIn(folder)
  return names
    .filter((name) => modulePattern.test(name) && !testPattern.test(name))
    .map((name) => ({ url: pathToFileURL(join(folder, name)).href, origin: join(folder, name) }))
}

/** Names of what is in a folder, sorted; none when there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}

const packagePattern = /^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(\/[\w./~-]+)?$/

/** A package of plugins, looked for from the plant's folder and then from this installation; undefined when it is no package name. */
export function packageSource(name: string, plantFolder: string): Source | undefined {
  if (!packagePattern.test(name) || name.includes('..')) return undefined
  return { url: packageUrl(name, pathToFileURL(join(plantFolder, 'plant.yaml')).href), origin: name }
}

/** Loads one module. It never throws: whatever goes wrong is a complaint. */
export async function load({ url, origin }: Source, deadlineMs: number): Promise<Loaded> {
  installResolution()
  let exported: unknown
  try {
    exported = await withDeadline(import(url) as Promise<Record<string, unknown>>, deadlineMs)
  } catch (error) {
    return { plugins: [], complaints: [explained(error, origin)] }
  }
  const { default: main } = exported as Record<string, unknown>
  if (main === undefined) return { plugins: [], complaints: [{ message: 'it has no default export' }] }
  const candidates = Array.isArray(main) ? main : [main]
  return {
    plugins: candidates.filter(isPlugin),
    complaints: candidates.flatMap((candidate, index) => {
      const place = Array.isArray(main) ? `plugin ${nameOf(candidate) ?? index + 1}: ` : ''
      return complaintsAboutShape(candidate).map((complaint) => ({ message: place + complaint }))
    }),
  }
}

function nameOf(candidate: unknown): string | undefined {
  const type = (candidate as { type?: unknown } | null | undefined)?.type
  return typeof type === 'string' ? type : undefined
}

function explained(error: unknown, origin: string): { message: string; line?: number } {
  if (!(error instanceof Error)) return { message: `it threw ${String(error)}` }
  const [first = ''] = error.message.split('\n')
  if (error.name !== 'SyntaxError') return { message: first }
  // Node puts `/plugins/a.ts:3` before the stack when TypeScript does not parse; of JavaScript it tells no line.
  const [place = ''] = (error.stack ?? '').split('\n')
  const line = origin !== '' && place.includes(origin) ? /:(\d+)$/.exec(place)?.[1] : undefined
  const message = `it is not valid code: ${first}`
  return line === undefined ? { message } : { message, line: Number(line) }
}

async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    const late = () =>
      reject(new Error(`it did not load within ${deadlineMs / 1000} s; something at its top level waits`))
    timer = setTimeout(late, deadlineMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
