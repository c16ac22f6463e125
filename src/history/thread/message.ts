import type { ErrorCode } from '../../model/errors.ts'
import type { SqlValue } from '../../sqlite/driver.ts'
import type { Page } from '../history-store.ts'
import type { Reading } from '../read/reading.ts'
import type { Memory } from '../store/stored-reads.ts'

/** What the thread of long reads is told. */
export type ToThread =
  /** With what is in memory of the tag, which every read asks for first. */
  | { readonly kind: 'read'; readonly job: number; readonly reading: Reading; readonly memory: Memory | undefined }
  | { readonly kind: 'given'; readonly ask: number; readonly value: unknown }
  /** There is no answer, because nobody waits for the read any more. */
  | { readonly kind: 'refused'; readonly ask: number }

/** What it asks while it reads: what is in memory of a tag, and rows of the file, which only one thread may open. */
export type Ask =
  | { readonly kind: 'memory'; readonly tag: string }
  | { readonly kind: 'rows'; readonly sql: string; readonly parameters: readonly SqlValue[] }

/** What it tells. */
export type FromThread =
  | (Ask & { readonly job: number; readonly ask: number })
  | { readonly kind: 'damaged'; readonly job: number; readonly chunk: number }
  | { readonly kind: 'done'; readonly job: number; readonly page: Page }
  | { readonly kind: 'failed'; readonly job: number; readonly error: SentError }

/** An error without its class, which does not get through. */
export interface SentError {
  readonly message: string
  /** Of a `MillraceError`. */
  readonly code?: ErrorCode | undefined
  readonly status?: number | undefined
}
