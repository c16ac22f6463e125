import { registerHooks } from 'node:module'
import { extname } from 'node:path'

/** What plugins import from us, and the file that answers. */
const ours: Readonly<Record<string, string>> = { 'millrace/plugin': 'index', 'millrace/testing': 'testing' }

/** Packages that a plugin may import without an installation of its own: ours answers when the plant has no copy. */
const lent = /^(zod|rxjs|modbus-serial|serialport)(\/|$)/

/** Scheme of {@link packageUrl}. */
const scheme = 'millrace-package:'

let isInstalled = false

/**
 * Makes `millrace/plugin` and `millrace/testing` resolve to this running installation wherever the importing file lies, so that
 * there is one copy of the interface and an author needs no `npm install`. Calling it again does nothing.
 */
export function installResolution(): void {
  if (isInstalled) return
  isInstalled = true
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const file = ours[specifier]
      if (file !== undefined) return { url: siblingUrl(file), shortCircuit: true }
      const [name, ...parents] = specifier.startsWith(scheme)
        ? (JSON.parse(decodeURIComponent(specifier.slice(scheme.length))) as [string, ...string[]])
        : [specifier, context.parentURL ?? import.meta.url, ...(lent.test(specifier) ? [import.meta.url] : [])]
      const attempt = (parentURL: string) => nextResolve(name, { ...context, parentURL })
      return firstThatResolves(parents, attempt)
    },
  })
}

/** A URL whose import means a package, looked for from one folder and then from this installation. */
export function packageUrl(name: string, folderUrl: string): string {
  return scheme + encodeURIComponent(JSON.stringify([name, folderUrl, import.meta.url]))
}

function siblingUrl(name: string): string {
  return new URL(`./${name}${extname(import.meta.url)}`, import.meta.url).href
}

function firstThatResolves<T>(parents: readonly string[], attempt: (parent: string) => T): T {
  const [parent, ...others] = parents
  try {
    return attempt(parent as string)
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    if (!isMissing || others.length === 0) throw error
    return firstThatResolves(others, attempt)
  }
}
