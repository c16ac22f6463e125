import type { Clock } from '../model/clock.ts'
import type { TagSample } from '../model/sample.ts'
import type { ExecutionHost } from './execution.ts'
import type { Isolation } from './isolation.ts'
import type { ExecutionFactory } from './run.ts'

/** What a pipeline needs from the plant. */
export interface PipelineHost {
  readonly clock: Clock
  /** Calls a device method for a pipeline; rejects when it fails. */
  readonly call: (request: Parameters<ExecutionHost['call']>[0], pipeline: string) => ReturnType<ExecutionHost['call']>
  /** Makes executions, one for each run; the engine's when absent. */
  readonly createExecution?: ExecutionFactory | undefined
  /** Takes device writes of a pipeline that became due. */
  readonly write?: ((samples: readonly TagSample[], pipeline: string) => void) | undefined
  /** Runs the steps of isolated plugins; without it they are computed in this thread. */
  readonly isolation?: Isolation | undefined
  /** Watches which step is computed; nobody does when it is absent. */
  readonly watch?: ExecutionHost['watch']
  /** A new id for a run. */
  readonly runId: () => string
  /** Number of the version of a pipeline's definition that is in use; 0 when it was never kept, or this is absent. */
  readonly versionInUse?: ((pipeline: string) => number) | undefined
}

/** Who asks; it stands in the events. */
export interface Asked {
  /** A user, `job:<id>`, `schedule`, `auto`, `restart` or `shutdown`. */
  readonly initiator: string
}

/** How a run is started. */
export interface Starting extends Asked {
  /** A new id when it is absent. */
  readonly runId?: string | undefined
  readonly isSuspended?: boolean | undefined
}
