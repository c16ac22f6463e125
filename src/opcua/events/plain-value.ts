import { LocalizedText, NodeId, QualifiedName, StatusCode } from 'node-opcua'

/** What any database can keep: values of built-in types in arrays. */
export type Plain = null | boolean | number | bigint | string | Date | Uint8Array | readonly Plain[]

/** Longest text or byte string, most elements of an array, and deepest nesting that are kept of a value. */
const limits = { text: 500, bytes: 200, elements: 20, depth: 3 }

/** A value as a client has sent it, cut to a size that a trail of very many entries can bear. */
export function plainOf(value: unknown, depth = 0): Plain {
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'bigint':
      return value
    case 'string':
      return boundedText(value, limits.text)
    case 'object':
      return value === null ? null : plainObject(value, depth)
    default:
      return null
  }
}

/** A text that is cut when it is too long, and says so. */
export function boundedText(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}… (${text.length} characters)`
}

function plainObject(value: object, depth: number): Plain {
  if (value instanceof Date) return value
  if (value instanceof Uint8Array) return value.length <= limits.bytes ? new Uint8Array(value) : `${value.length} bytes`
  if (value instanceof LocalizedText) return boundedText(value.text ?? '', limits.text)
  if (value instanceof NodeId || value instanceof StatusCode || value instanceof QualifiedName) {
    return boundedText(value.toString(), limits.text)
  }
  const list = Array.isArray(value) ? value : ArrayBuffer.isView(value) ? [...(value as Float64Array)] : undefined
  if (!list) return boundedText(jsonOf(value), limits.text)
  if (depth >= limits.depth) return `${list.length} elements`
  const first = list.slice(0, limits.elements).map((each) => plainOf(each, depth + 1))
  return list.length > limits.elements ? [...first, `… (${list.length} elements)`] : first
}

/** A structure as its type writes it. */
function jsonOf(value: object): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return value.constructor?.name ?? ''
  }
}
