import type { Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import { MillraceError } from '../model/errors.ts'
import type { PlantEvent } from '../model/event.ts'
import type { DeviceDescription, MethodDescription } from '../model/port.ts'
import type { Sample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import type { Value } from '../model/value.ts'
import type { DevicePlugin, Logger } from '../plugin/define.ts'
import { withDeadline } from './deadline.ts'
import type { DeviceDiagnostics } from './device-diagnostics.ts'
import { callError, type Failure, failureOf, messageOf } from './failure.ts'
import type { Live } from './link.ts'
import { checkedInputs, checkedOutputs, type ValueByPort } from './method-inputs.ts'
import { misfitOf } from './port-value.ts'
import type { Requests } from './requests.ts'

/** Who asks, and what makes the wish void. */
export interface CommandOptions {
  /** Name for the audit: a user, `pipeline:fill`, `job:WO-4711`. */
  readonly initiator: string
  readonly signal?: AbortSignal | undefined
}

/** What commands need from their device. */
export interface CommandsHost {
  readonly definition: DeviceDefinition
  readonly description: DeviceDescription
  readonly plugin: DevicePlugin
  readonly clock: Clock
  readonly log: Logger
  readonly diagnostics: DeviceDiagnostics
  /** Writes take their turn with reads. */
  readonly requests: Requests
  live(): Live | undefined
  latest(port: string): Sample | undefined
  /** The device has taken a value. */
  accepted(port: string, value: Value): void
  /** Reads soon, to see what a command did or whether the link still stands. */
  verify(): void
  answered(live: Live): void
  failed(live: Live, failure: Failure): void
  raise(event: PlantEvent): void
}

const methodTimeoutMs = 60_000
const callsMax = 100

/** What can be asked of a device: to write a port, and to call a method. Everything is checked before anything is sent. */
export class DeviceCommands {
  readonly #host: CommandsHost
  #callCount = 0

  constructor(host: CommandsHost) {
    this.#host = host
  }

  /** Writes a value and resolves to its status; it never rejects. */
  async write(port: string, value: Value, options: CommandOptions): Promise<number> {
    const { clock, definition, description } = this.#host
    const refused = this.#refusal(port, value)
    const before = this.#host.latest(port)?.value ?? null
    const { status, oldValue } =
      refused === undefined
        ? await this.#host.requests.write(() => this.#send(port, value, options))
        : { status: refused, oldValue: before }
    this.#host.raise({
      kind: 'tagWritten',
      time: clock.now(),
      message: `${port} of ${description.name} ${status === Status.Good ? 'written' : 'not written'} by ${options.initiator}`,
      device: definition.id,
      tag: ownerTag(definition.id, port),
      initiator: options.initiator,
      oldValue,
      newValue: value,
      status,
    })
    return status
  }

  /** Calls a method and resolves to its outputs; rejects with a MillraceError that carries the status. */
  async call(name: string, inputs: ValueByPort, options: CommandOptions): Promise<ValueByPort> {
    const { clock, definition, description } = this.#host
    let status: number = Status.Good
    try {
      const method = description.methods.find((each) => each.name === name)
      if (method) return await this.#run(method, inputs, options)
      throw new MillraceError('method-unknown', `${definition.id} has no method ${name}`, {
        status: Status.BadMethodInvalid,
      })
    } catch (error) {
      const failed = callError(error, `${definition.id}.${name}`)
      status = failed.status ?? Status.BadUnexpectedError
      throw failed
    } finally {
      const outcome = status === Status.Good ? 'ended' : 'failed'
      this.#host.raise({
        kind: 'methodCalled',
        time: clock.now(),
        message: `${name} of ${description.name} ${outcome}, called by ${options.initiator}`,
        device: definition.id,
        method: name,
        initiator: options.initiator,
        status,
      })
    }
  }

  #refusal(port: string, value: Value): number | undefined {
    const { description, requests } = this.#host
    const input = description.inputs.find(({ name }) => name === port)
    if (!input) {
      const isOutput = description.outputs.some(({ name }) => name === port)
      return isOutput ? Status.BadNotWritable : Status.BadNodeIdUnknown
    }
    const misfit = misfitOf(input, value)
    if (misfit) return misfit.isBeyondRange ? Status.BadOutOfRange : misfit.status
    if (!this.#host.live()) return Status.BadNotConnected
    return requests.isFull ? Status.BadResourceUnavailable : undefined
  }

  async #send(port: string, value: Value, { signal }: CommandOptions): Promise<{ status: number; oldValue: Value }> {
    const { clock, definition, diagnostics } = this.#host
    const oldValue = this.#host.latest(port)?.value ?? null
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
      this.#failed(live, failure)
      return { status: failure.fact === 'notConnected' ? Status.BadNotConnected : failure.status, oldValue }
    }
    diagnostics.answered(clock.monotonic() - begun)
    this.#host.answered(live)
    this.#host.accepted(port, value)
    return { status: Status.Good, oldValue }
  }

  async #run(method: MethodDescription, inputs: ValueByPort, { signal }: CommandOptions): Promise<ValueByPort> {
    const { clock, definition, diagnostics, log } = this.#host
    const what = `${definition.id}.${method.name}`
    const values = checkedInputs(method, inputs, what)
    const live = this.#live()
    const run = live.connection.methods?.[method.name]
    if (!run) {
      throw new MillraceError('method-unknown', `the connection of ${definition.id} has no method ${method.name}`, {
        status: Status.BadNotSupported,
      })
    }
    diagnostics.count('requestCount')
    this.#callCount++
    try {
      const progress = (share: number) => log.debug(`${method.name} is at ${Math.round(100 * share)} %`)
      const returned = await withDeadline(
        (ended) => run.call(live.connection.methods, values, { signal: ended, progress }),
        {
          clock,
          timeoutMs: method.timeoutMs ?? methodTimeoutMs,
          what,
          signals: [live.signal, signal],
        },
      )
      diagnostics.answered()
      this.#host.answered(live)
      return checkedOutputs(method, returned, what)
    } catch (error) {
      this.#failed(live, failureOf(error))
      throw error
    } finally {
      this.#callCount--
    }
  }

  #live(): Live {
    const { id } = this.#host.definition
    const live = this.#host.live()
    if (!live) {
      throw new MillraceError('not-connected', `${id} is not connected; check its cable, address and power`, {
        status: Status.BadNotConnected,
      })
    }
    if (this.#callCount < callsMax) return live
    throw new MillraceError('invalid-state', `${id} has ${callsMax} calls under way; wait until one has ended`, {
      status: Status.BadResourceUnavailable,
    })
  }

  /** Only the plugin itself may say that a command has cost the link; otherwise the next poll finds out. */
  #failed(live: Live, failure: Failure): void {
    const { diagnostics } = this.#host
    diagnostics.count('errorCount')
    diagnostics.error(messageOf(failure.message))
    if (failure.fact === 'answered' || failure.fact === 'notConnected') this.#host.failed(live, failure)
    else this.#host.verify()
  }
}
