/*
 * What a thread does right now, in memory that both sides see: a thread that computes without end answers no question. Times
 * are of the machine's monotonic clock, the only one that threads have in common.
 */

/** Places in the pulse: the request whose code runs at this moment (0: none), since when, and the newest request that was begun. */
const place = { running: 0, since: 1, begun: 2 } as const

/** A new pulse, in shared memory. */
export function newPulse(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * Object.keys(place).length))
}

/** The thread begins to run the code of a request. */
export function begin(pulse: Int32Array, id: number): void {
  Atomics.store(pulse, place.since, nowMs())
  Atomics.store(pulse, place.begun, id)
  Atomics.store(pulse, place.running, id)
}

/** The thread has left the code of the request; its answer may still be awaited. */
export function pause(pulse: Int32Array): void {
  Atomics.store(pulse, place.running, 0)
}

/** The request whose code runs, and for how long; undefined when none does. */
export function running(pulse: Int32Array): { readonly id: number; readonly forMs: number } | undefined {
  const id = Atomics.load(pulse, place.running)
  return id === 0 ? undefined : { id, forMs: (nowMs() - Atomics.load(pulse, place.since)) | 0 }
}

/** Whether the thread has begun a request. */
export function hasBegun(pulse: Int32Array, id: number): boolean {
  return Atomics.load(pulse, place.begun) >= id
}

/** Milliseconds of the machine's monotonic clock as a 32-bit number that wraps around. */
function nowMs(): number {
  return Number((process.hrtime.bigint() / 1_000_000n) & 0xffff_ffffn) | 0
}
