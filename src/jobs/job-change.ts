import type { PlantEvent } from '../model/event.ts'
import { type Job, type JobState, jobTransition } from '../model/job.ts'

/** That a job order made a transition, as it is told. */
export type JobChangedEvent = Extract<PlantEvent, { kind: 'jobChanged' }>

/** Something that has to survive the end of the program. */
export type JobChange =
  /** A job order is as it is now; `hasNewOrder` when it was stored or updated just now. What is told of it is kept with it. */
  | { readonly kind: 'changed'; readonly event: JobChangedEvent; readonly hasNewOrder: boolean }
  /** Something was noted of a job, and there is nothing to tell. */
  | { readonly kind: 'noted'; readonly equipment: string; readonly job: Job }
  | { readonly kind: 'removed'; readonly equipment: string; readonly id: string }

const inWords: Readonly<Record<JobState, string>> = {
  NotAllowedToStart: 'is not allowed to start',
  AllowedToStart: 'is allowed to start',
  Running: 'is running',
  Interrupted: 'is interrupted',
  Ended: 'has ended',
  Aborted: 'was aborted',
}

/** The event of a transition; its id is its own, so that it can be told again and is still the same. */
export function changedEvent(
  equipment: string,
  job: Job,
  { time, eventId, reason }: { readonly time: number; readonly eventId: string; readonly reason: string },
): JobChangedEvent {
  const why = reason === '' ? '' : `: ${reason}`
  const message = `job order ${shortId(job.order.id)} of ${equipment} ${inWords[job.state]}${why}`
  return { kind: 'jobChanged', time, message, equipment, job, eventId }
}

/** The state that a cause leads to; a cause that takes the job order off the list leads to none. */
export function stateAfter(job: Job, cause: Parameters<typeof jobTransition>[1]): JobState | undefined {
  const target = jobTransition(job.state, cause)
  return target === 'removed' ? undefined : target
}

/** A JobOrderID for people: it may be long. */
export function shortId(id: string): string {
  return id.length > 80 ? `${id.slice(0, 80)}…` : id
}
