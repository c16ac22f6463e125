import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { withDeadline } from './deadline.ts'
import type { CommandOptions, CommandsHost } from './device-commands.ts'
import { failureOf } from './failure.ts'
import { misfitOf } from './port-value.ts'
import type { WriteEvents } from './write-events.ts'
import { ruleOf, type WriteVerification } from './write-verification.ts'

/** What writes need besides what all commands do. */
export interface WriteParts {
  readonly verification: WriteVerification
  readonly writeEvents: WriteEvents
  /** The device has taken a value. */
  accepted(port: string, value: Value): void
}

/** A write that waits for its turn; `value` is still changed by newer ones that may take its place. */
interface Waiting {
  readonly isRoutine: boolean
  value: Value
  options: CommandOptions
  count: number
  readonly ended: Promise<number>
}

/** What came of a write that had its turn. */
interface Outcome {
  readonly status: number
  readonly oldValue: Value
  readonly reads?: Value | undefined
}

/**
 * Writes of a device: checked before anything is sent, one after the other in the order in which they were asked for.
 *
 * A client's write is always sent. The routine writes of a pipeline are setpoints: while one waits, a newer one to the same tag
 * takes its place, unless a client has written the tag in between, so that a slow device gets the newest value and no backlog.
 */
export class DeviceWrites {
  readonly #host: CommandsHost
  readonly #parts: WriteParts
  /** The newest write to each port among those that wait. */
  readonly #newest = new Map<string, Waiting>()
  readonly #underWay = new Set<Promise<void>>()

  constructor(host: CommandsHost, parts: WriteParts) {
    this.#host = host
    this.#parts = parts
  }

  /** Writes a value and resolves to its status; it never rejects. */
  write(port: string, value: Value, options: CommandOptions): Promise<number> {
    const refused = this.#refusal(port, value)
    const isRoutine = options.isRoutine === true
    const newest = this.#newest.get(port)
    if (refused === undefined && isRoutine && newest?.isRoutine === true) {
      Object.assign(newest, { value, options, count: newest.count + 1 })
      return newest.ended
    }
    let end = (_status: number) => {}
    const ended = new Promise<number>((resolve) => {
      end = resolve
    })
    const waiting: Waiting = { isRoutine, value, options, count: 1, ended }
    const status = refused ?? (this.#host.requests.isFull ? Status.BadResourceUnavailable : undefined)
    if (status !== undefined) {
      this.#tell(port, waiting, { status, oldValue: this.#valueOf(port) })
      return Promise.resolve(status)
    }
    this.#newest.set(port, waiting)
    const whole = this.#queued(port, waiting).then(end)
    this.#underWay.add(whole)
    void whole.then(() => this.#underWay.delete(whole))
    return ended
  }

  /** Resolves when every write has ended and was told; without a link that is soon. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #queued(port: string, waiting: Waiting): Promise<number> {
    const { definition, description, requests } = this.#host
    const rule = ruleOf(definition.verify, port, description.outputs)
    const send = () => {
      if (this.#newest.get(port) === waiting) this.#newest.delete(port)
      return this.#send(port, waiting)
    }
    const outcome = await requests.write(send, rule && ((sent) => this.#verified(port, waiting, sent)))
    this.#tell(port, waiting, outcome)
    return outcome.status
  }

  #tell(port: string, { value, options, count, isRoutine }: Waiting, { status, oldValue, reads }: Outcome): void {
    const { initiator } = options
    this.#parts.writeEvents.tell({ ...{ port, initiator, oldValue, newValue: value, status, count, isRoutine }, reads })
  }

  #valueOf(port: string): Value {
    return this.#host.latest(port)?.value ?? null
  }

  #refusal(port: string, value: Value): number | undefined {
    const { description } = this.#host
    const input = description.inputs.find(({ name }) => name === port)
    if (!input) {
      const isOutput = description.outputs.some(({ name }) => name === port)
      return isOutput ? Status.BadNotWritable : Status.BadNodeIdUnknown
    }
    const misfit = misfitOf(input, value)
    if (misfit) return misfit.isBeyondRange ? Status.BadOutOfRange : misfit.status
    return this.#host.live() ? undefined : Status.BadNotConnected
  }

  async #send(port: string, { value, options }: Waiting): Promise<Outcome> {
    const { clock, definition, diagnostics } = this.#host
    const { signal } = options
    const oldValue = this.#valueOf(port)
    const live = this.#host.live()
    if (!live) return { status: Status.BadNotConnected, oldValue }
    if (!live.connection.write) return { status: Status.BadNotWritable, oldValue }
    // Nobody wants it any more, and the device knows nothing of it yet.
    if (signal?.aborted) return { status: Status.BadRequestCancelledByClient, oldValue }
    diagnostics.count('requestCount')
    const begun = clock.monotonic()
    try {
      await withDeadline(() => live.connection.write?.({ [port]: value }), {
        clock,
        timeoutMs: definition.timeoutMs,
        what: `${definition.id}.write`,
        signals: [live.signal, signal],
      })
    } catch (error) {
      const failure = failureOf(error)
      this.#host.failed(live, failure)
      return { status: failure.fact === 'notConnected' ? Status.BadNotConnected : failure.status, oldValue }
    }
    diagnostics.answered(clock.monotonic() - begun)
    this.#host.answered(live)
    this.#parts.accepted(port, value)
    return { status: Status.Good, oldValue }
  }

  async #verified(port: string, { value, options }: Waiting, sent: Outcome): Promise<Outcome> {
    const { definition, description } = this.#host
    const live = this.#host.live()
    const rule = ruleOf(definition.verify, port, description.outputs)
    const input = description.inputs.find(({ name }) => name === port)
    if (sent.status !== Status.Good || !rule || !input) return sent
    // What it was cannot be told from what it is any more.
    if (!live) return { ...sent, status: Status.BadNotConnected }
    try {
      const signals = [live.signal, options.signal]
      const what = `${definition.id}.${port}`
      const checked = await this.#parts.verification.check({ port: input, value, rule, what, signals })
      return { ...sent, ...checked }
    } catch (error) {
      return { ...sent, status: failureOf(error).status }
    }
  }
}
