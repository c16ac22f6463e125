import type { StepPlugin } from '../plugin/define.ts'

/** One computation of a step in the thread of its plugin. */
export interface IsolatedTurn {
  /** Values of the inputs, or their samples where the plugin decides the status itself; undefined to subscribe an operator only. */
  readonly inputs: Readonly<Record<string, unknown>> | undefined
  /** The moment of a block, without its wish. */
  readonly moment?: { readonly time: number; readonly elapsed: number; readonly isFirst: boolean } | undefined
}

/** What an operator emitted for one output; `time` is given for what did not belong to a turn. */
export interface IsolatedEmission {
  readonly value: unknown
  readonly time: number | undefined
}

/** What came of a turn. */
export interface IsolatedAnswer {
  /** The outputs of a function or block. */
  readonly outputs?: Readonly<Record<string, unknown>> | undefined
  /** What an operator emitted in this turn, by output. */
  readonly emissions?: Readonly<Record<string, IsolatedEmission>> | undefined
  /** In how many seconds a block wishes to be computed again. */
  readonly wakeIn?: number | undefined
}

/** A step to be computed in a thread. */
export interface IsolatedUse {
  readonly plugin: StepPlugin
  readonly config: Readonly<Record<string, unknown>>
  /** `pipeline/step`, for messages. */
  readonly owner: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Deadline of a turn in milliseconds; the plugin's own when undefined. */
  readonly deadlineMs: number | undefined
  /** The thread has become ready: the step can be computed. */
  readonly onReady: () => void
  /**
   * An operator has emitted outside a turn: the newest emission of each output since it was told last. When it `isBroken`, its
   * streams have ended with an error, which its next turn throws.
   */
  readonly onLate: (late: {
    readonly emissions: Readonly<Record<string, IsolatedEmission>>
    readonly isBroken: boolean
  }) => void
}

/** A step that is computed in the thread of its plugin. */
export interface IsolatedStep {
  /** False while the thread is started for the first time: nothing is wrong, there is nothing to wait for either. */
  readonly isReady: boolean
  /** How often its memory has begun anew because its thread was lost. */
  readonly beginnings: number
  /**
   * Computes it once. Throws at once while the thread is down, with the reason why it ended; rejects when it ends meanwhile,
   * when the deadline passes, and with what the plugin throws.
   */
  turn(turn: IsolatedTurn): Promise<IsolatedAnswer>
  /** What was emitted late has been taken; more may come. */
  acknowledge(): void
  /** Forgets it; idempotent. */
  close(): void
}

/** Runs steps of isolated plugins in threads. */
export interface Isolation {
  /** Makes a place for a step, and starts the thread of its plugin when it does not run. Nothing waits for that. */
  open(use: IsolatedUse): IsolatedStep
  /** Somebody has looked at plugins that were given up: they are started again. */
  forgive(plugins: readonly StepPlugin[]): void
}
