import { createRequire, registerHooks } from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What plugins import from us, and the file that answers. */
const ours: Readonly<Record<string, string>> = { 'millrace/plugin': 'index', 'millrace/testing': 'testing' }

/** Packages that a plugin may import without an installation of its own: ours answers when the plant has no copy. */
const lent = /^(zod|rxjs|modbus-serial|serialport)(\/|$)/

/** Scheme of {@link packageUrl}. */
const scheme = 'millrace-package:'

const ownRequire = createRequire(import.meta.url)

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
      if (specifier.startsWith(scheme)) {
        const [name, ...parents] = JSON.parse(decodeURIComponent(specifier.slice(scheme.length))) as [
          string,
          ...string[],
        ]
        return firstOf(parents.map((parentURL) => () => nextResolve(name, { ...context, parentURL })))
      }
      if (!lent.test(specifier)) return nextResolve(specifier, context)
      return firstOf([
        () => nextResolve(specifier, context),
        // A `require` asks from its own module whatever the context says, so it is answered from here.
        () =>
          context.conditions.includes('require')
            ? { url: pathToFileURL(ownRequire.resolve(specifier)).href, shortCircuit: true }
            : nextResolve(specifier, { ...context, parentURL: import.meta.url }),
      ])
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

/** The first answer that is not "there is no such module". */
function firstOf<T>([attempt, ...others]: readonly (() => T)[]): T {
  try {
    return (attempt as () => T)()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
    if (!isMissing || others.length === 0) throw error
    return firstOf(others)
  }
}
