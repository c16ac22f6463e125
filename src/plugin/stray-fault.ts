import { fileURLToPath } from 'node:url'
import { isPluginFile } from './module-of.ts'

/** How an error got past everybody: thrown, or as the reason of a promise that nobody took. */
export type Straying = 'thrown' | 'rejected'

/**
 * The plugin file whose own doing an error is that nobody caught; undefined when it may be anybody's.
 *
 * A timer, a subscription or a promise that a plugin made for itself has nobody to catch its errors. One that was thrown has
 * left everything else untouched when it passed through nothing but plugins, RxJS and Node.js; a rejection unwinds nothing, so
 * the place where it arose decides.
 */
export function strayFileOf(error: unknown, how: Straying): string | undefined {
  const files = placesOf(error).filter((place) => !isNeutral(place))
  const [first] = files
  if (first === undefined || !isPluginFile(first)) return undefined
  return how === 'rejected' || files.every(isPluginFile) ? first : undefined
}

/** `at f (file:///a/b.ts:1:2)`, `at async /a/b.js:1:2`, `at node:internal/timers:588:17`. */
const frame = /^\s+at .*?((?:file:\/\/|node:|\/|[A-Za-z]:\\)[^()]*?):\d+:\d+\)?$/

function placesOf(error: unknown): string[] {
  const stack = error instanceof Error ? String(error.stack) : ''
  return stack.split('\n').flatMap((line) => {
    const place = frame.exec(line)?.[1]
    if (place === undefined) return []
    return [place.startsWith('file://') ? fileURLToPath(place.split('?', 1)[0] ?? place) : place]
  })
}

function isNeutral(place: string): boolean {
  return place.startsWith('node:') || /[\\/]node_modules[\\/]rxjs[\\/]/.test(place)
}
