import { boolean, type Field, type Fields, type Values } from 'millrace/plugin'

/** Names of inputs that are all alike: two are needed, up to eight may be wired. */
export const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const

/** Eight like inputs made by `field`; the first two must be wired. */
export function alike<T>(
  field: (name: string, isOptional: boolean) => Field<T>,
): Record<(typeof names)[number], Field<T>> {
  const fields = names.map((name, index) => [name, field(name, index > 1)])
  return Object.fromEntries(fields) as Record<(typeof names)[number], Field<T>>
}

/** The values of those like inputs that are wired, in order. */
export function wired<T>(inputs: Readonly<Record<(typeof names)[number], T | undefined>>): T[] {
  return names.map((name) => inputs[name]).filter((value) => value !== undefined)
}

/** An input that stays unwired where nobody wants to reset. */
export const reset = boolean({ optional: true, description: 'Sets the block back to its start while it is true.' })

/** Values of ports whose names are known only when the configuration is. */
export type AnyValues = Values<Fields>
