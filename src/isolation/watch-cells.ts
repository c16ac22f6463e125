/*
 * What the main thread does, in memory that the watching thread sees too: how often it came round, and which step of which
 * execution it is in. Plain stores are enough: a watcher that looks every few milliseconds sees them.
 */

/** Places in the cells: turns of the event loop, number of the execution (0: in no step), and index of its operation. */
export const cell = { beat: 0, execution: 1, operation: 2 } as const

/** New cells, in shared memory. */
export function newCells(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * Object.keys(cell).length))
}

/** The main thread beats this often, and is looked at this often, in milliseconds. */
export const beatMs = 50

/** A turn of the event loop that takes longer than this is told, in milliseconds. */
export const blockedMs = 200

/** When the loop has been blocked for so long the watching thread itself says so, because it may never end. */
export const stuckMs = 5000

/** What the watching thread begins with. */
export interface WatcherData {
  readonly cells: Int32Array
  /** The process is ended when its loop has stood still for so long, in milliseconds; never when it is absent. */
  readonly endHungMs?: number | undefined
}

/** What the watching thread is told: which steps the numbers stand for. */
export type ToWatcher =
  | {
      readonly kind: 'enlisted'
      readonly execution: number
      readonly pipeline: string
      readonly steps: readonly string[]
    }
  | { readonly kind: 'released'; readonly execution: number }

/** What the watching thread tells, as soon as somebody can listen: that it watches, or that the loop stood still. */
export type FromWatcher = { readonly kind: 'watching' } | ({ readonly kind: 'blocked' } & Blockage)

/** A time during which the loop stood still. */
export interface Blockage {
  /** 0 when no step was seen at work. */
  readonly execution: number
  readonly operation: number
  readonly durationMs: number
}
