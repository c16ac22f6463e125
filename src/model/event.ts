import type { FaultEnd, FaultKind } from './fault.ts'
import type { Job } from './job.ts'
import type { ProgramState, ProgramTransitionName } from './program.ts'
import type { TagSample } from './sample.ts'
import type { Value } from './value.ts'

/** How a run ended; numbers of `PipelineOutcomeEnumeration` follow this order. */
export const outcomes = ['None', 'Completed', 'Stopped', 'Halted', 'Failed'] as const

/** How a run ended. */
export type Outcome = (typeof outcomes)[number]

/** States of a device's connection; numbers of `DeviceConnectionStateEnumeration` follow this order. */
export const connectionStates = ['Disabled', 'Disconnected', 'Connecting', 'Connected', 'Error'] as const

/** State of a device's connection. */
export type ConnectionState = (typeof connectionStates)[number]

/**
 * States of the historian, which say why it does not keep everything, if so; numbers of `HistorianStateEnumeration` follow
 * this order. `Degraded`: samples were lost; `Unavailable`: the database cannot be opened or its disk fails.
 */
export const historianStates = ['Ok', 'Degraded', 'Locked', 'Full', 'ReadOnly', 'Corrupt', 'Unavailable'] as const

/** State of the historian. */
export type HistorianState = (typeof historianStates)[number]

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

interface OfStep extends OfRun {
  readonly step: string
  /** Wave of the run that it belongs to, from 1. */
  readonly cycle: number
}

/** Something that happened in the plant. Commands are asked, events have happened: past participles. */
export type PlantEvent =
  | (OfDevice & { readonly kind: 'deviceConnected' })
  | (OfDevice & { readonly kind: 'deviceDisconnected'; readonly state: ConnectionState; readonly reason: string })
  | (OfDevice & { readonly kind: 'deviceFailed'; readonly state: ConnectionState; readonly status: number })
  | (OfDevice & {
      readonly kind: 'tagWritten'
      readonly tag: string
      readonly initiator: string
      readonly oldValue: Value
      readonly newValue: Value
      /** The worst one of all the writes that it tells of. */
      readonly status: number
      /** How many writes it tells of; more than one only for a pipeline, which may write many times a second. */
      readonly count: number
    })
  | (OfDevice & {
      readonly kind: 'faultInjected'
      readonly fault: FaultKind
      /** The tag that it is about; absent when it is about the whole device. */
      readonly tag?: string | undefined
      readonly initiator: string
      /** How long it is to last; 0 for a trip. */
      readonly durationMs: number
    })
  | (OfDevice & {
      readonly kind: 'faultCleared'
      readonly fault: FaultKind
      readonly tag?: string | undefined
      /** Who ended it: a user, or `auto`. */
      readonly initiator: string
      readonly reason: FaultEnd
      /** How long it has lasted. */
      readonly durationMs: number
    })
  | (OfDevice & {
      readonly kind: 'methodCalled'
      readonly method: string
      readonly initiator: string
      readonly status: number
    })
  | (OfRun & {
      readonly kind: 'pipelineStarted'
      readonly initiator: string
      /** Number of the version of the definition; 0 for one that was never kept. */
      readonly version: number
    })
  | (OfRun & {
      readonly kind: 'pipelineCompleted'
      readonly outcome: Outcome
      readonly durationMs: number
      readonly cycles: number
      /** The outputs at its end, as they were (FinalResultData of Part 10 §5.2.1). */
      readonly results: readonly TagSample[]
    })
  /** The run was under way when the program ended before; it is told when the program is back. */
  | (OfRun & { readonly kind: 'runCutOff'; readonly startedAt: number })
  | (OfRun & { readonly kind: 'pipelineFailed'; readonly status: number; readonly step?: string | undefined })
  | (OfStep & { readonly kind: 'stepStarted' })
  | (OfStep & { readonly kind: 'stepCompleted'; readonly durationMs: number })
  | (OfStep & { readonly kind: 'stepFailed'; readonly status: number; readonly attempts: number })
  /** A step goes on, but what it remembered was lost with the thread of its plugin. */
  | (OfStep & { readonly kind: 'stepRestarted' })
  /** A step kept the event loop, and so everything, waiting for so long. */
  | (OfStep & { readonly kind: 'stepBlocked'; readonly durationMs: number })
  /** Step events were too many, and `count` of them were not told; at most one of these in a second. */
  | (OfRun & { readonly kind: 'stepEventsHeldBack'; readonly count: number })
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
  | (Happening & {
      readonly kind: 'historianStateChanged'
      readonly state: HistorianState
      /** Why, with the file and the remedy; empty when the state is Ok. */
      readonly reason: string
    })
  /** Samples were lost, and the history of their tags says so since; or events were. */
  | (Happening & {
      readonly kind: 'historyGap'
      /** How many tags have a gap. */
      readonly tags: number
      /** Samples that were lost. */
      readonly lost: number
      /** Events that were lost; of them nothing else tells. */
      readonly lostEvents: number
      /** Time of the first sample or event that was lost, in milliseconds since 1970 UTC. */
      readonly from: number
    })
  /** The server as a whole serves worse, or better again. */
  | (Happening & {
      readonly kind: 'serviceLevelChanged'
      /** From 0 to 255 (Part 4 §6.6.2.4.2). */
      readonly level: number
      /** Why not better, with the remedy; empty when nothing is wrong. */
      readonly reason: string
    })
  /** Everything had to wait, not because of a step: `count` times since the last of these events, at most for so long. */
  | (Happening & { readonly kind: 'eventLoopBlocked'; readonly durationMs: number; readonly count: number })
  /** The clock of the machine was put forward, or back by a negative number of milliseconds. */
  | (Happening & { readonly kind: 'clockJumped'; readonly byMs: number })
  /** An error of the program that nobody took care of; `count` of them since its start. */
  | (Happening & { readonly kind: 'rejectionUnhandled'; readonly count: number })
  /** A job order made a transition, or was updated; told once, with the same `eventId` when it is told again after a crash. */
  | (Happening & {
      readonly kind: 'jobChanged'
      /** Path of the equipment whose list it is in. */
      readonly equipment: string
      /** As it was after the change. */
      readonly job: Job
      /** EventId in hexadecimal, 32 digits. */
      readonly eventId: string
    })
  /** A definition asks for a plugin that the plant does not allow; nothing was changed. */
  | (Happening & { readonly kind: 'pluginRefused'; readonly file: string; readonly initiator: string })

/** The kind of an event. */
export type PlantEventKind = PlantEvent['kind']
