import type { Fault } from '../model/fault.ts'
import type { Port } from '../model/port.ts'
import { isBad, Status, statusName } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { ReadingFailed } from '../plugin/facts.ts'
import { Injected, misfitOf } from './port-value.ts'

/** A fault that lasts; a trip is over as soon as it is made. */
export type LastingFault = Exclude<Fault, { readonly kind: 'trip' }>

/** A fault that is injected now. */
export interface ActiveFault {
  readonly fault: LastingFault
  readonly initiator: string
  /** Monotonic times. */
  readonly begunAt: number
  readonly until: number
  /** What a stuck tag is stuck at. */
  readonly stuckAt?: Value | undefined
  /** Readings that a spike is still in; absent when only time ends it. */
  readonly readingsLeft?: number | undefined
}

/** The faults of a device: one of each kind for each tag at most. */
export type Faults = readonly ActiveFault[]

const durationMsMax = 86_400_000
const delayMsMax = 3_600_000
const countMax = 1_000_000
const faultsMax = 1000

/** Why a fault cannot be injected: a status for the caller and a reason that reads after the device's name; undefined when it can. */
export function refusalOf(
  fault: Fault,
  durationMs: number,
  device: { readonly outputs: readonly Port[]; readonly hasBreaker: boolean },
): { readonly status: number; readonly reason: string } | undefined {
  if (fault.kind === 'trip') {
    return device.hasBreaker ? undefined : { status: Status.BadNotSupported, reason: 'has no circuit breaker' }
  }
  if (!isWithin(durationMs, [1, durationMsMax])) return outside(`the duration is ${durationMs} ms`, '1 ms to 24 h')
  switch (fault.kind) {
    case 'delay':
      return isWithin(fault.delayMs, [1, delayMsMax])
        ? undefined
        : outside(`the delay is ${fault.delayMs} ms`, '1 ms to 1 h')
    case 'drop':
      return fault.share > 0 && fault.share <= 1 ? undefined : outside(`the share is ${fault.share}`, 'above 0 to 1')
    case 'badStatus':
      if (!isBad(fault.status)) return outside(`the status is ${statusName(fault.status)}`, 'a Bad one')
      return fault.port === undefined ? undefined : unmeasured(fault.port, device.outputs)
    case 'stuck':
      return unmeasured(fault.port, device.outputs)
    case 'spike':
      return unmeasured(fault.port, device.outputs) ?? spikeRefusal(fault, device.outputs)
    case 'disconnect':
      return undefined
  }
  fault satisfies never
}

/** Adds a fault; one of the same kind and tag gives way to it. Undefined when there are too many. */
export function withFault(
  faults: Faults,
  fault: ActiveFault,
): { readonly faults: Faults; readonly replaced: Faults } | undefined {
  const isSame = ({ fault: other }: ActiveFault) =>
    other.kind === fault.fault.kind && portOf(other) === portOf(fault.fault)
  const others = faults.filter((each) => !isSame(each))
  if (others.length >= faultsMax) return undefined
  return { faults: [...others, fault], replaced: faults.filter(isSame) }
}

/** Takes out the faults whose time is over. */
export function expire(faults: Faults, monotonic: number): { readonly faults: Faults; readonly ended: Faults } {
  return {
    faults: faults.filter(({ until }) => until > monotonic),
    ended: faults.filter(({ until }) => until <= monotonic),
  }
}

/** Monotonic time at which the next fault is over. */
export function nextEnd(faults: Faults): number | undefined {
  return faults.length === 0 ? undefined : Math.min(...faults.map(({ until }) => until))
}

/** By how much an answer is late. */
export function delayOf(faults: Faults): number {
  return faults.reduce((delayMs, { fault }) => (fault.kind === 'delay' ? fault.delayMs : delayMs), 0)
}

/** Whether a request is lost; `random` lies in [0, 1). */
export function isDropped(faults: Faults, random: () => number): boolean {
  return faults.some(({ fault }) => fault.kind === 'drop' && random() < fault.share)
}

/** Whether the connection is cut. */
export function isCut(faults: Faults): boolean {
  return faults.some(({ fault }) => fault.kind === 'disconnect')
}

/** What a reading becomes. Only values that it holds are replaced; spikes that were in enough readings are over. */
export function disturb(
  faults: Faults,
  reading: Readonly<Record<string, unknown>>,
): { readonly reading: Readonly<Record<string, unknown>>; readonly faults: Faults; readonly ended: Faults } {
  const disturbed: Record<string, unknown> = { ...reading }
  const left: ActiveFault[] = []
  const ended: ActiveFault[] = []
  for (const active of faults) {
    const touched = Object.keys(reading).filter((port) => touches(active.fault, port))
    for (const port of touched) disturbed[port] = substitute(active)
    const readingsLeft =
      active.readingsLeft === undefined || touched.length === 0 ? active.readingsLeft : active.readingsLeft - 1
    if (readingsLeft === 0) ended.push(active)
    else left.push(readingsLeft === active.readingsLeft ? active : { ...active, readingsLeft })
  }
  return { reading: disturbed, faults: ended.length === 0 && same(left, faults) ? faults : left, ended }
}

/** The tag of a fault, by its port; undefined when it is about the whole device. */
export function portOf(fault: Fault): string | undefined {
  return 'port' in fault ? fault.port : undefined
}

/** What a fault does, in words for people: `spike of level to 99`. */
export function wordsOf(fault: Fault): string {
  switch (fault.kind) {
    case 'delay':
      return `delay of ${fault.delayMs} ms`
    case 'drop':
      return `loss of ${Math.round(fault.share * 1000) / 10} % of the requests`
    case 'stuck':
      return `stuck ${fault.port}`
    case 'spike':
      return `spike of ${fault.port} to ${String(fault.value).slice(0, 40)}`
    case 'badStatus':
      return `${statusName(fault.status)} of ${fault.port ?? 'every tag'}`
    case 'disconnect':
      return 'cut connection'
    case 'trip':
      return 'tripped breaker'
  }
  fault satisfies never
}

/** The faults in words, with the time that each still lasts and who asked for it. */
export function listed(faults: Faults, monotonic: number): readonly string[] {
  return faults.map(({ fault, until, initiator, readingsLeft }) => {
    const seconds = Math.max(0, Math.ceil((until - monotonic) / 1000))
    const readings = readingsLeft === undefined ? '' : ` or ${readingsLeft} readings`
    return `${wordsOf(fault)}, ${seconds} s${readings} left, by ${initiator || 'anonymous'}`
  })
}

function touches(fault: LastingFault, port: string): boolean {
  if (fault.kind === 'badStatus') return fault.port === undefined || fault.port === port
  return (fault.kind === 'stuck' || fault.kind === 'spike') && fault.port === port
}

function substitute({ fault, stuckAt }: ActiveFault): unknown {
  if (fault.kind === 'spike') return new Injected(fault.value)
  if (fault.kind === 'badStatus') return new Injected(new ReadingFailed('injected', { status: fault.status }))
  return new Injected(stuckAt ?? null, true)
}

function same(a: Faults, b: Faults): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}

function spikeRefusal({ port, value, count }: Fault & { kind: 'spike' }, outputs: readonly Port[]) {
  if (!Number.isInteger(count) || !isWithin(count, [0, countMax])) {
    return outside(`the count is ${count}`, `0 to ${countMax}`)
  }
  const declared = outputs.find(({ name }) => name === port)
  const misfit = declared && misfitOf(declared, value)
  // A spike may well leave the range of its tag; then the tag says so.
  if (!misfit || misfit.isBeyondRange) return undefined
  return { status: misfit.status, reason: `cannot read this: ${port} ${misfit.reason}` }
}

function unmeasured(port: string, outputs: readonly Port[]) {
  if (outputs.some(({ name }) => name === port)) return undefined
  const reason = `measures no ${port.slice(0, 40)}; it measures ${outputs.map(({ name }) => name).join(', ') || 'nothing'}`
  return { status: Status.BadNodeIdUnknown, reason }
}

function outside(what: string, expected: string) {
  return { status: Status.BadOutOfRange, reason: `cannot be disturbed like this: ${what}; ${expected} is expected` }
}

function isWithin(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high
}
