import type { Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import { MillraceError } from '../model/errors.ts'
import type { PlantEvent } from '../model/event.ts'
import type { DeviceDescription, MethodDescription } from '../model/port.ts'
import type { Sample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { DevicePlugin, Logger } from '../plugin/define.ts'
import { withDeadline } from './deadline.ts'
import type { DeviceDiagnostics } from './device-diagnostics.ts'
import { callError, type Failure, failureOf } from './failure.ts'
import type { Live } from './live-connection.ts'
import { checkedInputs, checkedOutputs, type ValueByPort } from './method-inputs.ts'
import type { Requests } from './requests.ts'

/** Who asks, and what makes the wish void. */
export interface CommandOptions {
  /** Name for the audit: a user, `pipeline:fill`, `job:WO-4711`. */
  readonly initiator: string
  readonly signal?: AbortSignal | undefined
  /** Whether it is one of many writes of a pipeline, of which the newest counts. */
  readonly isRoutine?: boolean | undefined
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
  /** Whether the breaker lets only probes through. */
  isProbing(): boolean
  /** The connection, while commands may go over it: not while a breaker lets only probes through. */
  live(): Live | undefined
  latest(port: string): Sample | undefined
  answered(live: Live): void
  /** Only the plugin itself may say that a command has cost the link; otherwise the next poll finds out. */
  failed(live: Live, failure: Failure): void
  raise(event: PlantEvent): void
}

const methodTimeoutMs = 60_000
const callsMax = 100

/** Calls of a device's methods. Everything is checked before anything is sent. */
export class DeviceCommands {
  readonly #host: CommandsHost
  #callCount = 0

  constructor(host: CommandsHost) {
    this.#host = host
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
      this.#host.failed(live, failureOf(error))
      throw error
    } finally {
      this.#callCount--
    }
  }

  #live(): Live {
    const { id } = this.#host.definition
    const live = this.#host.live()
    if (!live) {
      const reason = this.#host.isProbing()
        ? 'is tried out by its circuit breaker; wait until that is closed'
        : 'is not connected; check its cable, address and power'
      throw new MillraceError('not-connected', `${id} ${reason}`, { status: Status.BadNotConnected })
    }
    if (this.#callCount < callsMax) return live
    throw new MillraceError('invalid-state', `${id} has ${callsMax} calls under way; wait until one has ended`, {
      status: Status.BadResourceUnavailable,
    })
  }
}
