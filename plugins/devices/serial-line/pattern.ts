import { createContext, Script } from 'node:vm'

/** A regular expression that is matched with text from outside. */
export interface Pattern {
  /** Named groups of the first match; undefined when it does not match. Throws when it takes too long. */
  match(text: string): Readonly<Record<string, string | undefined>> | undefined
  readonly groups: readonly string[]
}

/** How long a match may take. Texts are short; what takes longer goes round in circles. */
const matchMsMax = 50

const script = new Script('pattern.exec(text)')

/** Compiles a regular expression; throws a SyntaxError when it is none. */
export function patternOf(source: string): Pattern {
  const expression = new RegExp(source)
  const groups = [...source.matchAll(/\(\?<([A-Za-z_$][\w$]*)>/g)].map(([, name = '']) => name)
  // With one open repetition a match goes over the text once or twice for each place; only several can multiply.
  const isPlain = repetitionsOf(source).count < 2
  const context = isPlain ? undefined : createContext({ pattern: expression, text: '' })
  return {
    groups,
    match(text) {
      const found = context ? watched(context, text, source) : expression.exec(text)
      return found ? (found.groups ?? {}) : undefined
    },
  }
}

/** What is wrong with a regular expression; reads after its name. */
export function complaintAboutPattern(source: string): string | undefined {
  try {
    new RegExp(source)
  } catch (error) {
    return `is no regular expression: ${error instanceof Error ? error.message : String(error)}`
  }
  return repetitionsOf(source).isNested
    ? 'repeats a group that repeats inside, such as (a+)+, and can take for ever; write it without the outer or the inner one'
    : undefined
}

/** Matches under a deadline that also ends a match which is still at work. */
function watched(context: object, text: string, source: string): RegExpExecArray | null {
  Object.assign(context, { text })
  try {
    return script.runInContext(context as never, { timeout: matchMsMax }) as RegExpExecArray | null
  } catch (error) {
    // It is an Error of the other context.
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new Error(`the pattern ${source} takes longer than ${matchMsMax} ms; make its repetitions exclude each other`)
  }
}

/** How many open repetitions (`*`, `+`, `{2,}`) there are, and whether one lies in a group that is itself repeated. */
function repetitionsOf(source: string): { readonly count: number; readonly isNested: boolean } {
  const tokens =
    source.match(/\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<[A-Za-z_$][\w$]*>|<?[=!]|:))?|\)|[*+]|\{\d+(?:,\d*)?\}|./gs) ?? []
  const inside: boolean[] = [false]
  let [count, isNested] = [0, false]
  let closed = false
  for (const token of tokens) {
    if (token.startsWith('(')) inside.push(false)
    const isGroupEnd = token === ')'
    const isRepetition = /^(?:[*+]|\{\d+,\d*\}|\{\d{2,}\})$/.test(token)
    if (isRepetition) {
      count++
      if (closed) isNested = true
      inside[inside.length - 1] = true
    }
    closed = isGroupEnd && inside.pop() === true
    // What repeats inside repeats in the group around too.
    if (closed) inside[inside.length - 1] = true
  }
  return { count, isNested }
}
