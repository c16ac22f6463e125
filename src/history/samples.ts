import type { Value } from '../model/value.ts'

/** One sample of one tag's history. */
export interface Entry {
  readonly time: number
  readonly status: number
  readonly value: Value
  /** Number of the run that produced it; absent when none did. */
  readonly run?: number | undefined
}

/** Values of samples in a row: a typed array where all of them are numbers. */
export type ValueColumn = Float64Array | readonly Value[]

/** Samples of one tag by column, in order of time; equal times in order of arrival. They are shared: never change them. */
export interface Samples {
  readonly count: number
  /** Milliseconds since 1970 UTC; parts of a millisecond are kept. */
  readonly times: Float64Array
  readonly statuses: Uint32Array
  readonly values: ValueColumn
  /** Numbers of the runs that produced them, 0 for none: what people entered, and gaps. Absent when all are 0. */
  readonly runs?: Uint32Array | undefined
}

/** The sample at an index. */
export function entryAt({ times, statuses, values, runs }: Samples, index: number): Entry {
  const entry = { time: times[index] as number, status: statuses[index] as number, value: values[index] as Value }
  const run = runs?.[index]
  return run ? { ...entry, run } : entry
}

/** No samples. */
export const noSamples: Samples = {
  count: 0,
  times: new Float64Array(0),
  statuses: new Uint32Array(0),
  values: new Float64Array(0),
}

/** Samples of one tag from plain rows, in the order given. */
export function samplesFrom(rows: readonly Entry[]): Samples {
  return {
    count: rows.length,
    times: Float64Array.from(rows, ({ time }) => time),
    statuses: Uint32Array.from(rows, ({ status }) => status),
    values: valueColumn(rows.map(({ value }) => value)),
    runs: rows.some(({ run }) => run) ? Uint32Array.from(rows, ({ run = 0 }) => run) : undefined,
  }
}

/** A column of values: typed when all of them are numbers. */
export function valueColumn(values: readonly Value[]): ValueColumn {
  return values.every((value) => typeof value === 'number') ? Float64Array.from(values as readonly number[]) : values
}

/** The samples with indices from `from` to before `to`; typed arrays are shared, not copied. */
export function slice(samples: Samples, from: number, to: number): Samples {
  if (from === 0 && to === samples.count) return samples
  return {
    count: to - from,
    times: samples.times.subarray(from, to),
    statuses: samples.statuses.subarray(from, to),
    values: isTyped(samples.values) ? samples.values.subarray(from, to) : samples.values.slice(from, to),
    runs: samples.runs?.subarray(from, to),
  }
}

/** The samples at the given indices, in that order. */
export function pick(samples: Samples, indices: readonly number[] | Uint32Array): Samples {
  const { times, statuses, values, runs } = samples
  return {
    count: indices.length,
    times: copied(times, new Float64Array(indices.length), indices),
    statuses: copied(statuses, new Uint32Array(indices.length), indices),
    values: isTyped(values)
      ? copied(values, new Float64Array(indices.length), indices)
      : valueColumn(Array.from(indices, (index) => values[index] as Value)),
    runs: runs && Uint32Array.from(indices, (index) => runs[index] as number),
  }
}

/** Copies what is at the indices, in a loop: `from` of a typed array with a function takes many times as long. */
function copied<T extends Float64Array | Uint32Array>(source: T, target: T, indices: ArrayLike<number>): T {
  for (let at = 0; at < indices.length; at++) target[at] = source[indices[at] as number] as number
  return target
}

/** The samples in order of time; equal times stay in order of arrival. The same object when they are in order already. */
export function sorted(samples: Samples): Samples {
  const { times, count } = samples
  let isSorted = true
  for (let index = 1; index < count && isSorted; index++)
    isSorted = (times[index] as number) >= (times[index - 1] as number)
  if (isSorted) return samples
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  return pick(
    samples,
    order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b),
  )
}

/** Several stretches of samples as one, in the order given. */
export function joined(parts: readonly Samples[]): Samples {
  if (parts.length === 1 && parts[0]) return parts[0]
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  const times = new Float64Array(count)
  const statuses = new Uint32Array(count)
  const runs = parts.some((part) => part.runs) ? new Uint32Array(count) : undefined
  let at = 0
  for (const part of parts) {
    times.set(part.times, at)
    statuses.set(part.statuses, at)
    if (part.runs) runs?.set(part.runs, at)
    at += part.count
  }
  return { count, times, statuses, values: joinedValues(parts, count), runs }
}

function joinedValues(parts: readonly Samples[], count: number): ValueColumn {
  if (!parts.every(({ values }) => isTyped(values))) return parts.flatMap(({ values }) => Array.from<Value>(values))
  const values = new Float64Array(count)
  let at = 0
  for (const part of parts) {
    values.set(part.values as Float64Array, at)
    at += part.count
  }
  return values
}

/** The index of the first sample at or after a time (`count` when there is none). */
export function firstAt({ times, count }: Samples, time: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Tells whether a column is typed, that is, all of its values are numbers. */
export function isTyped(values: ValueColumn): values is Float64Array {
  return values instanceof Float64Array
}
