import type { RunOrigin } from '../../model/run.ts'
import type { HistoryStore, Page, Position } from '../history-store.ts'

/** Which sample is asked for. */
export interface ProducerRequest {
  readonly tag: string
  /** A whole millisecond since 1970 UTC: clients' arguments carry no more. */
  readonly time: number
  /** Which of the samples of that millisecond, from 1 in order of time and arrival; 0 for the last. */
  readonly ordinal: number
}

/** A stored sample, and where it came from. */
export interface ProducedSample {
  /** Its source time, in milliseconds since 1970 UTC. */
  readonly time: number
  /** How many samples there are of its millisecond. */
  readonly count: number
  /** Absent for what no run has produced: what people entered, gaps, and samples of programs that did not note runs. */
  readonly run: RunOrigin | undefined
}

/** Samples of one millisecond that are looked at together. */
const pageMax = 10_000

/**
 * The run of a sample: of the one at a time, or of the newest before it, whose value was the valid one then. Resolves to
 * undefined when there is no sample yet at that time, or not so many of it.
 */
export async function findProducer(
  store: Pick<HistoryStore, 'readPage' | 'run'>,
  { tag, time, ordinal }: ProducerRequest,
): Promise<ProducedSample | undefined> {
  // Everything of the next millisecond is behind this position when it is read backwards.
  const after = { time: time + 1, ordinal: 0 }
  const { samples } = await store.readPage({ tag, start: time + 1, end: Number.NEGATIVE_INFINITY, limit: 1, after })
  if (samples.count === 0) return undefined
  const found = await inMillisecond(store, { tag, start: Math.floor(samples.times[0] as number), ordinal })
  if (!found) return undefined
  const { number, ...sample } = found
  return { ...sample, run: number === 0 ? undefined : await store.run(number) }
}

async function inMillisecond(
  store: Pick<HistoryStore, 'readPage'>,
  { tag, start, ordinal }: { readonly tag: string; readonly start: number; readonly ordinal: number },
): Promise<{ readonly time: number; readonly count: number; readonly number: number } | undefined> {
  const wanted = ordinal === 0 ? Number.POSITIVE_INFINITY : ordinal
  let [count, time, number] = [0, start, 0]
  let after: Position | undefined
  do {
    const { samples, next }: Page = await store.readPage({ tag, start, end: start + 1, limit: pageMax, after })
    if (count < wanted && samples.count > 0) {
      const index = Math.min(wanted - count, samples.count) - 1
      time = samples.times[index] as number
      number = samples.runs?.[index] ?? 0
    }
    count += samples.count
    after = next
  } while (after)
  return count === 0 || ordinal > count ? undefined : { time, count, number }
}
