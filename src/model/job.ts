import type { DataType, Value } from './value.ts'

/**
 * States of a job order (ISA95JobOrderReceiverObjectType of OPC 10031-4 V2 §6.3); their numbers, from 1, follow this order.
 */
export const jobStates = ['NotAllowedToStart', 'AllowedToStart', 'Running', 'Interrupted', 'Ended', 'Aborted'] as const

/** State of a job order. */
export type JobState = (typeof jobStates)[number]

/** The number of a state, as in its node's StateNumber. */
export function jobStateNumber(state: JobState): number {
  return jobStates.indexOf(state) + 1
}

/** The state of a number, or undefined when there is none. */
export function jobStateOf(number: number): JobState | undefined {
  return jobStates[number - 1]
}

/** What can be asked of a job order that is stored, and what happens to it by itself. */
export type JobCause = JobRequest | 'run' | 'suspended' | 'resumed' | 'ended' | 'failed' | 'cutOff'

/** Methods of OPC 10031-4 V2 that are about a job order by its id. */
export const jobRequests = [
  'start',
  'revokeStart',
  'update',
  'pause',
  'resume',
  'stop',
  'abort',
  'cancel',
  'clear',
] as const

/** A method of OPC 10031-4 V2 that is about a job order by its id. */
export type JobRequest = (typeof jobRequests)[number]

/** What becomes of a job order: another state (or the same one again), or that it is taken off the list. */
export type JobTarget = JobState | 'removed'

const table: Readonly<Record<JobState, Partial<Readonly<Record<JobCause, JobTarget>>>>> = {
  NotAllowedToStart: {
    start: 'AllowedToStart',
    update: 'NotAllowedToStart',
    abort: 'Aborted',
    cancel: 'removed',
  },
  AllowedToStart: {
    revokeStart: 'NotAllowedToStart',
    update: 'AllowedToStart',
    abort: 'Aborted',
    cancel: 'removed',
    run: 'Running',
    failed: 'Aborted',
  },
  Running: {
    pause: 'Interrupted',
    stop: 'Ended',
    abort: 'Aborted',
    suspended: 'Interrupted',
    ended: 'Ended',
    failed: 'Aborted',
    run: 'Running',
    cutOff: 'Interrupted',
  },
  Interrupted: {
    resume: 'Running',
    stop: 'Ended',
    abort: 'Aborted',
    resumed: 'Running',
    ended: 'Ended',
    failed: 'Aborted',
    cutOff: 'Interrupted',
  },
  Ended: { clear: 'removed' },
  Aborted: { clear: 'removed' },
}

/** What a cause makes of a job order in a state, or undefined when the state does not allow it. */
export function jobTransition(state: JobState, cause: JobCause): JobTarget | undefined {
  return table[state][cause]
}

/**
 * Bits of the ReturnStatus (UInt64) of the methods (OPC 10031-4 V2 Annex B.2): `done` is set alone on success; bits from 33 on
 * are ours and stand beside `notAccepted` or `invalidRequest`.
 */
export const jobStatus = {
  done: 1n << 0n,
  unknownJobOrder: 1n << 1n,
  invalidState: 1n << 3n,
  notAccepted: 1n << 4n,
  invalidRequest: 1n << 32n,
  unknownWorkMaster: 1n << 33n,
  /** A parameter that the pipeline does not have, that is given twice, or whose value is of a wrong type. */
  wrongParameter: 1n << 34n,
  parameterOutOfRange: 1n << 35n,
  duplicateJobOrder: 1n << 36n,
  equipmentNotAvailable: 1n << 37n,
  queueFull: 1n << 38n,
  /** The unit of a parameter cannot be converted to the one that the pipeline has. */
  wrongUnit: 1n << 39n,
} as const

/** A ReturnStatus. */
export type JobReturnStatus = bigint

/** A value that a job order gives to a parameter of the pipeline. */
export interface JobParameter {
  /** Name of the parameter. */
  readonly id: string
  /** As the client gave it; undefined where there is no such value here, a structure for example. */
  readonly value: Value | undefined
  /** Symbol of the unit that it is in; absent when the client gave none. */
  readonly unit?: string | undefined
  /** The client gave a unit that is not known here; `unit` has what it called it. */
  readonly hasUnknownUnit?: boolean | undefined
}

/**
 * JobOrderParameters that OPC 40001-3 §7.2 has names for and that say nothing to a pipeline: the response has them again. Each
 * is a text or a list of texts.
 */
export const jobNotes: Readonly<Record<string, 'text' | 'texts'>> = { JobName: 'text', OrderNumbers: 'texts' }

/** A job order (ISA95JobOrderDataType), as far as it decides what happens. */
export interface JobOrder {
  /** JobOrderID: any text of 1 to {@link jobIdLengthMax} characters. */
  readonly id: string
  /** Id of the pipeline: WorkMasterID names exactly one. */
  readonly pipeline: string
  /** Higher ones first; 0 when the client gave none. */
  readonly priority: number
  /** Not before, in milliseconds since 1970 UTC. */
  readonly startTime?: number | undefined
  /** Only shown. */
  readonly endTime?: number | undefined
  readonly parameters: readonly JobParameter[]
  /** IDs of EquipmentRequirements. */
  readonly equipment: readonly string[]
  /** The whole order as the client gave it, in a form that only those who made it read; it can be kept. */
  readonly document: unknown
}

/** Characters of a JobOrderID at most. */
export const jobIdLengthMax = 4096

/** JobResult of OPC 40001-3; the numbers follow this order. */
export const jobResults = ['Unknown', 'Successful', 'Unsuccessful'] as const

/** JobResult of OPC 40001-3. */
export type JobResult = (typeof jobResults)[number]

/** An output of the pipeline at the end of a job, with what is needed to show it when the pipeline is a different one. */
export interface JobOutput {
  readonly id: string
  readonly dataType: DataType
  readonly isArray: boolean
  /** Null when the output was Bad. */
  readonly value: Value
  readonly unit?: string | undefined
}

/** What has come of a job order (ISA95JobResponseDataType). */
export interface JobResponse {
  /** JobResponseID: the id of the run. One that was aborted before it ran has an id that belongs to no run. */
  readonly id: string
  readonly startedAt?: number | undefined
  readonly endedAt?: number | undefined
  readonly result: JobResult
  /** ReasonForStateChange: the newest one. */
  readonly reason: string
  /** IDs of EquipmentActuals: the unit, then the devices that the pipeline utilizes. */
  readonly equipment: readonly string[]
  readonly outputs: readonly JobOutput[]
  /** Its end was asked for and accepted: it does not go on after a restart. */
  readonly isStopAsked?: true | undefined
}

/** A job order and what has come of it. */
export interface Job {
  readonly order: JobOrder
  readonly state: JobState
  /** When it was stored first, in milliseconds since 1970 UTC. */
  readonly arrivedAt: number
  readonly changedAt: number
  /** Absent in NotAllowedToStart and AllowedToStart. */
  readonly response?: JobResponse | undefined
}
