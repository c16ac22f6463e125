import { NEVER } from 'rxjs'
import type { Equipment } from '../model/equipment.ts'
import { MillraceError } from '../model/errors.ts'
import { jobStatus } from '../model/job.ts'
import type { DeviceDescription, PipelineDescription } from '../model/port.ts'
import type { JobsView } from './jobs/jobs-view.ts'
import type { PlantView } from './plant-view.ts'

/** What a plant consists of. */
export interface PlantDescription {
  readonly id: string
  readonly name: string
  readonly equipment: readonly Equipment[]
  readonly devices: readonly DeviceDescription[]
  readonly pipelines: readonly PipelineDescription[]
  /** How job orders are taken; without it no equipment takes any. */
  readonly jobs?: { readonly max: number } | undefined
}

/** A plant in which nothing happens: its nodes can be built from it, and every command is refused. */
export function stillView(plant: PlantDescription): PlantView {
  const refuse = (): Promise<never> => Promise.reject(new MillraceError('invalid-state', 'the plant does not run'))
  return {
    ...plant,
    jobs: plant.jobs && stillJobs(plant.jobs.max),
    samples$: NEVER,
    events$: NEVER,
    latest: () => undefined,
    programState: () => 'Ready',
    lastTransition: () => undefined,
    start: refuse,
    stop: refuse,
    suspend: refuse,
    resume: refuse,
    halt: refuse,
    reset: refuse,
    setParameter: refuse,
    write: refuse,
    call: refuse,
    connect: refuse,
    disconnect: refuse,
    resetBreaker: refuse,
    injectFault: refuse,
    clearFaults: refuse,
  }
}

/** Job control that has no job orders and accepts none. */
function stillJobs(max: number): JobsView {
  const refuse = async () => jobStatus.notAccepted
  return {
    max,
    changes$: NEVER,
    list: () => [],
    find: () => undefined,
    orderOf: () => undefined,
    store: refuse,
    update: refuse,
    request: refuse,
  }
}
