import type { CertificateRules } from './certificate-rules.ts'
import type { Equipment } from './equipment.ts'
import type { Limits } from './limits.ts'
import type { Nameplate } from './nameplate.ts'
import type { RestartPolicy } from './restart.ts'
import type { DataType, Value } from './value.ts'

/** What the plant file and the pipeline files say, read and checked for form; durations are milliseconds. */
export interface PlantDefinition {
  /** Id of the plant; part of the namespace URI of all instances. */
  readonly plant: string
  readonly server: ServerDefinition
  readonly history: HistoryDefinition
  readonly jobs: JobsDefinition
  readonly equipment: readonly Equipment[]
  readonly devices: readonly DeviceDefinition[]
  readonly pipelines: readonly PipelineDefinition[]
}

/** The `history:` block of the plant file. */
export interface HistoryDefinition {
  /** How long events are kept. */
  readonly keepEventsMs: number
}

/** The `jobs:` block of the plant file: how job orders are taken and kept. */
export interface JobsDefinition {
  /** Job orders that a piece of equipment has at most, 1 to 10 000 (MaxDownloadableJobOrders). */
  readonly max: number
  /** How long those that are over stay in the list. */
  readonly keepMs: number
  /** Whether a job that was aborted keeps the other jobs of its equipment waiting until its pipeline is reset. */
  readonly holdsAfterAbort: boolean
}

/** The `server:` block of the plant file. */
export interface ServerDefinition {
  readonly port: number
  readonly name: string
  /** Host names or addresses to bind; none means loopback and every interface is a choice that the file must make: `['0.0.0.0']`. */
  readonly bind: string
  /** Whether clients without a login may look (`observe`), also start and write (`operate`), or do nothing (`none`). */
  readonly anonymous: 'none' | 'observe' | 'operate'
  /** Whether SecurityPolicy None is offered for sessions. */
  readonly allowUnsecured: boolean
  readonly certificates: CertificateRules
  readonly limits: Limits
}

/** Attempts after a failure: `attempts` in all, the delay grows by `factor` up to `maxDelayMs`; `jitter` spreads it by that share. */
export interface RetryDefinition {
  readonly attempts: number
  readonly delayMs: number
  readonly factor: number
  readonly jitter: number
  readonly maxDelayMs: number
}

/**
 * A circuit breaker: it opens after so many failures in a row, sends nothing for `resetMs`, then lets `probes` readings through
 * (1 when absent), one at a time, and closes when all of them are answered.
 */
export interface BreakerDefinition {
  readonly failures: number
  readonly resetMs: number
  readonly probes?: number | undefined
}

/** How a write is verified: the tag reads within `withinMs` what was written, give or take `tolerance` in the tag's unit. */
export interface VerifyRule {
  readonly withinMs: number
  readonly tolerance: number
}

/** Which writes of a device are verified: those of `tags`, each by its own rule, or of every tag that is also read. */
export interface VerifyDefinition extends VerifyRule {
  readonly tags?: Readonly<Record<string, VerifyRule>> | undefined
}

/** A device entry of the plant file. `config` has passed the plugin's own schema and holds its defaults. */
export interface DeviceDefinition {
  readonly id: string
  readonly file: string
  readonly name: string
  readonly description: string
  readonly type: string
  readonly equipment: string
  readonly config: Readonly<Record<string, unknown>>
  readonly nameplate?: Nameplate | undefined
  /** Polling period; ignored by devices that push their readings. */
  readonly everyMs: number
  /** Deadline of one read, write or connect. */
  readonly timeoutMs: number
  /** How long the last value is kept as Uncertain after the link was lost. */
  readonly holdLastMs: number
  readonly enabled: boolean
  /** Delays between attempts to connect; `attempts` is ignored (a device never gives up). */
  readonly retry: RetryDefinition
  /** Absent means no breaker. */
  readonly breaker?: BreakerDefinition | undefined
  /** Absent means that a write has succeeded when the device says so. */
  readonly verify?: VerifyDefinition | undefined
  /** Whether faults may be injected. */
  readonly allowsFaults?: boolean | undefined
}

/** When a wave of a pipeline starts. */
export type Trigger =
  | { readonly kind: 'every'; readonly periodMs: number }
  | { readonly kind: 'change' }
  | { readonly kind: 'once' }
  | { readonly kind: 'cron'; readonly pattern: string; readonly timezone?: string | undefined }

/** What happens to a trigger that fires while a wave runs. */
export type Overlap = 'skip' | 'queue' | 'cancel'

/** Where an input's value comes from, as written. `owner` is a device, a step of this pipeline, or another pipeline. */
export type Source =
  | { readonly kind: 'wire'; readonly owner: string; readonly port: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: Value }

/** A parameter of a pipeline: a writable variable, and a JobOrderParameter for the MES. */
export interface ParameterDefinition {
  readonly name: string
  readonly dataType: DataType
  readonly unit?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly default: Value
  readonly description: string
  /** A fixed parameter cannot be changed while the pipeline runs. */
  readonly fixed: boolean
}

/** Completion of a step: the output `port` compared with a source. */
export interface UntilCondition {
  readonly port: string
  readonly is: 'above' | 'below' | 'equals'
  readonly source: Source
}

/** What happens when a step has used up its attempts. */
export type OnError =
  | { readonly kind: 'fail' }
  | { readonly kind: 'bad' }
  | { readonly kind: 'fallback'; readonly values: Readonly<Record<string, Value>> }

/** What all kinds of steps share. */
interface StepPolicies {
  readonly id: string
  readonly description: string
  readonly in: Readonly<Record<string, Source>>
  readonly after: readonly string[]
  /** Conditions that must hold together for the step to be complete. */
  readonly until: readonly UntilCondition[]
  readonly timeoutMs?: number | undefined
  readonly retry?: RetryDefinition | undefined
  readonly onError: OnError
}

/** A step that computes: `function: PT1`. `config` is checked against the plugin when the pipeline is checked. */
export interface FunctionStepDefinition extends StepPolicies {
  readonly kind: 'function'
  readonly function: string
  readonly config: Readonly<Record<string, unknown>>
}

/** A step that calls a method of a device: `do: servo1.home`. */
export interface MethodStepDefinition extends StepPolicies {
  readonly kind: 'method'
  readonly device: string
  readonly method: string
}

/** A step of a pipeline. */
export type StepDefinition = FunctionStepDefinition | MethodStepDefinition

/** A pipeline file. */
export interface PipelineDefinition {
  readonly id: string
  readonly file: string
  readonly name: string
  readonly description: string
  readonly equipment: string
  readonly trigger: Trigger
  readonly overlap: Overlap
  /** How many triggers `overlap: queue` holds; more are dropped and counted. */
  readonly queueLengthMax: number
  /** Whether it starts with the plant; the default for every trigger but `once`. */
  readonly autoStart: boolean
  /** How it comes back when the program is started again; `resume` where it starts with the plant, else `ready`. */
  readonly restart: RestartPolicy
  /** Whether StepStarted and StepCompleted events are raised; the default for `run: once` only. */
  readonly stepEvents: boolean
  readonly parameters: readonly ParameterDefinition[]
  readonly steps: readonly StepDefinition[]
  readonly outputs: readonly OutputDefinition[]
  readonly writes: readonly WriteDefinition[]
  /** Always run: on the end, on error, Halt and shutdown. In the order written. */
  readonly finally: readonly MethodStepDefinition[]
}

/** What the world sees of a pipeline. */
export interface OutputDefinition {
  readonly name: string
  readonly from: Source
  readonly unit?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly description: string
  readonly history?: { readonly keepMs: number; readonly deadband: number } | undefined
  readonly alarm?: AlarmLimits | undefined
}

/** The limits that an alarm can have, in rising order. */
export const alarmLimits = ['lowLow', 'low', 'high', 'highHigh'] as const

/** Name of a limit. */
export type AlarmLimit = (typeof alarmLimits)[number]

/** An output's level alarm (Part 9 §5.8.18): limits in the output's unit; absent ones are never exceeded. */
export interface AlarmLimits extends Partial<Readonly<Record<AlarmLimit, number | undefined>>> {
  /** How far the value must come back behind a limit until it is no longer exceeded. */
  readonly deadband?: number | undefined
  /** How long a limit must be exceeded until the alarm is active. */
  readonly onDelayMs?: number | undefined
  /** How long the value must be normal until the alarm is inactive. */
  readonly offDelayMs?: number | undefined
  /** Severity of each limit, 1 to 1000; 700 for the outer and 400 for the inner ones when absent. */
  readonly severity?: Partial<Readonly<Record<AlarmLimit, number | undefined>>> | undefined
  /** Whether an acknowledgement must be confirmed. */
  readonly confirm?: boolean | undefined
}

/** A command the other way: a device tag that a pipeline writes, on each change of its source or on each wave. */
export interface WriteDefinition {
  readonly owner: string
  readonly port: string
  readonly from: Source
  readonly on: 'change' | 'wave'
}
