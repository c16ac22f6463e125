import type { Port } from '../model/port.ts'
import type { ProgramState } from '../model/program.ts'
import type { RestartPolicy } from '../model/restart.ts'
import type { Value } from '../model/value.ts'

/** Who asks a pipeline for something: a user, or `job:<id>`. */
interface Asked {
  readonly initiator: string
}

/** What job control needs of a pipeline. What its state does not allow throws a MillraceError. */
export interface JobPipeline {
  readonly id: string
  readonly name: string
  readonly equipment: string
  readonly state: ProgramState
  /** What becomes of a job that the end of the program has cut off. */
  readonly restart: RestartPolicy
  /** Whether a run ends by itself; one that does not is ended by Stop, and that is its good end. */
  readonly endsItself: boolean
  readonly parameters: readonly (Port & { readonly default: Value })[]
  readonly outputs: readonly Port[]
  /** Ids of the devices that it reads, writes or calls. */
  readonly utilizes: readonly string[]
  /** A value as the parameter takes it, or what is wrong with it. */
  fit(parameter: string, value: Value): { readonly value: Value } | { readonly problem: 'type' | 'range' }
  /** Sets a parameter; returns a status code. */
  setParameter(name: string, value: Value, initiator: string): number
  start(asked: Asked & { readonly runId: string; readonly isSuspended?: boolean }): void
  suspend(asked: Asked): void
  resume(asked: Asked): void
  /** Returns when it is accepted. */
  stop(asked: Asked): void
  halt(asked: Asked): void
}
