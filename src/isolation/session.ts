import { systemClock } from '../model/clock.ts'
import type { Value } from '../model/value.ts'
import type { BlockPlugin, FunctionPlugin, Moment, StepPlugin } from '../plugin/define.ts'
import { OperatorStreams } from '../plugin/run/operator-streams.ts'
import type { SentAnswer, SentEmission, SentLate, SentUse, ToThread } from './message.ts'

type Turn = Extract<ToThread, { readonly kind: 'turn' }>
type Config = Readonly<Record<string, unknown>>

/** A step inside the thread of its plugin, with what it remembers. */
export interface Session {
  turn(turn: Turn): SentAnswer | Promise<SentAnswer>
  /** What was emitted late has been taken; the next may be sent. */
  taken(): void
  close(): void
}

/** Makes the session of a step; `send` takes emissions outside its turns, at most one batch before {@link Session.taken}. */
export function sessionOf(plugin: StepPlugin, use: SentUse, send: (late: SentLate) => void): Session {
  switch (plugin.kind) {
    case 'function':
      return { turn: ({ inputs = {} }) => computed(plugin, inputs, use), taken() {}, close() {} }
    case 'block': {
      const memory = plugin.memory(use.config as never)
      return { turn: (turn) => remembering(plugin, memory, turn, use), taken() {}, close() {} }
    }
    case 'operator':
      return new OperatorSession(use, { plugin, send })
    default:
      return plugin satisfies never
  }
}

function computed(
  plugin: FunctionPlugin,
  inputs: Config,
  { config, outputs }: SentUse,
): SentAnswer | Promise<SentAnswer> {
  const given: unknown = plugin.compute
    ? plugin.compute(inputs as never, config as never)
    : plugin.computeSamples?.(inputs as never, config as never)
  const isLater = typeof (given as { then?: unknown } | null | undefined)?.then === 'function'
  if (!isLater) return { outputs: picked(given, outputs) }
  return Promise.resolve(given).then((later) => ({ outputs: picked(later, outputs) }))
}

function remembering(plugin: BlockPlugin, memory: object, { inputs = {}, moment }: Turn, use: SentUse): SentAnswer {
  let wakeIn: number | undefined
  const now: Moment = {
    ...(moment ?? { time: 0, elapsed: 0, isFirst: true }),
    wakeIn: (seconds) => {
      wakeIn = seconds
    },
  }
  const given: unknown = plugin.compute(inputs as never, use.config as never, memory, now)
  return { outputs: picked(given, use.outputs), wakeIn }
}

/** The declared outputs, each in a form that can leave the thread: a piece of a large buffer would take all of it along. */
function picked(given: unknown, outputs: readonly string[]): Record<string, unknown> {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`it gave ${String(given)} in place of an object with its outputs`)
  }
  return Object.fromEntries(outputs.map((name) => [name, compact((given as Config)[name])]))
}

function compact(value: unknown): unknown {
  const isPiece = value instanceof Uint8Array && value.byteLength < value.buffer.byteLength
  return isPiece ? Uint8Array.from(value) : value
}

/** An operator in its thread. Late emissions are joined to the newest of each output until the last batch was taken. */
class OperatorSession implements Session {
  readonly #streams: OperatorStreams
  readonly #outputs: readonly string[]
  readonly #send: (late: SentLate) => void
  #isSent = false
  #isWaiting = false

  constructor(
    use: SentUse,
    options: {
      readonly plugin: Extract<StepPlugin, { readonly kind: 'operator' }>
      readonly send: (late: SentLate) => void
    },
  ) {
    this.#outputs = use.outputs
    this.#send = options.send
    this.#streams = new OperatorStreams({
      ...use,
      plugin: options.plugin,
      clock: systemClock,
      onLate: () => this.#late(),
    })
  }

  turn({ inputs }: Turn): SentAnswer {
    this.#streams.turn(inputs as Record<string, Value> | undefined)
    const error = this.#streams.takeError()
    if (error) throw error.cause
    return { emissions: this.#taken() }
  }

  taken(): void {
    this.#isSent = false
    if (this.#isWaiting) this.#late()
  }

  close(): void {
    this.#streams.close()
  }

  #late(): void {
    this.#isWaiting = this.#isSent
    if (this.#isSent) return
    this.#isSent = true
    this.#send({ emissions: this.#taken(), isBroken: !this.#streams.isSubscribed })
  }

  #taken(): Record<string, SentEmission> {
    const pairs = this.#outputs.map((name, index) => [name, this.#streams.takeEmission(index)] as const)
    return Object.fromEntries(
      pairs.flatMap(([name, emission]) => (emission ? [[name, { ...emission, value: compact(emission.value) }]] : [])),
    )
  }
}
