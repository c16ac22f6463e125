import type { Cancel, Clock } from '../model/clock.ts'
import { breakerDiagnostics, deviceDiagnostics, diagnosticTag, faultDiagnostics } from '../model/diagnostics.ts'
import type { ConnectionState } from '../model/event.ts'
import type { Port } from '../model/port.ts'
import { bad, good, type Sample, type TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import type { BreakerFacts } from './link.ts'

/** A counter among the diagnostics of a device. */
export type DeviceCounter = 'requestCount' | 'errorCount' | 'reconnectCount'

/** Diagnostics other than the state of the connection are published at most once in this time. */
const coalesceMs = 250

/**
 * What a device tells about itself, as samples. The state of the connection is published at once; everything else is gathered
 * and published every 250 ms at most, and not at all when nothing changed.
 */
export class DeviceDiagnostics {
  readonly #device: string
  readonly #clock: Clock
  readonly #publish: (samples: readonly TagSample[]) => void
  readonly #samples = new Map<string, Sample>()
  readonly #changed = new Set<string>()
  #cancel: Cancel | undefined
  #isClosed = false

  constructor(options: {
    device: string
    clock: Clock
    hasBreaker: boolean
    allowsFaults?: boolean
    publish: (samples: readonly TagSample[]) => void
  }) {
    this.#device = options.device
    this.#clock = options.clock
    this.#publish = options.publish
    const now = this.#clock.now()
    const all = [
      ...deviceDiagnostics,
      ...(options.hasBreaker ? breakerDiagnostics : []),
      ...(options.allowsFaults ? faultDiagnostics : []),
    ]
    for (const port of all) this.#samples.set(port.name, initial(port, now, this.#device))
    this.#samples.set('connectionState', good('Disabled', now))
    if (options.hasBreaker) this.#samples.set('breakerState', good('Closed', now))
  }

  /** The latest sample of a diagnostic. */
  latest(name: string): Sample | undefined {
    return this.#samples.get(name)
  }

  /** The latest samples of all diagnostics. */
  all(): readonly TagSample[] {
    return [...this.#samples.keys()].map((name) => this.#tagSample(name))
  }

  /** The connection has another state. */
  connection(state: ConnectionState): void {
    this.#samples.set('connectionState', good(state, this.#clock.now()))
    if (!this.#isClosed) this.#publish([this.#tagSample('connectionState')])
  }

  /** The circuit breaker has changed; its state is told at once, with the rest of what is known of it. */
  breaker({ state, failures, nextProbeTime }: BreakerFacts): void {
    const now = this.#clock.now()
    const isNew = this.#samples.get('breakerState')?.value !== state
    this.#samples.set('failureCount', good(failures, now))
    const isWaiting = nextProbeTime !== undefined
    const probe = isWaiting ? good(new Date(nextProbeTime), now) : bad(Status.BadNoData, now, this.#device)
    this.#samples.set('nextProbeTime', probe)
    if (isNew) this.#samples.set('breakerState', good(state, now))
    if (this.#isClosed) return
    // The state comes last: who hears of it finds the rest.
    const names = ['failureCount', 'nextProbeTime', ...(isNew ? ['breakerState'] : [])]
    this.#publish(names.map((name) => this.#tagSample(name)))
  }

  /** Other faults are injected now, or their remaining times are. */
  faults(words: readonly string[]): void {
    const now = this.#clock.now()
    this.#samples.set('activeFaultCount', good(words.length, now))
    this.#samples.set('activeFaults', good(words, now))
    if (!this.#isClosed) this.#publish([this.#tagSample('activeFaultCount'), this.#tagSample('activeFaults')])
  }

  /** Counts one more; UInt32 wraps around. */
  count(counter: DeviceCounter): void {
    const value = this.#samples.get(counter)?.value as number
    this.#set(counter, (value + 1) >>> 0)
  }

  /** Something failed. */
  error(message: string): void {
    this.#set('lastError', message)
  }

  /** The device answered, a request after so many milliseconds. */
  answered(roundTripMs?: number): void {
    this.#set('lastCommunicationTime', new Date(this.#clock.now()))
    if (roundTripMs !== undefined) this.#set('roundTripTime', roundTripMs)
  }

  /** Publishes what is gathered, and nothing any more after that. */
  close(): void {
    this.#cancel?.()
    this.#flush()
    this.#isClosed = true
  }

  #set(name: string, value: Value): void {
    this.#samples.set(name, good(value, this.#clock.now()))
    if (this.#isClosed) return
    this.#changed.add(name)
    // On a grid that all devices share: hundreds of them publish in one turn of the loop, and not each in one of its own.
    this.#cancel ??= this.#clock.after(coalesceMs - (this.#clock.monotonic() % coalesceMs), () => this.#flush())
  }

  #flush(): void {
    this.#cancel = undefined
    if (this.#changed.size === 0) return
    const samples = [...this.#changed].map((name) => this.#tagSample(name))
    this.#changed.clear()
    this.#publish(samples)
  }

  #tagSample(name: string): TagSample {
    return { tag: diagnosticTag(this.#device, name), sample: this.#samples.get(name) as Sample }
  }
}

function initial({ dataType, isArray }: Port, now: number, cause: string): Sample {
  if (isArray) return good([], now)
  if (dataType === 'UInt32') return good(0, now)
  if (dataType === 'String') return good('', now)
  return bad(Status.BadWaitingForInitialData, now, cause)
}
