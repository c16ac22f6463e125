import type { Observable, Unsubscribable } from 'rxjs'
import type { Cancel, Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import type { BreakerState } from '../model/diagnostics.ts'
import { MillraceError } from '../model/errors.ts'
import type { ConnectionState } from '../model/event.ts'
import { Status } from '../model/status.ts'
import type { DevicePlugin, Logger } from '../plugin/define.ts'
import {
  breakerStateOf,
  initialLink,
  jittered,
  type LinkInput,
  type LinkState,
  transition,
} from './connection-state.ts'
import { withDeadline } from './deadline.ts'
import { deviceContext } from './device-context.ts'
import { type Failure, failureOf, messageOf } from './failure.ts'
import { checkedConnection, type Live, type LiveConnection } from './live-connection.ts'

/** A change of a link's state; `failure` tells what brought it about, if it was one. */
export interface LinkChange {
  readonly from: LinkState
  readonly to: LinkState
  readonly failure?: Failure | undefined
}

/** What a link is made of, and whom it tells. */
export interface LinkOptions {
  readonly definition: DeviceDefinition
  readonly plugin: DevicePlugin
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly onChange: (change: LinkChange) => void
  /** A reading that the device pushed. */
  readonly onReading: (reading: unknown) => void
  /** The plant's folder for certificates, for plugins that need some. */
  readonly certificatesFolder?: string | undefined
  /** Hears of each change of the circuit breaker or of its failures, after `onChange`; never when the device has none. */
  readonly onBreaker: (facts: BreakerFacts) => void
}

/** A circuit breaker as it is now. */
export interface BreakerFacts {
  readonly state: BreakerState
  /** Failures in a row. */
  readonly failures: number
  /** When the next attempt is made, while it is open; milliseconds since 1970 UTC. */
  readonly nextProbeTime?: number | undefined
}

interface Attempt {
  readonly controller: AbortController
  live?: Live
  readings?: Unsubscribable
}

/** How long a connection may take to close before it is left to itself. */
const closeTimeoutMs = 1000

/**
 * Makes a device's connection, remakes it, and closes it: it does what the state machine decides.
 *
 * A plugin that never resolves, resolves too late, or cannot close costs nothing but its own attempt.
 */
export class Link {
  readonly #options: LinkOptions
  /** What one connection leaves for the next one; it belongs to the plugin. */
  readonly #memory = new Map<string, unknown>()
  #state = initialLink
  #attempt: Attempt | undefined
  #cancelWait: Cancel | undefined
  #nextProbeTime = 0
  #closing: Promise<void> = Promise.resolve()

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /** State of the connection. */
  get state(): ConnectionState {
    return this.#state.name
  }

  /** The connection, while there is one. */
  get live(): Live | undefined {
    return this.#state.name === 'Connected' ? this.#attempt?.live : undefined
  }

  /** Whether the breaker is half open: then nothing but readings may go over the connection. */
  get isProbing(): boolean {
    return breakerStateOf(this.#state, this.#options.definition) === 'HalfOpen'
  }

  /** Connects now, also when it was waiting for its next attempt. */
  enable(): void {
    this.#input({ kind: 'enable' })
  }

  /** Closes the connection and makes no other; resolves when it is closed or was given up, after a second at most. */
  disable(): Promise<void> {
    this.#input({ kind: 'disable' })
    return this.#closing
  }

  /** Forgets the failures, and tries at once when the breaker was open; false when it was closed. */
  resetBreaker(): boolean {
    const isReset = breakerStateOf(this.#state, this.#options.definition) !== 'Closed'
    if (isReset) this.#input({ kind: 'reset' })
    return isReset
  }

  /** Opens the breaker; false when there is none, when it is open, or when the device is disabled. */
  trip(failure: Failure): boolean {
    const before = this.#state
    this.#input({ kind: 'trip' }, failure)
    return this.#state !== before
  }

  /** The connection is lost, whatever the plugin knows of it; does nothing when there is none. */
  cut(failure: Failure): void {
    if (this.live) this.failed(this.live, failure)
  }

  /** The device has answered over this connection. */
  answered(live: Live): void {
    if (live === this.live) this.#input({ kind: 'answered' })
  }

  /** A request over this connection has failed; a device that refused has answered. */
  failed(live: Live, failure: Failure): void {
    if (live !== this.live) return
    if (failure.fact === 'answered') this.answered(live)
    else this.#input({ kind: 'failed', fact: failure.fact }, failure)
  }

  #input(input: LinkInput, failure?: Failure): void {
    const from = this.#state
    const { state: to, effects } = transition(from, input, this.#options.definition)
    this.#state = to
    for (const effect of effects) {
      if (effect.kind === 'close') this.#close(failure)
      else if (effect.kind === 'connect') this.#connect()
      else this.#wait(effect.ms)
    }
    if (to.name !== from.name) this.#options.onChange({ from, to, failure })
    this.#tellBreaker(from, to)
  }

  #tellBreaker(from: LinkState, to: LinkState): void {
    const { definition, onBreaker } = this.#options
    // A listener may have changed the state again, and told so.
    if (!definition.breaker || to !== this.#state) return
    const state = breakerStateOf(to, definition)
    if (to.failures === from.failures && state === breakerStateOf(from, definition)) return
    onBreaker({ state, failures: to.failures, ...(state === 'Open' ? { nextProbeTime: this.#nextProbeTime } : {}) })
  }

  #wait(ms: number): void {
    const { clock, definition, random } = this.#options
    const delayMs = jittered(ms, definition.retry.jitter, random())
    this.#nextProbeTime = clock.now() + delayMs
    this.#cancelWait = clock.after(delayMs, () => this.#input({ kind: 'waited' }))
  }

  #connect(): void {
    this.#cancelWait?.()
    const attempt: Attempt = { controller: new AbortController() }
    this.#attempt = attempt
    void this.#open(attempt).then(
      (connection) => this.#opened(attempt, connection),
      (error: unknown) => this.#notOpened(attempt, error),
    )
  }

  async #open({ controller }: Attempt): Promise<LiveConnection> {
    const { clock, definition, log, plugin, certificatesFolder } = this.#options
    // A port that only one can hold, such as a serial line, must be free first.
    await this.#closing
    const context = deviceContext(definition, {
      ...{ clock, log, signal: controller.signal, certificatesFolder, memory: this.#memory },
    })
    return withDeadline<LiveConnection>(async () => checkedConnection(definition.type, await plugin.connect(context)), {
      clock,
      timeoutMs: definition.timeoutMs,
      what: `${definition.id}.connect`,
      signals: [controller.signal],
      onLate: (connection) => void this.#closed(connection),
    })
  }

  #opened(attempt: Attempt, connection: LiveConnection): void {
    // Disabled in the turn between the end of the attempt and this one.
    if (attempt !== this.#attempt) {
      this.#closing = this.#closed(connection)
      return
    }
    attempt.live = { connection, signal: attempt.controller.signal }
    this.#input({ kind: 'connected' })
    if (connection.readings && this.live === attempt.live) this.#listen(attempt, attempt.live, connection.readings)
  }

  #notOpened(attempt: Attempt, error: unknown): void {
    if (attempt !== this.#attempt) return
    const failure = failureOf(error)
    this.#input({ kind: 'failed', fact: failure.fact === 'answered' ? 'communication' : failure.fact }, failure)
  }

  #listen(attempt: Attempt, live: Live, readings: Observable<unknown>): void {
    const lost = (error: unknown) => {
      const failure = failureOf(error)
      // However politely the readings ended, there will be no more.
      this.failed(live, failure.fact === 'answered' ? { ...failure, fact: 'communication' } : failure)
    }
    try {
      attempt.readings = readings.subscribe({
        next: (reading) => {
          if (live === this.live) this.#options.onReading(reading)
        },
        error: lost,
        complete: () => lost(new Error('the device sends no more readings')),
      })
    } catch (error) {
      lost(error)
    }
    // Readings may end while they are being subscribed to, before there is anything to unsubscribe from.
    if (live !== this.live) attempt.readings?.unsubscribe()
  }

  #close(failure: Failure | undefined): void {
    this.#cancelWait?.()
    const attempt = this.#attempt
    this.#attempt = undefined
    if (!attempt) return
    this.#unsubscribe(attempt)
    const { id } = this.#options.definition
    const reason = failure ? `has lost its connection: ${failure.message}` : 'was disconnected'
    attempt.controller.abort(new MillraceError('not-connected', `${id} ${reason}`, { status: Status.BadNotConnected }))
    if (attempt.live) this.#closing = this.#closed(attempt.live.connection)
  }

  #unsubscribe(attempt: Attempt): void {
    try {
      attempt.readings?.unsubscribe()
    } catch (error) {
      this.#options.log.warn(`the readings could not be ended: ${messageOf(error)}`)
    }
  }

  #closed(connection: LiveConnection): Promise<void> {
    const { clock, definition, log } = this.#options
    return withDeadline<unknown>(() => connection.close(), {
      clock,
      timeoutMs: closeTimeoutMs,
      what: `${definition.id}.close`,
    }).then(
      () => {},
      (error: unknown) => log.warn(`the connection could not be closed: ${messageOf(error)}`),
    )
  }
}
