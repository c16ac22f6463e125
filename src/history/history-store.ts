import type { RunOrigin } from '../model/run.ts'
import type { TagSample } from '../model/sample.ts'
import type { DataType } from '../model/value.ts'
import type { Entry, Samples } from './samples.ts'

export type { Entry } from './samples.ts'

/**
 * Where a sample stands in the history of its tag: its time, and its number among the samples of that time in order of
 * arrival, from 0. It stays valid while samples are appended, so it is what a continuation point stores.
 */
export interface Position {
  readonly time: number
  readonly ordinal: number
}

/** A stretch of raw history. `start` after `end` reads backwards (Part 11 §6.5.3); infinities mean no limit. */
export interface PageRequest {
  readonly tag: string
  /** Always included. */
  readonly start: number
  /** Not included unless {@link PageRequest.isEndIncluded}. */
  readonly end: number
  readonly isEndIncluded?: boolean | undefined
  readonly limit: number
  /** Bytes of values, about, that the page has at most unless its first value is longer; unlimited when absent. */
  readonly bytesMax?: number | undefined
  /** Goes on behind this sample, in the direction of reading. */
  readonly after?: Position | undefined
}

/** One page of raw history, in the order of reading. */
export interface Page {
  readonly samples: Samples
  /** Where to go on; absent when there is no more. */
  readonly next?: Position | undefined
}

/** What lies around a time. */
export interface Neighbours {
  readonly before?: Entry | undefined
  /** The sample of exactly this time; the last one when there are several. */
  readonly at?: Entry | undefined
  readonly after?: Entry | undefined
  /** Samples that were not usable lie at the time, or between it and `before`; or between it and `after`. */
  readonly hasSkippedBefore: boolean
  readonly hasSkippedAfter: boolean
}

/** What a sealed chunk, or what is not sealed yet, adds up to. Numbers are of the Good samples that have a number. */
export interface Summary {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly good: number
  readonly sum: number
  readonly minimum: number | null
  readonly maximum: number | null
}

/** Who changes history. */
export interface Author {
  readonly user: string
  /** When, in milliseconds since 1970 UTC. */
  readonly at: number
}

/** Ways to change history (HistoryUpdateType, Part 11 §6.9.2; numbers are those of the specification). */
export const editKinds = { insert: 1, replace: 2, update: 3, delete: 4 } as const

/** A way to change history. */
export type EditKind = keyof typeof editKinds

/** A change of history. A range includes its start and excludes its end, unless both are the same. */
export type Edit =
  | { readonly kind: 'insert' | 'replace' | 'update'; readonly tag: string; readonly entries: readonly Entry[] }
  | { readonly kind: 'delete'; readonly tag: string; readonly times: readonly number[] }
  | { readonly kind: 'delete'; readonly tag: string; readonly from: number; readonly to: number }
  /** Forgets what was changed in a range, and by whom; the samples stay. */
  | { readonly kind: 'deleteModified'; readonly tag: string; readonly from: number; readonly to: number }

/** Samples that one change may bring, replace or delete, so that it neither fills the memory nor keeps others waiting. */
export const editMax = 50_000

/** What came of a change. */
export interface Edited {
  /** A status code for each entry or time in their order, or one for a range. */
  readonly statuses: readonly number[]
  /** Samples that were there before and are not any more: the first of them, up to {@link beforeMax}. */
  readonly before: readonly Entry[]
}

/** Samples that {@link Edited} tells at most. */
export const beforeMax = 100

/** A sample that history had before a change (or, for `insert`, that the change put in), and who changed it. */
export interface Modified extends Entry, Author {
  readonly kind: EditKind
}

/** One page of changes, in order of time. */
export interface ModifiedPage {
  readonly entries: readonly Modified[]
  readonly next?: Position | undefined
}

/** What a store tells about itself. */
export interface StoreHealth {
  readonly tags: number
  /** Samples that are in the journal alone. */
  readonly unsealed: number
  /** Chunks and journal rows whose check sum was wrong when they were read. */
  readonly corrupt: number
}

/** Data types of tags, where they are known. */
export interface TagDeclaration {
  readonly tag: string
  readonly dataType: DataType
}

/**
 * Keeps the history of tags. Everything is asked by columns and positions, so that a store can be a file, a server or
 * something in memory; one suite of tests runs against each.
 */
export interface HistoryStore {
  /** Remembers the types of tags; unknown tags are made by {@link HistoryStore.append} too. */
  declare(tags: readonly TagDeclaration[]): Promise<void>
  /** Keeps samples, all or none; it is durable when this resolves. A sample may be older than those before it. */
  append(batch: readonly TagSample[]): Promise<void>
  readPage(request: PageRequest): Promise<Page>
  /** All samples from `from` to before `to` in order of time, a block at a time. */
  scan(tag: string, from: number, to: number): AsyncIterable<Samples>
  /** The nearest samples around a time; with `isUsable`, the nearest ones whose status it accepts. */
  neighbours(tag: string, time: number, isUsable?: (status: number) => boolean): Promise<Neighbours>
  /** The same around many times at once, in the order asked; it is fastest when they are in order of time. */
  neighboursOfAll(
    tag: string,
    times: readonly number[],
    isUsable?: (status: number) => boolean,
  ): Promise<readonly Neighbours[]>
  /** Sums of everything that lies in or reaches into a range. */
  summaries(tag: string, from: number, to: number): Promise<readonly Summary[]>
  /**
   * Changes history, in one transaction. Where stored samples are damaged nothing is replaced or deleted, for they may be
   * mended yet: the status is BadDataLost. Rejects with `value-out-of-range` when more than {@link editMax} samples are
   * concerned.
   */
  modify(edit: Edit, author: Author): Promise<Edited>
  readModified(request: PageRequest): Promise<ModifiedPage>
  /** The run of a number that samples carry; undefined when there is no sample of it any more. */
  run(number: number): Promise<RunOrigin | undefined>
  /** Forgets what is older than a time: one small step. Answers how many samples went, and whether that was all. */
  retain(tags: readonly string[], before: number): Promise<{ readonly samples: number; readonly isDone: boolean }>
  /** Writes a consistent copy into a new file, while everything goes on. */
  backup(file: string): Promise<void>
  /** Looks at the edges of everything as it is kept now; rejects with `database-corrupt` and the like when they cannot be read. */
  check(): Promise<void>
  /** Gives space back that is needed for speed only. */
  shrink(): Promise<void>
  health(): StoreHealth
  close(): Promise<void>
}
