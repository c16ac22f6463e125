/**
 * A run of a pipeline, as the samples that it computes tell of it: enough to say where a value came from, wherever it is kept.
 * All samples of a run share one object.
 */
export interface RunOrigin {
  readonly runId: string
  readonly pipeline: string
  /** Number of the version of its definition; 0 for one that was never kept. */
  readonly version: number
  /** Who or what started it: a user, `job:<id>`, `schedule`, `auto` or `restart`. */
  readonly initiator: string
  /** In milliseconds since 1970 UTC. */
  readonly startedAt: number
}
