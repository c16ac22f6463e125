import { NEVER } from 'rxjs'
import type { Equipment } from '../model/equipment.ts'
import { MillraceError } from '../model/errors.ts'
import type { DeviceDescription, PipelineDescription } from '../model/port.ts'
import type { PlantView } from './plant-view.ts'

/** What a plant consists of. */
export interface PlantDescription {
  readonly id: string
  readonly name: string
  readonly equipment: readonly Equipment[]
  readonly devices: readonly DeviceDescription[]
  readonly pipelines: readonly PipelineDescription[]
}

/** A plant in which nothing happens: its nodes can be built from it, and every command is refused. */
export function stillView(plant: PlantDescription): PlantView {
  const refuse = (): Promise<never> => Promise.reject(new MillraceError('invalid-state', 'the plant does not run'))
  return {
    ...plant,
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
