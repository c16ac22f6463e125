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

/** The module that a plugin was loaded from; undefined for one that was made in the program itself. */
export function moduleOf(plugin: Plugin): ModuleOf | undefined {
  return moduleByPlugin.get(plugin)
}

/** Remembers where plugins came from, and what their module was when they were loaded: it is loaded once. */
export function rememberModule(
  { url, origin, kind, hash }: Omit<ModuleOf, 'plugins' | 'hash'> & { readonly hash?: string | undefined },
  plugins: readonly Plugin[],
): void {
  const steps = plugins.filter((each) => each.kind !== 'device' && each.kind !== 'simulator')
  for (const plugin of plugins) {
    if (!moduleByPlugin.has(plugin)) moduleByPlugin.set(plugin, { url, origin, kind, hash, plugins: steps })
  }
}
