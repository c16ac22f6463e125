import type { Outcome } from '../model/event.ts'
import type { Job } from '../model/job.ts'
import type { TagSample } from '../model/sample.ts'
import type { JobPipeline } from './job-pipeline.ts'

/** How the run of a job had ended before the program did, when it had. */
export interface RunEnding {
  readonly outcome: Outcome
  readonly results: readonly TagSample[]
}

/** What becomes of a job that was under way when the program ended. */
export type AfterRestart =
  /** Its run had ended already, and only the job did not know yet. */
  | { readonly kind: 'ended'; readonly ending: RunEnding }
  | { readonly kind: 'aborted'; readonly reason: string }
  /** A new run of the pipeline begins for it; with `isSuspended`, only when it is resumed. */
  | { readonly kind: 'again'; readonly isSuspended: boolean; readonly reason: string }

/**
 * What the restart policy of the pipeline makes of a job that was Running or Interrupted: `resume` lets it go on where it was
 * running, `ready` leaves it Interrupted until somebody resumes it, and `halted` aborts it.
 */
export function afterRestart(
  { state, order, response }: Job,
  { pipeline, ending }: { readonly pipeline: JobPipeline | undefined; readonly ending: RunEnding | undefined },
): AfterRestart {
  if (response?.isStopAsked) return { kind: 'ended', ending: { outcome: 'Stopped', results: ending?.results ?? [] } }
  // A run that was halted may have been so by the end of the program itself.
  if (ending && ending.outcome !== 'Halted') return { kind: 'ended', ending }
  if (!pipeline) return { kind: 'aborted', reason: `pipeline ${order.pipeline} is no longer there` }
  if (pipeline.state !== 'Ready') {
    return {
      kind: 'aborted',
      reason: `the program ended while it ran, and ${pipeline.name} is ${pipeline.state} since`,
    }
  }
  if (pipeline.restart === 'halted') return { kind: 'aborted', reason: 'the program ended while it ran' }
  const isSuspended = pipeline.restart === 'ready' || state === 'Interrupted'
  const reason = isSuspended
    ? 'the program ended while it ran; resume it'
    : 'the program ended while it ran; a new run was started'
  return { kind: 'again', isSuspended, reason }
}
