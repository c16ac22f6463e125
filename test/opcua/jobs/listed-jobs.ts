import { randomUUID } from 'node:crypto'
import { Subject } from 'rxjs'
import type { PlantEvent } from '../../../src/model/event.ts'
import {
  type Job,
  type JobOrder,
  type JobRequest,
  type JobResponse,
  type JobReturnStatus,
  type JobState,
  jobStatus,
  jobTransition,
} from '../../../src/model/job.ts'
import type { JobAsked, JobsView } from '../../../src/opcua/jobs/jobs-view.ts'

/** Job orders in memory that only do what they are asked: no pipeline runs. What a server shows of them is tested. */
export class ListedJobs implements JobsView {
  readonly max = 10_000
  readonly asked: { readonly what: string; readonly id: string; readonly asked: JobAsked }[] = []
  readonly #lists = new Map<string, Map<string, Job>>()
  readonly #changes = new Subject<string>()
  readonly changes$ = this.#changes.asObservable()
  /** Hears of each transition. */
  tell: (event: PlantEvent) => void = () => undefined

  list(equipment: string): readonly Job[] {
    return [...(this.#lists.get(equipment)?.values() ?? [])]
  }

  find(equipment: string, id: string): Job | undefined {
    return this.#lists.get(equipment)?.get(id)
  }

  orderOf(runId: string): string | undefined {
    const jobs = [...this.#lists.values()].flatMap((list) => [...list.values()])
    return jobs.find(({ response }) => response?.id === runId)?.order.id
  }

  async store(
    equipment: string,
    order: JobOrder,
    asked: JobAsked & { readonly isAllowed: boolean },
  ): Promise<JobReturnStatus> {
    this.asked.push({ what: 'store', id: order.id, asked })
    if (order.id === '') return jobStatus.invalidRequest
    if (this.find(equipment, order.id)) return jobStatus.notAccepted | jobStatus.duplicateJobOrder
    const now = Date.now()
    const state = asked.isAllowed ? 'AllowedToStart' : 'NotAllowedToStart'
    this.put(equipment, { order, state, arrivedAt: now, changedAt: now })
    return jobStatus.done
  }

  async update(equipment: string, order: JobOrder, asked: JobAsked): Promise<JobReturnStatus> {
    this.asked.push({ what: 'update', id: order.id, asked })
    const job = this.find(equipment, order.id)
    if (!job) return jobStatus.unknownJobOrder
    if (!jobTransition(job.state, 'update')) return jobStatus.invalidState
    this.put(equipment, { ...job, order })
    return jobStatus.done
  }

  async request(
    equipment: string,
    id: string,
    asked: JobAsked & { readonly request: Exclude<JobRequest, 'update'> },
  ): Promise<JobReturnStatus> {
    this.asked.push({ what: asked.request, id, asked })
    const job = this.find(equipment, id)
    if (!job) return jobStatus.unknownJobOrder
    const target = jobTransition(job.state, asked.request)
    if (!target) return jobStatus.invalidState
    if (target === 'removed') {
      this.#lists.get(equipment)?.delete(id)
      this.#changes.next(equipment)
    } else this.move(equipment, id, target)
    return jobStatus.done
  }

  /** Moves a job order to a state, with a response where the state has one. */
  move(equipment: string, id: string, state: JobState, response: Partial<JobResponse> = {}): void {
    const job = this.find(equipment, id)!
    const empty = { id: `run-${id}`, result: 'Unknown', reason: '', equipment: [equipment], outputs: [] } as const
    const hasResponse = state !== 'NotAllowedToStart' && state !== 'AllowedToStart'
    const now = { ...job, state, changedAt: Date.now() }
    this.put(equipment, hasResponse ? { ...now, response: { ...empty, ...job.response, ...response } } : now)
  }

  put(equipment: string, job: Job): void {
    const list = this.#lists.get(equipment) ?? new Map<string, Job>()
    this.#lists.set(equipment, list.set(job.order.id, job))
    this.#changes.next(equipment)
    const eventId = randomUUID().replaceAll('-', '')
    const message = `Job order ${job.order.id} is ${job.state}`
    this.tell({ kind: 'jobChanged', equipment, job, eventId, time: job.changedAt, message })
  }
}
