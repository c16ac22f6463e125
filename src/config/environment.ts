/** The environment as a process sees it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What came of a text with variables: the text, or the reason why there is none. */
export type Substitution =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'malformed'; readonly reference: string }

const reference = /\$(\$?)\{([^}]*)\}/g
const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

/**
 * Replaces `${NAME}` and `${NAME:-default}` in a text; `$${` stands for a literal `${`.
 *
 * The default is taken when the variable is unset or empty, as in a shell. What comes in is never read again, so a value
 * from the environment cannot bring variables or structure of its own.
 */
export function substitute(text: string, environment: Environment): Substitution {
  let trouble: Substitution | undefined
  const result = text.replace(reference, (whole, escaped: string, inner: string) => {
    if (escaped) return whole.slice(1)
    const [, name, fallback] = variable.exec(inner) ?? []
    if (name === undefined) {
      trouble ??= { kind: 'malformed', reference: whole }
      return ''
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value === undefined) trouble ??= { kind: 'missing', name }
    return value ?? ''
  })
  return trouble ?? { kind: 'text', text: result }
}

/** Whether a text names a variable. */
export function hasVariable(text: string): boolean {
  return text.includes('${')
}

/** A text from the environment as the number or truth value that it spells, for a place where one of those is wanted. */
export function retype(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text)) return Number(text)
  return text
}
