import type { Logger } from 'pino'
import type { Deployment } from './deployment.ts'
import type { DurableState } from './durable-state.ts'
import type { EventHistory } from './event-history.ts'
import { jobPipelineOf } from './job-pipelines.ts'
import type { JobChange } from './jobs/job-change.ts'
import { Jobs } from './jobs/jobs.ts'
import type { Clock } from './model/clock.ts'
import { jobStatus } from './model/job.ts'
import type { JobsView } from './opcua/jobs/jobs-view.ts'
import { quietLog } from './opcua/quiet-log.ts'
import type { PlantParts } from './plant-parts.ts'
import { newRunId } from './run-id.ts'

/** What job control of a plant needs. */
export interface PlantJobsOptions {
  readonly parts: PlantParts
  readonly deployment: Deployment
  readonly clock: Clock
  readonly log: Logger
  /** Keeps the job orders; without it they last as long as the program. */
  readonly state?: DurableState | undefined
  readonly events?: EventHistory | undefined
}

/** Job control in front of the pipelines of a plant, with what it remembers of the time before. */
export function plantJobs({ parts, deployment, clock, log, state, events }: PlantJobsOptions): Jobs {
  const tell = quietLog((_, message) => log.info(message), clock)
  const durable = state?.jobs
  durable?.begin({ tell: (event) => parts.tell(event), kept: async () => (await events?.kept()) ?? true })
  return new Jobs(
    {
      clock,
      settings: parts.plant.definition.jobs,
      newId: newRunId,
      pipeline(id) {
        const pipeline = parts.pipelines.byId(id)
        return pipeline && jobPipelineOf(pipeline)
      },
      events$: parts.events$,
      keep: (change) => keep(change, { durable, parts }),
      mayStart: (pipeline) => !deployment.waitsFor(pipeline),
      onRefused: (equipment, message) => tell('info', `a job order of ${equipment} is refused: ${message}`),
    },
    durable?.remembered,
  )
}

/** Without a database an event is told at once. */
function keep(
  change: JobChange,
  { durable, parts }: { readonly durable: DurableState['jobs'] | undefined; readonly parts: PlantParts },
): void {
  if (durable) durable.keep(change)
  else if (change.kind === 'changed') parts.tell(change.event)
}

/** What clients can ask of job control; while the database takes nothing, no more job orders are taken. */
export function jobsViewOf(jobs: Jobs, state: DurableState | undefined): JobsView {
  const isFull = () => state?.jobs.isFull === true
  const full = jobStatus.notAccepted | jobStatus.queueFull
  return {
    max: jobs.max,
    changes$: jobs.changes$,
    list: (equipment) => jobs.list(equipment),
    find: (equipment, id) => jobs.find(equipment, id),
    orderOf: (runId) => jobs.orderOf(runId),
    store: async (equipment, order, asked) => (isFull() ? full : jobs.store(equipment, order, asked)),
    update: async (equipment, order, asked) => (isFull() ? full : jobs.update(equipment, order, asked)),
    request: (equipment, id, asked) => jobs.request(equipment, id, asked),
  }
}
