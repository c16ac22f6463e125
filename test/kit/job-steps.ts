import { type JobCause, type JobState, jobRequests, jobTransition } from '../../src/model/job.ts'

/** What happens by itself while a program runs. */
const own: readonly JobCause[] = ['failed', 'ended', 'suspended', 'resumed']

/**
 * Whether one event may follow another of the same job order. It may have been taken off its list and stored again meanwhile,
 * and with `isRestarted` the program may have ended.
 */
export function isJobStep(from: JobState | undefined, to: JobState, { isRestarted = false } = {}): boolean {
  const isNew = to === 'NotAllowedToStart' || to === 'AllowedToStart'
  if (from === undefined || from === 'Ended' || from === 'Aborted') return isNew
  if (isNew && (from === 'NotAllowedToStart' || from === 'AllowedToStart')) return true
  if (from === 'AllowedToStart' && to === 'Running') return true
  const causes: readonly JobCause[] = [...jobRequests, ...own, ...(isRestarted ? (['run', 'cutOff'] as const) : [])]
  return causes.some((cause) => jobTransition(from, cause) === to)
}
