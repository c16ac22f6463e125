import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin, StepPlugin } from './define.ts'

/** The module that plugins were loaded from. */
export interface ModuleOf {
  readonly url: string
  /** Path of its file, or name of its package. */
  readonly origin: string
  readonly kind: 'built-in' | 'file' | 'package'
  /** Its hash as it was loaded; undefined when nobody asked for it. */
  readonly hash: string | undefined
  /** The plugins of steps that it brought. */
  readonly plugins: readonly StepPlugin[]
}

const moduleByPlugin = new WeakMap<Plugin, ModuleOf>()
const folders = new Set<string>()

/** The module that a plugin was loaded from; undefined for one that was made in the program itself. */
export function moduleOf(plugin: Plugin): ModuleOf | undefined {
  return moduleByPlugin.get(plugin)
}

/** Remembers where plugins came from, and what their module was when they were loaded: it is loaded once. */
export function rememberModule(
  { url, origin, kind, hash }: Omit<ModuleOf, 'plugins' | 'hash'> & { readonly hash?: string | undefined },
  plugins: readonly Plugin[],
): void {
  if (url.startsWith('file:')) folders.add(dirname(fileURLToPath(url)) + sep)
  const steps = plugins.filter((each) => each.kind !== 'device' && each.kind !== 'simulator')
  for (const plugin of plugins) {
    if (!moduleByPlugin.has(plugin)) moduleByPlugin.set(plugin, { url, origin, kind, hash, plugins: steps })
  }
}

/** Whether a file lies beside or below a module that plugins were loaded from. */
export function isPluginFile(file: string): boolean {
  return [...folders].some((folder) => file.startsWith(folder))
}
