import type { ProgramState, ProgramTransitionName } from './program.ts'
import type { Value } from './value.ts'

/** How a run ended; numbers of `PipelineOutcomeEnumeration` follow this order. */
export const outcomes = ['None', 'Completed', 'Stopped', 'Halted', 'Failed'] as const

/** How a run ended. */
export type Outcome = (typeof outcomes)[number]

/** States of a device's connection; numbers of `DeviceConnectionStateEnumeration` follow this order. */
export const connectionStates = ['Disabled', 'Disconnected', 'Connecting', 'Connected', 'Error'] as const

/** State of a device's connection. */
export type ConnectionState = (typeof connectionStates)[number]

interface Happening {
  /** When it happened, in milliseconds since 1970 UTC. */
  readonly time: number
  /** Text for people, with names, not ids. */
  readonly message: string
}

interface OfDevice extends Happening {
  readonly device: string
}

interface OfRun extends Happening {
  readonly pipeline: string
  readonly runId: string
}

/** Something that happened in the plant. Commands are asked, events have happened: past participles. */
export type PlantEvent =
  | (OfDevice & { readonly kind: 'deviceConnected' })
  | (OfDevice & { readonly kind: 'deviceDisconnected'; readonly reason: string })
  | (OfDevice & { readonly kind: 'deviceFailed'; readonly status: number })
  | (OfDevice & {
      readonly kind: 'tagWritten'
      readonly tag: string
      readonly initiator: string
      readonly oldValue: Value
      readonly newValue: Value
      readonly status: number
    })
  | (OfDevice & {
      readonly kind: 'methodCalled'
      readonly method: string
      readonly initiator: string
      readonly status: number
    })
  | (OfRun & { readonly kind: 'pipelineStarted'; readonly initiator: string })
  | (OfRun & {
      readonly kind: 'pipelineCompleted'
      readonly outcome: Outcome
      readonly durationMs: number
      readonly cycles: number
    })
  | (OfRun & { readonly kind: 'pipelineFailed'; readonly status: number; readonly step?: string | undefined })
  | (OfRun & { readonly kind: 'stepStarted'; readonly step: string })
  | (OfRun & { readonly kind: 'stepCompleted'; readonly step: string; readonly durationMs: number })
  | (OfRun & { readonly kind: 'stepFailed'; readonly step: string; readonly status: number; readonly attempts: number })
  | (OfRun & {
      readonly kind: 'programTransitioned'
      readonly transition: ProgramTransitionName
      readonly from: ProgramState
      readonly to: ProgramState
      readonly initiator: string
    })
  | (OfRun & {
      readonly kind: 'parameterChanged'
      readonly parameter: string
      readonly initiator: string
      readonly oldValue: Value
      readonly newValue: Value
    })

/** The kind of an event. */
export type PlantEventKind = PlantEvent['kind']
