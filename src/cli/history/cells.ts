import { historyStatusName } from '../../history/history-status.ts'
import { statusName } from '../../model/status.ts'
import { isEncoded, type Value } from '../../model/value.ts'

/** A time as ISO 8601 in UTC, with the parts of a millisecond that it has, in steps of 100 ns. */
export function timeText(time: number): string {
  let milliseconds = Math.floor(time)
  let parts = Math.round((time - milliseconds) * 1e4)
  if (parts === 1e4) {
    milliseconds++
    parts = 0
  }
  const date = new Date(milliseconds)
  // What no calendar has is told as it is kept, in milliseconds.
  if (Number.isNaN(date.getTime())) return String(time)
  const text = date.toISOString()
  if (parts === 0) return text
  return `${text.slice(0, -1)}${String(parts).padStart(4, '0').replace(/0+$/, '')}Z`
}

/** A value as text; null for a missing one. A text stands for itself, a list is JSON, bytes are base64. */
export function valueText(value: Value): string | null {
  if (value === null) return null
  if (typeof value === 'string') return value
  const plain = plainOf(value)
  return typeof plain === 'object' ? JSON.stringify(plain) : String(plain)
}

/** A value as JSON has it: what JSON cannot tell is a text, as in the JSON encoding of OPC UA (Part 6 §5.4). */
function plainOf(value: Value): unknown {
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'number' ? numberOf(item) : plainOf(item)))
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Uint8Array) return base64(value)
  if (isEncoded(value)) return { type: value.type, namespaces: value.namespaces, body: base64(value.body) }
  return Object.is(value, -0) ? '-0' : value
}

function numberOf(number: number): number | string {
  return Number.isFinite(number) && !Object.is(number, -0) ? number : Object.is(number, -0) ? '-0' : String(number)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** The name of a status code, or its number where it has none. */
export function statusText(status: number): string {
  return historyStatusName(status) ?? statusName(status)
}

/** A status code in hexadecimal, with all its bits. */
export function statusCodeText(status: number): string {
  return `0x${status.toString(16).padStart(8, '0')}`
}
