import type { Observable } from 'rxjs'
import type { Equipment } from '../model/equipment.ts'
import type { PlantEvent } from '../model/event.ts'
import type { FaultOrder } from '../model/fault.ts'
import type { DeviceDescription, PipelineDescription } from '../model/port.ts'
import type { ProgramState, ProgramTransitionName } from '../model/program.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import type { Value } from '../model/value.ts'
import type { Deploying } from './change/deploying.ts'
import type { EventHistoryView } from './history/events/event-history-view.ts'
import type { HistoryView } from './history/history-view.ts'
import type { JobsView } from './jobs/jobs-view.ts'
import type { RunsView } from './runs-view.ts'

/**
 * What the address space needs from a plant: how it is built, what flows in it, and what can be asked of it.
 *
 * Commands reject with a `MillraceError` whose `status` is what the client gets; `initiator` is the name of the user.
 */
export interface PlantView {
  /** Id of the plant: a part of the URI of the namespace of its instances. */
  readonly id: string
  readonly name: string
  readonly equipment: readonly Equipment[]
  readonly devices: readonly DeviceDescription[]
  readonly pipelines: readonly PipelineDescription[]

  /** A text that differs when the definition of a pipeline does; its description decides when it is absent. */
  definitionVersion?(pipeline: string): string
  /** What can be asked about definitions; without it clients cannot change any. */
  readonly deploying?: Deploying | undefined
  /** The history of tags; without it nothing is historized. */
  readonly history?: HistoryView | undefined
  /** Whether `@server#...` tells how the server as a whole is; without it its ServiceLevel is always the best. */
  readonly hasHealth?: boolean | undefined
  /** Where events are kept; without it there is no history of events. */
  readonly eventHistory?: EventHistoryView | undefined
  /** What is known of runs; without it clients cannot ask where samples came from. */
  readonly runs?: RunsView | undefined

  /** The job orders of the plant; without it no equipment takes any. */
  readonly jobs?: JobsView | undefined

  /** The samples of all tags, diagnostics (`owner#name`) included, in batches. */
  readonly samples$: Observable<readonly TagSample[]>
  /** What happens in the plant; a Program's transitions are taken from here. */
  readonly events$: Observable<PlantEvent>
  /** The newest sample of a tag, or undefined when there was none yet. */
  latest(tag: string): Sample | undefined
  programState(pipeline: string): ProgramState
  /** The newest transition of a pipeline and when it was made, in milliseconds since 1970 UTC. */
  lastTransition(pipeline: string): { readonly name: ProgramTransitionName; readonly time: number } | undefined

  /**
   * Resolves to whether everything that was done so far survives a crash; it waits for that, but not for ever. Without it,
   * nothing does.
   */
  kept?(): Promise<boolean>

  start(pipeline: string, initiator: string): Promise<{ readonly runId: string }>
  stop(pipeline: string, initiator: string): Promise<void>
  suspend(pipeline: string, initiator: string): Promise<void>
  resume(pipeline: string, initiator: string): Promise<void>
  halt(pipeline: string, initiator: string): Promise<void>
  reset(pipeline: string, initiator: string): Promise<void>
  /** Returns the status code for the writer. */
  setParameter(pipeline: string, name: string, value: Value, initiator: string): Promise<number>
  /** Writes a device tag and returns the status code for the writer. */
  write(tag: string, value: Value, initiator: string): Promise<number>
  call(
    device: string,
    method: string,
    inputs: Readonly<Record<string, Value>>,
    initiator: string,
  ): Promise<Readonly<Record<string, Value>>>
  connect(device: string, initiator: string): Promise<void>
  disconnect(device: string, initiator: string): Promise<void>
  /** Closes the circuit breaker of a device; refused with BadInvalidState when it is closed. */
  resetBreaker(device: string, initiator: string): Promise<void>
  /** Injects a fault into a device; refused where the plant file does not allow it. */
  injectFault(device: string, order: FaultOrder, initiator: string): Promise<void>
  /** Ends all faults of a device. */
  clearFaults(device: string, initiator: string): Promise<void>
}
