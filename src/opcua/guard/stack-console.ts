/** What the stack writes to without asking its own log. */
const methods = ['log', 'info', 'warn', 'error', 'debug'] as const

/** A place in the stack, as its own log tells it. */
export interface StackPlace {
  readonly filename: string
  readonly callerline: number
}

/** Takes a line that the stack has printed, and where. */
export type TakePrinted = (place: StackPlace, ...parts: unknown[]) => void

const ofStack = /[\\/]node-opcua-[\w-]+[\\/](?:.*[\\/])?([\w.-]+?)\.js:(\d+)/

/**
 * Takes what the stack prints on the console, which a client can make it do without end: a line for each unknown status code,
 * for example. Whatever others print goes its way. The returned function leaves the console as it was.
 */
export function routeStackConsole(take: TakePrinted): () => void {
  const originals = methods.map((method) => [method, console[method]] as const)
  for (const [method, original] of originals) {
    console[method] = (...parts: unknown[]): void => {
      const place = placeInStack()
      if (place) take(place, ...parts)
      else original.apply(console, parts)
    }
  }
  return () => {
    for (const [method, original] of originals) console[method] = original
  }
}

/** Where in the stack somebody prints; undefined for whoever is not the stack. */
function placeInStack(): StackPlace | undefined {
  // This function and the one that stands in for the console come first; a helper of the stack may stand between.
  const callers = (new Error().stack ?? '').split('\n').slice(3, 5)
  for (const caller of callers) {
    const [, filename, line] = ofStack.exec(caller) ?? []
    if (filename !== undefined) return { filename, callerline: Number(line) }
  }
  return undefined
}
