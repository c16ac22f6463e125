import type { ExecutionHost } from '../execution.ts'
import type { IsolatedAnswer, IsolatedEmission, IsolatedStep, Isolation } from '../isolation.ts'
import type { BlockMoment } from './moment.ts'
import type { Operation } from './plan.ts'

/** What an isolated operation needs from its execution. */
export interface IsolatedHost {
  readonly isolation: Isolation
  readonly onStep: ExecutionHost['onStep']
  /** Has the operation computed in the next wave. */
  readonly wake: () => void
  readonly moment: BlockMoment | undefined
}

/** When an isolated operation is computed. */
export interface IsolatedMoment {
  readonly time: number
  readonly monotonic: number
}

/** One operation whose plugin runs in a thread: what it remembers is there, what it emitted is here. */
export class IsolatedOperation {
  readonly #operation: Operation
  readonly #host: IsolatedHost
  readonly #step: IsolatedStep
  readonly #emissions = new Map<string, IsolatedEmission>()
  readonly #last = new Map<string, IsolatedEmission>()
  /** Beginnings of its memory that have been told, and those that the moment knows. */
  #told = 0
  #begun = 0
  #hasTurned = false
  /** Emissions outside a turn have come, and the thread waits until they are taken. */
  #isLate = false

  constructor(operation: Operation, host: IsolatedHost) {
    const { work, owner, inputs, outputs, deadlineMs } = operation
    if (work.kind !== 'plugin') throw new TypeError(`${owner} is not computed by a plugin`)
    this.#operation = operation
    this.#host = host
    this.#step = host.isolation.open({
      plugin: work.plugin,
      config: work.config,
      owner,
      deadlineMs,
      inputs: inputs.map(({ name }) => name),
      outputs: outputs.map(({ name }) => name),
      onReady: host.wake,
      onLate: ({ emissions, isBroken }) => {
        this.#keep(emissions)
        this.#isLate = true
        if (isBroken) this.#hasTurned = false
        host.wake()
      },
    })
  }

  /** Whether there is a thread, or a reason why there is none. */
  get isReady(): boolean {
    return this.#step.isReady
  }

  /** Whether a turn without news would have nothing to do: the streams are there. */
  get isSubscribed(): boolean {
    return this.#hasTurned && this.#step.beginnings === this.#begun
  }

  /** Computes it once; throws at once while there is no thread. */
  turn(inputs: Readonly<Record<string, unknown>> | undefined, { time, monotonic }: IsolatedMoment): Promise<unknown> {
    const { beginnings } = this.#step
    const { moment } = this.#host
    if (beginnings !== this.#begun) moment?.restart()
    this.#begun = beginnings
    moment?.begin(time, monotonic)
    const now = moment && { time: moment.time, elapsed: moment.elapsed, isFirst: moment.isFirst }
    return this.#step.turn({ inputs, moment: now }).then((answer) => this.#take(answer, beginnings))
  }

  /** The newest emission of an output since this was asked last. */
  takeEmission(output: number): IsolatedEmission | undefined {
    const name = this.#operation.outputs[output]?.name ?? ''
    const emission = this.#emissions.get(name)
    this.#emissions.delete(name)
    if (this.#isLate && this.#emissions.size === 0) {
      this.#isLate = false
      this.#step.acknowledge()
    }
    return emission
  }

  /** The newest emission of an output of all. */
  last(output: number): IsolatedEmission | undefined {
    return this.#last.get(this.#operation.outputs[output]?.name ?? '')
  }

  close(): void {
    this.#step.close()
  }

  #take({ outputs, emissions, wakeIn }: IsolatedAnswer, beginnings: number): unknown {
    const { moment, onStep } = this.#host
    this.#hasTurned = true
    if (emissions) this.#keep(emissions)
    if (wakeIn !== undefined) moment?.wakeIn(wakeIn)
    if (beginnings > this.#told) {
      this.#told = beginnings
      const message = 'begins anew: what it remembered was lost with the thread of its plugin'
      if (this.#remembers) onStep?.({ kind: 'restarted', step: this.#operation.step, message })
    }
    return outputs
  }

  get #remembers(): boolean {
    const { work } = this.#operation
    return work.kind === 'plugin' && work.plugin.kind !== 'function'
  }

  #keep(emissions: Readonly<Record<string, IsolatedEmission>>): void {
    for (const [name, emission] of Object.entries(emissions)) {
      this.#emissions.set(name, emission)
      this.#last.set(name, emission)
    }
  }
}
