import { faultCause } from '../model/fault.ts'
import type { Port } from '../model/port.ts'
import { bad, good, type Sample } from '../model/sample.ts'
import { isBad, isGood, Status } from '../model/status.ts'
import { type DataType, integerRange, isNumeric, type Value } from '../model/value.ts'
import { ReadingFailed } from '../plugin/facts.ts'
import { StatedReading } from '../plugin/reading.ts'
import { failureOf } from './failure.ts'

/** Why a value does not fit a port. */
export interface Misfit {
  readonly status: number
  /** Reads after the port's name: `is NaN, not a number`. */
  readonly reason: string
  /** The value has the right type and is only outside the declared range. */
  readonly isBeyondRange: boolean
}

const floatMax = 3.4028234663852886e38
const int64Range = [-(2n ** 63n), 2n ** 63n - 1n] as const
const uint64Range = [0n, 2n ** 64n - 1n] as const

/** What a fault has put in the place of a measured value: another value, or a {@link ReadingFailed}. */
export class Injected {
  readonly value: unknown
  /** Whether it cannot change while the fault lasts. */
  readonly isConstant: boolean

  constructor(value: unknown, isConstant = false) {
    this.value = value
    this.isConstant = isConstant
  }
}

/** Info type DataValue with the limit bits Constant (Part 4 §7.39.1). */
const constantBits = 0x0700

/**
 * Makes a sample of what a device measured.
 *
 * | value | status |
 * |---|---|
 * | inside the port's range | Good |
 * | outside the port's range (EURange, Part 8 §5.6.3) | UncertainEngineeringUnitsExceeded, the value is kept |
 * | {@link ReadingFailed} | its own status |
 * | {@link StatedReading} | its own status and source time, unless what stands below makes it worse |
 * | of another type than the port's | BadTypeMismatch |
 * | NaN, infinite, too large for the type, not among the choices | BadOutOfRange |
 * | null | BadNoData |
 * | {@link Injected} | as above, but GoodLocalOverride instead of Good (Part 8 §6.3.2), and the cause is the fault injection |
 */
export function readingSample(port: Port, value: unknown, at: { time: number; cause: string }): Sample {
  if (value instanceof StatedReading) return statedSample(port, value, at)
  if (value instanceof Injected) return injectedSample(port, value, at.time)
  if (value instanceof ReadingFailed) return bad(failureOf(value).status, at.time, at.cause)
  if (value === null) return bad(Status.BadNoData, at.time, at.cause)
  const misfit = misfitOf(port, value)
  if (!misfit) return good(value as Value, at.time)
  if (!misfit.isBeyondRange) return bad(misfit.status, at.time, at.cause)
  return {
    value: value as Value,
    status: Status.UncertainEngineeringUnitsExceeded,
    sourceTime: at.time,
    cause: at.cause,
  }
}

function statedSample(port: Port, stated: StatedReading, at: { time: number; cause: string }): Sample {
  const time = Number.isFinite(stated.sourceTime) ? Number(stated.sourceTime) : at.time
  const status = Number.isInteger(stated.status) ? stated.status >>> 0 : Status.BadUnexpectedError
  if (isBad(status)) return bad(status, time, at.cause)
  const sample = readingSample(port, stated.value, { time, cause: at.cause })
  if (sample.status !== Status.Good) return isGood(status) || isBad(sample.status) ? sample : { ...sample, status }
  return isGood(status) ? { ...sample, status } : { ...sample, status, cause: at.cause }
}

function injectedSample(port: Port, { value, isConstant }: Injected, time: number): Sample {
  const sample = { ...readingSample(port, value, { time, cause: faultCause }), cause: faultCause }
  const base = sample.status === Status.Good ? Status.GoodLocalOverride : sample.status
  return { ...sample, status: isConstant ? (base | constantBits) >>> 0 : base }
}

/** Numbers from `low` to `high`. */
export interface NumberSpan {
  readonly low: number
  readonly high: number
  readonly isWhole: boolean
}

/** The numbers with which {@link misfitOf} finds no fault; undefined for a port that takes other values than numbers. */
export function numberSpanOf({ dataType, isArray, choices, range }: Port): NumberSpan | undefined {
  if (!isNumeric(dataType) || isArray || choices) return undefined
  const whole = integerRange[dataType]
  const max = dataType === 'Float' ? floatMax : Number.MAX_VALUE
  const [low, high] = whole ?? [-max, max]
  const [lowest, highest] = range ?? [low, high]
  return { low: Math.max(low, lowest), high: Math.min(high, highest), isWhole: whole !== undefined }
}

/** Tells why a value may not be written to a port or given to a method: BadTypeMismatch or BadOutOfRange; undefined when it may. */
export function misfitOf(port: Port, value: unknown): Misfit | undefined {
  if (!port.isArray) return scalarMisfit(port, value)
  if (!Array.isArray(value)) return mismatch(`is ${shown(value)}, not a list of ${port.dataType}`)
  let beyond: Misfit | undefined
  for (const element of value) {
    const misfit = scalarMisfit(port, element)
    if (misfit && !misfit.isBeyondRange) return misfit
    beyond ??= misfit
  }
  return beyond
}

function scalarMisfit(port: Port, value: unknown): Misfit | undefined {
  const misfit = typeMisfit(port.dataType, value)
  if (misfit) return misfit
  if (port.choices && !port.choices.includes(value as string)) {
    return outside(`is ${shown(value)}; it can be ${port.choices.join(', ')}`)
  }
  if (!port.range || (typeof value !== 'number' && typeof value !== 'bigint')) return undefined
  const [low, high] = port.range
  if (value >= low && value <= high) return undefined
  const unit = port.unit ? ` ${port.unit}` : ''
  return { ...outside(`is ${value}${unit}; it goes from ${low} to ${high}${unit}`), isBeyondRange: true }
}

function typeMisfit(type: DataType, value: unknown): Misfit | undefined {
  if (isNumeric(type)) return numberMisfit(type, value)
  switch (type) {
    case 'Boolean':
      return typeof value === 'boolean' ? undefined : mismatch(`is ${shown(value)}, not true or false`)
    case 'String':
      return typeof value === 'string' ? undefined : mismatch(`is ${shown(value)}, not a text`)
    case 'DateTime':
      if (!(value instanceof Date)) return mismatch(`is ${shown(value)}, not a time`)
      return Number.isNaN(value.getTime()) ? outside('is not a valid time') : undefined
    case 'ByteString':
      return value instanceof Uint8Array ? undefined : mismatch(`is ${shown(value)}, not bytes`)
    default: {
      if (typeof value !== 'bigint') return mismatch(`is ${shown(value)}, not a ${type} (a bigint)`)
      const [low, high] = type === 'Int64' ? int64Range : uint64Range
      return value < low || value > high ? outside(`is ${value}, which no ${type} can hold`) : undefined
    }
  }
}

function numberMisfit(type: DataType, value: unknown): Misfit | undefined {
  if (typeof value !== 'number') return mismatch(`is ${shown(value)}, not a number`)
  if (!Number.isFinite(value)) return outside(`is ${value}, which is no usable number`)
  const range = integerRange[type]
  if (!range) {
    const isTooLarge = type === 'Float' && Math.abs(value) > floatMax
    return isTooLarge ? outside(`is ${value}, which no Float can hold`) : undefined
  }
  if (!Number.isInteger(value)) return mismatch(`is ${value}, not a whole number`)
  return value < range[0] || value > range[1] ? outside(`is ${value}, which no ${type} can hold`) : undefined
}

function mismatch(reason: string): Misfit {
  return { status: Status.BadTypeMismatch, reason, isBeyondRange: false }
}

function outside(reason: string): Misfit {
  return { status: Status.BadOutOfRange, reason, isBeyondRange: false }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return String(value)
}
