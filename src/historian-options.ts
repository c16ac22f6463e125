import type { Logger } from 'pino'
import type { DiskGuardOptions } from './history/record/disk-guard.ts'
import type { HistoryFileOptions } from './history/record/history-file.ts'
import type { RecorderOptions } from './history/record/recorder.ts'
import type { ThreadReadsOptions } from './history/thread/thread-reads.ts'
import type { Clock } from './model/clock.ts'

/** What a historian needs. */
export interface HistorianOptions {
  /** The database; it and its folder are made when the first tag has a history. */
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
  /** How the database is kept open; the defaults are right outside of tests. */
  readonly opening?: Pick<HistoryFileOptions, 'busyTimeoutMs' | 'retryMs' | 'replaceMs' | 'pagesMax'>
  /** How samples are buffered and written; the defaults are right outside of tests. */
  readonly recording?: Pick<RecorderOptions, 'batchMax' | 'batchAgeMs' | 'waitingMax' | 'retryMs'>
  /** How the disk is watched; the defaults are right outside of tests. */
  readonly guarding?: Pick<DiskGuardOptions, 'everyMs' | 'spaceOf'>
  /** How long reads are done; the defaults are right outside of tests. */
  readonly reading?: Pick<ThreadReadsOptions, 'memoryMiB'>
}
