import type { RunOrigin } from './run.ts'
import { Status } from './status.ts'
import type { Value } from './value.ts'

/**
 * The one kind of thing that flows: a value, its status and its source time (OPC UA DataValue, Part 4 §7.11).
 *
 * `sourceTime` is in milliseconds since 1970 UTC and is never changed on its way through the graph.
 * `cause` is the id of the device or step where a status that is not Good began.
 */
export interface Sample<V extends Value = Value> {
  readonly value: V
  readonly status: number
  readonly sourceTime: number
  readonly cause?: string | undefined
}

/** A sample together with the tag it belongs to. */
export interface TagSample {
  readonly tag: string
  readonly sample: Sample
  /**
   * The run that computed it; absent for samples of devices, parameters and diagnostics. It stands here because events do not
   * tell: a run that was halted may still compute while it cleans up, when the next one has been started already.
   */
  readonly run?: RunOrigin | undefined
}

/** A Good sample. */
export function good<V extends Value>(value: V, sourceTime: number): Sample<V> {
  return { value, status: Status.Good, sourceTime }
}

/** A sample without a usable value; `cause` names the device or step where the trouble began. */
export function bad(status: number, sourceTime: number, cause?: string): Sample<null> {
  return { value: null, status, sourceTime, cause }
}
