import type { Clock } from '../model/clock.ts'
import type { DeviceDefinition } from '../model/definition.ts'
import type { TagSample } from '../model/sample.ts'
import type { Logger } from '../plugin/define.ts'
import { ReadingFailed } from '../plugin/facts.ts'
import { StatedReading } from '../plugin/reading.ts'
import { withDeadline } from './deadline.ts'
import type { DeviceDiagnostics } from './device-diagnostics.ts'
import { type Failure, failureOf } from './failure.ts'
import type { Link } from './link.ts'
import type { Live, LiveGroup } from './live-connection.ts'
import { pollGroups } from './poll-groups.ts'
import { Poller } from './poller.ts'
import type { Requests } from './requests.ts'
import type { TagSamples } from './tag-samples.ts'
import { takeReading } from './take-reading.ts'

/** What readings need from their device. */
export interface DeviceReadingsOptions {
  readonly definition: DeviceDefinition
  readonly clock: Clock
  readonly log: Logger
  readonly phaseMs: number
  readonly link: Link
  readonly tags: TagSamples
  readonly diagnostics: DeviceDiagnostics
  readonly requests: Requests
  readonly publish: (samples: readonly TagSample[]) => void
  /** A reading has been taken and published. */
  readonly onTaken: () => void
}

/** Ports about which something is told. */
const toldPortsMax = 100

/** Info type DataValue with the overflow bit (Part 4 §7.39.1): values before this one were lost. */
const overflowBits = 0x0480

/** Gets readings out of a device, by polling or as it pushes them, and turns them into samples with one source time each. */
export class DeviceReadings {
  readonly #options: DeviceReadingsOptions
  readonly #toldByPort = new Map<string, string>()
  #polled: readonly { readonly poller: Poller; readonly outputs: ReadonlySet<string> | undefined }[] = []
  #skippedPollCount = 0

  constructor(options: DeviceReadingsOptions) {
    this.#options = options
  }

  /** Polls that were skipped because the one before had not ended. */
  get skippedPollCount(): number {
    return this.#skippedPollCount
  }

  /** Polls over a new connection, each of its groups with its own period. */
  start(live: Live): void {
    const { clock, definition, phaseMs, requests, tags } = this.#options
    const groups = pollGroups(live.connection, { everyMs: definition.everyMs, phaseMs, outputs: tags.measured })
    this.#polled = groups.map(({ group, everyMs, phaseMs, outputs }) => ({
      outputs,
      poller: new Poller({
        ...{ clock, everyMs, phaseMs },
        poll: () => requests.read(() => this.#poll(live, group)),
        onSkipped: (count) => {
          this.#skippedPollCount += count
        },
      }),
    }))
    for (const { poller } of this.#polled) poller.start()
  }

  /** Polls what reads a port, or everything, once more as soon as possible; does nothing for a device that pushes. */
  soon(port?: string): void {
    for (const { poller, outputs } of this.#polled) {
      if (port === undefined || !outputs || outputs.has(port)) poller.soon()
    }
  }

  /** Polls no more. */
  stop(): void {
    for (const { poller } of this.#polled) poller.stop()
    this.#polled = []
  }

  /** Takes in a reading that the device pushed. */
  pushed(reading: unknown): void {
    const { live } = this.#options.link
    if (live) this.#take(live, reading)
  }

  async #poll(live: Live, group: Pick<LiveGroup, 'read'> | undefined): Promise<void> {
    const { clock, definition, diagnostics, link } = this.#options
    if (live !== link.live) return
    diagnostics.count('requestCount')
    const begun = clock.monotonic()
    try {
      const reading = await withDeadline(() => (group ? group.read() : live.connection.read?.()), {
        clock,
        timeoutMs: definition.timeoutMs,
        what: `${definition.id}.read`,
        signals: [live.signal],
      })
      if (live === link.live) this.#take(live, reading, clock.monotonic() - begun)
    } catch (error) {
      if (live === link.live) this.#notRead(live, failureOf(error))
    }
  }

  #take(live: Live, reading: unknown, roundTripMs?: number): void {
    const { clock, diagnostics, link, publish, tags } = this.#options
    const taken = takeReading(tags, reading, clock.now())
    if ('fact' in taken) {
      this.#notRead(live, taken)
      return
    }
    diagnostics.answered(roundTripMs)
    link.answered(live)
    publish(taken.samples)
    this.#options.onTaken()
    for (const name of taken.unknownPorts) {
      this.#tell(
        name.slice(0, 100),
        `the device gave a value for ${name.slice(0, 100)}, which is not among its outputs`,
      )
    }
    for (const name of taken.stated) this.#tellTrouble(name, (reading as Record<string, unknown>)[name])
  }

  #notRead(live: Live, failure: Failure): void {
    const { clock, diagnostics, link, publish, tags } = this.#options
    diagnostics.count('errorCount')
    diagnostics.error(failure.message)
    if (failure.fact === 'answered') publish(tags.refuse(failure.status, clock.now()))
    link.failed(live, failure)
  }

  /** Why a single reading failed stands in no status, so it is told; likewise that the device could not keep all values. */
  #tellTrouble(port: string, value: unknown): void {
    if (value instanceof ReadingFailed) {
      const message = `${port}: ${failureOf(value).message}`
      if (this.#tell(port, message)) this.#options.diagnostics.error(message)
    } else if (value instanceof StatedReading && (value.status & overflowBits) === overflowBits) {
      this.#tell(port, `${port}: values were lost, because the queue in the device was full; make it longer`)
    }
  }

  /** Tells something about a port, but the same thing only once; says whether it was told. */
  #tell(port: string, message: string): boolean {
    const told = this.#toldByPort
    if (told.get(port) === message || (!told.has(port) && told.size >= toldPortsMax)) return false
    told.set(port, message)
    this.#options.log.warn(message)
    return true
  }
}
