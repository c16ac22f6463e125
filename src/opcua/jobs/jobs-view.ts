import type { Observable } from 'rxjs'
import type { Job, JobOrder, JobRequest, JobReturnStatus } from '../../model/job.ts'

/** Who asks for something, and why. */
export interface JobAsked {
  /** Name of the user. */
  readonly initiator: string
  /** What the client gave as Comment, as one text; it becomes the ReasonForStateChange. */
  readonly comment: string
}

/**
 * The job orders of the plant: one list for each piece of equipment that has pipelines.
 *
 * What changes something resolves to the ReturnStatus when it is done, and never rejects; what is refused changes nothing.
 * That it survives a crash is known when `PlantView.kept` says so. Events of kind `jobChanged` tell of each transition.
 */
export interface JobsView {
  /** MaxDownloadableJobOrders: how many a piece of equipment may have at once. */
  readonly max: number
  /** The job orders of a piece of equipment in order of arrival; the same objects as long as they have not changed. */
  list(equipment: string): readonly Job[]
  find(equipment: string, id: string): Job | undefined
  /** The equipment whose list has changed: after each change, before its event. */
  readonly changes$: Observable<string>
  /** The job order that a run belongs to, while it is in a list. */
  orderOf(runId: string): string | undefined
  /** Takes a job order in: it is AllowedToStart with `isAllowed`, else NotAllowedToStart. */
  store(equipment: string, order: JobOrder, asked: JobAsked & { readonly isAllowed: boolean }): Promise<JobReturnStatus>
  /** Replaces a job order that has not begun. */
  update(equipment: string, order: JobOrder, asked: JobAsked): Promise<JobReturnStatus>
  /** Does with a job order what the client asks for. */
  request(
    equipment: string,
    id: string,
    asked: JobAsked & { readonly request: Exclude<JobRequest, 'update'> },
  ): Promise<JobReturnStatus>
}
