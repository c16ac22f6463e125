import { durationMsMax, parseDuration } from '../config/duration.ts'
import { UsageError } from './exit-code.ts'

/** A stretch of time; infinite where it was not given. The end does not belong to it. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** The range of `--from` and `--to`, in milliseconds since 1970 UTC. */
export function rangeOf({ from, to }: { readonly from?: string; readonly to?: string }, now: number): TimeRange {
  const range = {
    from: from === undefined ? Number.NEGATIVE_INFINITY : timeOf('--from', from, now),
    to: to === undefined ? Number.POSITIVE_INFINITY : timeOf('--to', to, now),
  }
  if (range.from >= range.to) throw new UsageError(`--from ${from} is not before --to ${to}`)
  return range
}

/** A width such as `1m`, in milliseconds. */
export function widthOf(text: string): number {
  const width = parseDuration(text)
  if (width === undefined || width === 0 || width > durationMsMax) {
    throw new UsageError(`--every ${text} is no duration; write a number and ms, s, m, h, d, w or y, such as 1m`)
  }
  return width
}

const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** A time such as `2026-05-01T06:00`, `-1h` or `+30m`, in milliseconds since 1970 UTC. Throws UsageError, which names the option. */
export function timeOf(option: string, text: string, now: number): number {
  if (text === 'now') return now
  const ago = /^[+-]/.test(text) ? parseDuration(text.slice(1)) : undefined
  if (ago !== undefined) return text.startsWith('-') ? now - ago : now + ago
  const time = isoTime(text)
  if (time !== undefined) return time
  throw new UsageError(
    `${option} ${text} is no time; write 2026-05-01, 2026-05-01T06:00, 2026-05-01T06:00:00.5Z, 2026-05-01T06:00+02:00, or -1h, -7d, now`,
  )
}

/** ISO 8601; without a zone it is the time of this machine. */
function isoTime(text: string): number | undefined {
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, zone] = pattern.exec(text) ?? []
  if (year === undefined) return undefined
  const parts = [year, month, day, hour, minute, second].map(Number) as [number, number, number, number, number, number]
  const utc = utcOf(parts)
  // A day or an hour that does not exist would become the next one.
  if (new Date(utc).toISOString().slice(0, 19) !== partsText(parts)) return undefined
  return (zone === undefined ? localOf(parts) : utc - offsetOf(zone)) + Number(fraction) * 1000
}

type Parts = readonly [number, number, number, number, number, number]

function utcOf([year, month, ...rest]: Parts): number {
  const date = new Date(0)
  // Unlike Date.UTC, this takes the years before 100 as they are.
  date.setUTCFullYear(year, month - 1, rest[0])
  date.setUTCHours(rest[1], rest[2], rest[3])
  return date.getTime()
}

function localOf([year, month, day, hour, minute, second]: Parts): number {
  const date = new Date(0)
  date.setFullYear(year, month - 1, day)
  date.setHours(hour, minute, second, 0)
  return date.getTime()
}

function partsText([year, ...rest]: Parts): string {
  const [month, day, hour, minute, second] = rest.map((part) => String(part).padStart(2, '0'))
  return `${String(year).padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}`
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
