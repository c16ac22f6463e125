import type { ConnectOptions, SqlRow } from './connection.ts'
import type { SqlChanges, SqlValue } from './driver.ts'

/** What the worker is started with. */
export type WorkerData = ConnectOptions

/** What is asked of the worker, one at a time. */
export type WorkerRequest =
  | { readonly call: 'open' | 'close' }
  | { readonly call: 'exec'; readonly sql: string }
  | { readonly call: 'run' | 'all'; readonly sql: string; readonly parameters: readonly SqlValue[] }

/** Its answer: a result, or the result code of SQLite and its message. */
export type WorkerAnswer =
  | { readonly result: SqlRow[] | SqlChanges | undefined }
  | { readonly resultCode: number; readonly message: string }
