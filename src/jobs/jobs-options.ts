import type { Observable } from 'rxjs'
import type { Clock } from '../model/clock.ts'
import type { PlantEvent } from '../model/event.ts'
import type { Job } from '../model/job.ts'
import type { RunEnding } from './after-restart.ts'
import type { JobChange } from './job-change.ts'
import type { JobPipeline } from './job-pipeline.ts'

/** How job orders are taken and kept. */
export interface JobSettings {
  /** Job orders that a piece of equipment has at most (MaxDownloadableJobOrders); beyond, the one that ended first goes. */
  readonly max: number
  /** How long those that are over stay in the list, in milliseconds. */
  readonly keepMs: number
  /** Whether a job that was aborted keeps the other jobs of its equipment waiting until its pipeline is reset. */
  readonly holdsAfterAbort: boolean
}

/** A job order as it was when the program ended, and how its run had ended, when it had. */
export interface RememberedJob {
  readonly equipment: string
  readonly job: Job
  readonly ending?: RunEnding | undefined
}

/** What job control needs. */
export interface JobsOptions {
  readonly clock: Clock
  readonly settings: JobSettings
  /** A new id for a run. */
  readonly newId: () => string
  readonly pipeline: (id: string) => JobPipeline | undefined
  /** What happens to the pipelines, at once. */
  readonly events$: Observable<PlantEvent>
  /** Takes what has to survive; it returns at once, and the events are told by it when that is done. */
  readonly keep: (change: JobChange) => void
  /** Tells whether a pipeline may be started by a job now; a change of its definition may wait for its turn. */
  readonly mayStart?: ((pipeline: string) => boolean) | undefined
  /** Told why a job order was refused, in words. */
  readonly onRefused?: ((equipment: string, message: string) => void) | undefined
}

/** Who asks for something, and why. */
export interface JobAsked {
  readonly initiator: string
  readonly comment: string
}
