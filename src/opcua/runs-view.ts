import type { Outcome } from '../model/event.ts'
import type { RunOrigin } from '../model/run.ts'
import type { Sample, TagSample } from '../model/sample.ts'

/** What is kept of a run. */
export interface RunRecord {
  readonly runId: string
  readonly pipeline: string
  /** Number of the version of the definition; absent when it was never kept. */
  readonly version?: number | undefined
  readonly initiator: string
  /** In milliseconds since 1970 UTC. */
  readonly startedAt: number
  /** The parameters with which it was started. */
  readonly parameters: Readonly<Record<string, Sample>>
  /** Absent while it runs. */
  readonly end?:
    | {
        readonly endedAt: number
        readonly outcome: Outcome
        readonly cycles: number
        /** The outputs as they were at its end. */
        readonly results: readonly TagSample[]
        readonly error?: string | undefined
      }
    | undefined
}

/** A sample of history, and the run that produced it; absent when none did. */
export interface ProducedSample {
  readonly time: number
  /** How many samples there are of the same millisecond. */
  readonly count: number
  readonly run: RunOrigin | undefined
}

/** What the address space needs to tell where samples came from. */
export interface RunsView {
  /** The run of an id; undefined when it is not known. */
  run(runId: string): Promise<RunRecord | undefined>
  /**
   * The sample that a historized tag had at a whole millisecond: the newest at it or before it. `ordinal` chooses among the
   * samples of one millisecond, from 1; 0 means the last. Undefined when there is none.
   */
  producer(request: {
    readonly tag: string
    readonly time: number
    readonly ordinal: number
  }): Promise<ProducedSample | undefined>
}
