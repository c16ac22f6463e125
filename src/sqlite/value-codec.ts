import { MillraceError } from '../model/errors.ts'

/** What can be kept exactly: values of all built-in types, in arrays and plain objects of any depth. */
export type Storable =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | readonly Storable[]
  | { readonly [key: string]: Storable | undefined }

/**
 * Writes a value as JSON from which {@link decode} makes the very same: what JSON has no form for becomes an object with
 * one key that begins with `$`, and keys of objects that begin so get another `$` in front.
 *
 * | value | text |
 * |---|---|
 * | `NaN`, infinities, `-0` | `{"$number":"-0"}` |
 * | `5n` | `{"$bigint":"5"}` |
 * | a Date | `{"$date":1700000000000}`, `null` when it is invalid |
 * | bytes | `{"$bytes":"AQI="}` |
 *
 * Keys without a value are left out, as if they were not there. Anything else is a TypeError.
 */
export function encode(value: unknown): string {
  return JSON.stringify(wrapped(value))
}

/** Makes of a text what was encoded; rejects with `database-corrupt` what {@link encode} cannot have written. */
export function decode(text: string): unknown {
  try {
    return unwrapped(JSON.parse(text))
  } catch (cause) {
    const start = text.length > 40 ? `${text.slice(0, 40)}…` : text
    throw new MillraceError('database-corrupt', `${start} is not an encoded value; restore a backup`, { cause })
  }
}

function wrapped(value: unknown): unknown {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: numberText(value) }
    case 'bigint':
      return { $bigint: value.toString() }
    case 'object':
      return value === null ? null : wrappedObject(value)
    default:
      throw new TypeError(`a ${typeof value} cannot be stored`)
  }
}

function wrappedObject(value: object): unknown {
  if (Array.isArray(value)) return Array.from(value, wrapped)
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.getTime() }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TypeError(`an object of ${value.constructor?.name} cannot be stored; give plain data`)
  }
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries.map(([key, each]) => [key.startsWith('$') ? `$${key}` : key, wrapped(each)]))
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(unwrapped)
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first && /^\$(?!\$)/.test(first[0])) return special(first[0], first[1])
  return Object.fromEntries(entries.map(([key, each]) => [unescaped(key), unwrapped(each)]))
}

function unescaped(key: string): string {
  if (!key.startsWith('$')) return key
  if (!key.startsWith('$$')) throw new Error(`the key ${key} stands beside others`)
  return key.slice(1)
}

function special(key: string, content: unknown): unknown {
  if (key === '$number' && ['NaN', 'Infinity', '-Infinity', '-0'].includes(String(content))) return Number(content)
  if (key === '$bigint' && typeof content === 'string' && /^-?\d+$/.test(content)) return BigInt(content)
  if (key === '$date' && content === null) return new Date(Number.NaN)
  if (key === '$date' && typeof content === 'number') return new Date(content)
  if (key === '$bytes' && typeof content === 'string') return new Uint8Array(Buffer.from(content, 'base64'))
  throw new Error(`${key} has no such content`)
}
