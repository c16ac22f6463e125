import { jobPipelineOf } from '../../src/job-pipelines.ts'
import type { JobChange, JobChangedEvent } from '../../src/jobs/job-change.ts'
import { Jobs } from '../../src/jobs/jobs.ts'
import type { JobSettings, RememberedJob } from '../../src/jobs/jobs-options.ts'
import { VirtualClock } from '../../src/model/clock.ts'
import type { PipelineDefinition } from '../../src/model/definition.ts'
import type { PlantEvent } from '../../src/model/event.ts'
import type { JobOrder, JobRequest, JobReturnStatus } from '../../src/model/job.ts'
import { Pipelines, type RememberedPipelines } from '../../src/pipeline/pipelines.ts'
import { check, output, parameter, pipeline, step } from '../pipeline/kit.ts'
import { epoch } from '../pipeline/rig.ts'

export const unit = 'Acme'

/** A pipeline that runs until it is stopped, with two parameters. */
export const mix = (id = 'mix', rest: Partial<PipelineDefinition> = {}): PipelineDefinition =>
  pipeline(id, {
    name: `${id} name`,
    trigger: { kind: 'every', periodMs: 100 },
    autoStart: false,
    restart: 'ready',
    parameters: [
      parameter('volume', { unit: 'l', min: 0, max: 100, default: 10 }),
      parameter('count', { dataType: 'Int32', default: 3 }),
    ],
    steps: [step('sum', 'add', { a: '$volume', b: 1 })],
    outputs: [output('total', 'sum.sum', { unit: 'l' })],
    ...rest,
  })

/** One whose run is over before its start returns. */
export const quick = (id = 'quick'): PipelineDefinition => mix(id, { trigger: { kind: 'once' } })

export const order = (id: string, rest: Partial<JobOrder> = {}): JobOrder => ({
  ...{ id, pipeline: 'mix', priority: 0, parameters: [], equipment: [], document: { jobOrderID: id } },
  ...rest,
})

export interface JobsRig {
  readonly clock: VirtualClock
  readonly pipelines: Pipelines
  readonly jobs: Jobs
  /** Everything that was to be kept, in order. */
  readonly changes: readonly JobChange[]
  readonly events: readonly PlantEvent[]
  readonly refusals: readonly string[]
  /** Each transition so far: `WO-1 Running`. */
  told(): readonly string[]
  toldOf(id: string): readonly JobChangedEvent[]
  store(id: string, rest?: Partial<JobOrder>): Promise<JobReturnStatus>
  storeAndStart(id: string, rest?: Partial<JobOrder>): Promise<JobReturnStatus>
  ask(request: Exclude<JobRequest, 'update'>, id: string, comment?: string): Promise<JobReturnStatus>
  stateOf(id: string): string | undefined
  /** Pipelines that may not be started by a job for now. */
  readonly blocked: Set<string>
}

/** Job control in front of real pipelines, on a clock that the test moves. */
export function jobsRig(
  definitions: readonly PipelineDefinition[] = [mix()],
  {
    settings = {},
    remembered = [],
    before,
  }: {
    readonly settings?: Partial<JobSettings>
    readonly remembered?: readonly RememberedJob[]
    readonly before?: RememberedPipelines
  } = {},
): JobsRig {
  const { pipelines: checked, findings } = check(...definitions)
  if (checked.length < definitions.length) throw new Error(findings.map(({ message }) => message).join('; '))
  const clock = new VirtualClock(epoch)
  let runs = 0
  const newId = () => `run-${++runs}`
  const pipelines = new Pipelines(checked, { clock, call: async () => ({}), runId: newId }, before)
  const events: PlantEvent[] = []
  const changes: JobChange[] = []
  const refusals: string[] = []
  const blocked = new Set<string>()
  pipelines.events$.subscribe((event) => events.push(event))
  const jobs = new Jobs(
    {
      clock,
      settings: { max: 100, keepMs: 86_400_000, holdsAfterAbort: true, ...settings },
      newId,
      pipeline(id) {
        const found = pipelines.byId(id)
        return found && jobPipelineOf(found)
      },
      events$: pipelines.events$,
      keep: (change) => changes.push(change),
      mayStart: (id) => !blocked.has(id),
      onRefused: (_, message) => refusals.push(message),
    },
    remembered,
  )
  pipelines.start(jobs.claimed)
  jobs.begin()
  const toldOf = (id?: string): JobChangedEvent[] =>
    changes.flatMap((change) =>
      change.kind === 'changed' && (id === undefined || change.event.job.order.id === id) ? change.event : [],
    )
  return {
    ...{ clock, pipelines, jobs, changes, events, refusals, blocked },
    told: () => toldOf().map(({ job }) => `${job.order.id} ${job.state}`),
    toldOf,
    store: (id, rest) => jobs.store(unit, order(id, rest), { initiator: 'mes', comment: '', isAllowed: false }),
    storeAndStart: (id, rest) => jobs.store(unit, order(id, rest), { initiator: 'mes', comment: '', isAllowed: true }),
    ask: (request, id, comment = '') => jobs.request(unit, id, { request, initiator: 'mes', comment }),
    stateOf: (id) => jobs.find(unit, id)?.state,
  }
}
