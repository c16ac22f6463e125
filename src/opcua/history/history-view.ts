import type { Value } from '../../model/value.ts'

/** How the history of a tag is kept. */
export interface HistorizedTag {
  /** Samples older than this may be forgotten, in milliseconds. */
  readonly keepMs: number
  /** Absolute deadband, in the unit of the tag; 0 keeps every sample. */
  readonly deadband: number
}

/** One value of history; `time` is in milliseconds since 1970 UTC. */
export interface HistoryEntry {
  readonly time: number
  readonly status: number
  readonly value: Value
}

/** A value as it was before somebody changed it (or, for an insertion, as it was inserted). */
export interface ModifiedEntry extends HistoryEntry {
  readonly user: string
  readonly at: number
  readonly kind: 'insert' | 'replace' | 'update' | 'delete'
}

/** Where a sample stands in the history of its tag: its time, and its number among the samples of that time. */
export interface HistoryPosition {
  readonly time: number
  readonly ordinal: number
}

/** A change of history. A range includes its start and excludes its end, unless both are the same. */
export type HistoryEdit =
  | { readonly kind: 'insert' | 'replace' | 'update'; readonly tag: string; readonly entries: readonly HistoryEntry[] }
  | { readonly kind: 'delete'; readonly tag: string; readonly times: readonly number[] }
  | { readonly kind: 'delete'; readonly tag: string; readonly from: number; readonly to: number }
  /** Forgets who changed what in a range; the values stay. */
  | { readonly kind: 'deleteModified'; readonly tag: string; readonly from: number; readonly to: number }

/** What came of a change: a status for each entry or time, or one for a range, and the first values that were there before. */
export interface EditedHistory {
  readonly statuses: readonly number[]
  readonly before: readonly HistoryEntry[]
}

/** A stretch of history. `start` after `end` reads backwards; infinities mean no limit. */
export interface HistoryRange {
  readonly tag: string
  readonly start: number
  /** Not included, unless it is the start. */
  readonly end: number
  readonly limit: number
  /** Bytes of values, about, that the page has at most unless its first value is longer; unlimited when absent. */
  readonly bytesMax?: number | undefined
  /** Goes on behind this sample. */
  readonly after?: HistoryPosition | undefined
}

/** Samples by column, in the order of reading. */
export interface HistoryColumns {
  readonly count: number
  /** Milliseconds since 1970 UTC; parts of a millisecond are kept. */
  readonly times: ArrayLike<number>
  readonly statuses: ArrayLike<number>
  readonly values: ArrayLike<Value>
}

/** One page of raw samples. */
export interface HistoryPage {
  readonly samples: HistoryColumns
  /** Where to go on; absent when there is no more. */
  readonly next?: HistoryPosition | undefined
}

/** One page of changes. */
export interface ModifiedPage {
  readonly entries: readonly ModifiedEntry[]
  readonly next?: HistoryPosition | undefined
}

/** How aggregates judge data (Part 13 §4.2.1.2); the percentages are from 0 to 100. */
export interface AggregateSettings {
  readonly treatUncertainAsBad: boolean
  readonly percentDataBad: number
  readonly percentDataGood: number
  readonly useSlopedExtrapolation: boolean
}

/** A processed read: one result for each interval. */
export interface ProcessedRange {
  readonly tag: string
  readonly start: number
  readonly end: number
  /** Width of the intervals in milliseconds; 0 means one interval. */
  readonly interval: number
  /** Name of one of {@link HistoryView.aggregates}. */
  readonly aggregate: string
  readonly configuration: AggregateSettings & { readonly isStepped: boolean }
}

/** How values at given times are found where no sample is (Part 11 §6.5.5). */
export interface AtTimeSettings {
  readonly useSimpleBounds: boolean
  readonly isStepped: boolean
}

/** Who reads: long reads of different sessions take turns, and those of one that is closed are given up. */
export interface HistoryAsker {
  readonly by: object
  readonly signal: AbortSignal
}

/** What the address space needs from a historian. It rejects with a `MillraceError` when the historian cannot be read or written. */
export interface HistoryView {
  /** The aggregates that can be asked for, by name, with the numbers of their NodeIds in namespace 0. */
  readonly aggregates: Readonly<Record<string, number>>
  readonly aggregateDefaults: AggregateSettings
  /** How the history of a tag is kept; undefined when it is not. */
  historized(tag: string): HistorizedTag | undefined
  readPage(range: HistoryRange, asker?: HistoryAsker): Promise<HistoryPage>
  /** The samples around a time, each the nearest one; of several at the time itself the last. */
  neighbours(
    tag: string,
    time: number,
  ): Promise<{
    readonly before?: HistoryEntry | undefined
    readonly at?: HistoryEntry | undefined
    readonly after?: HistoryEntry | undefined
  }>
  readAtTime(
    tag: string,
    times: readonly number[],
    settings: AtTimeSettings,
    asker?: HistoryAsker,
  ): Promise<HistoryColumns>
  readProcessed(range: ProcessedRange, asker?: HistoryAsker): Promise<HistoryColumns>
  readModified(range: HistoryRange): Promise<ModifiedPage>
  /** Changes the history of one tag, all of it or nothing, and keeps what was there with the name of the user. */
  modify(edit: HistoryEdit, user: string): Promise<EditedHistory>
}
