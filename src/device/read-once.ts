import type { Clock } from '../model/clock.ts'
import type { TagSample } from '../model/sample.ts'
import { Status } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import type { Logger } from '../plugin/define.ts'
import { ReadingFailed } from '../plugin/facts.ts'
import { withDeadline } from './deadline.ts'
import type { DeviceEntry } from './devices.ts'
import { type Failure, failureOf } from './failure.ts'
import { Link, type LinkChange } from './link.ts'
import type { Live } from './live-connection.ts'
import { pollGroups } from './poll-groups.ts'
import { TagSamples } from './tag-samples.ts'
import { takeReading } from './take-reading.ts'

/** How a device is read once. */
export interface ReadOnceOptions {
  readonly clock: Clock
  readonly log: Logger
  /** The plant's folder for certificates and keys. */
  readonly certificatesFolder?: string | undefined
  /** Ends it early when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

/** What came of reading a device once. */
export interface ReadOnce {
  /** `notRead` was connected, and then did not answer or refused; `cancelled` was ended by the signal. */
  readonly outcome: 'read' | 'notRead' | 'notConnected' | 'cancelled'
  /** Why it was not read. */
  readonly failure?: Failure | undefined
  /** How long connecting took. */
  readonly connectMs: number
  /** How long reading took, all groups together; absent when there was no connection. */
  readonly readMs?: number
  /** The tags that the device measures, with what was read of them. */
  readonly samples: readonly TagSample[]
}

/**
 * Connects to a device, reads everything once, and closes it again. Nothing is written and no method is called; each step has
 * the device's own timeout. It never rejects.
 *
 * A device that pushes counts as read when every tag has come, {@link restMs} after its first reading, or when none came within
 * the timeout.
 */
export async function readOnce(entry: DeviceEntry, options: ReadOnceOptions): Promise<ReadOnce> {
  const reader = new Reader(entry, options)
  const end = () => void reader.close()
  options.signal?.addEventListener('abort', end)
  try {
    return await reader.read()
  } finally {
    options.signal?.removeEventListener('abort', end)
    await reader.close()
  }
}

/** How long a device that pushes may take for the tags that were not in its first reading. */
const restMs = 500

class Reader {
  readonly #entry: DeviceEntry
  readonly #options: ReadOnceOptions
  readonly #tags: TagSamples
  readonly #link: Link
  /** Resolves when the link is up, or will not be. */
  readonly #decided: Promise<void>
  #decide = (): void => {}
  #onReading = (): void => {}
  #hasReading = false
  #wasConnected = false
  #failure: Failure | undefined

  constructor(entry: DeviceEntry, options: ReadOnceOptions) {
    const { definition, description, plugin } = entry
    const { clock, log, certificatesFolder } = options
    this.#entry = entry
    this.#options = options
    this.#tags = new TagSamples(description, clock.now())
    this.#decided = new Promise((resolve) => {
      this.#decide = resolve
    })
    this.#link = new Link({
      ...{ definition, plugin, clock, log, certificatesFolder, random: () => 0.5 },
      onChange: (change) => this.#changed(change),
      onReading: (reading) => this.#take(reading),
      onBreaker: () => {},
    })
  }

  async read(): Promise<ReadOnce> {
    const { clock, signal } = this.#options
    const begun = clock.monotonic()
    if (signal?.aborted) return { ...this.#result(), connectMs: 0 }
    this.#link.enable()
    await this.#decided
    const connectedAt = clock.monotonic()
    const connectMs = connectedAt - begun
    const { live } = this.#link
    if (live) await (live.connection.readings ? this.#listen(live) : this.#poll(live))
    if (!this.#wasConnected) return { ...this.#result(), connectMs }
    return { ...this.#result(), connectMs, readMs: clock.monotonic() - connectedAt }
  }

  close(): Promise<void> {
    return this.#link.disable()
  }

  #result(): Pick<ReadOnce, 'outcome' | 'failure' | 'samples'> {
    const { id } = this.#entry.definition
    if (!this.#wasConnected) this.#tags.unreachable()
    const samples = this.#tags.measured.flatMap((name) => {
      const sample = this.#tags.latest(name)
      return sample ? [{ tag: ownerTag(id, name), sample }] : []
    })
    const isWhole = this.#hasReading && !this.#failure
    if (this.#options.signal?.aborted && !isWhole) return { outcome: 'cancelled', samples }
    if (!this.#failure) return { outcome: this.#wasConnected ? 'read' : 'notConnected', samples }
    return { outcome: this.#wasConnected ? 'notRead' : 'notConnected', failure: this.#failure, samples }
  }

  #changed({ to, failure }: LinkChange): void {
    if (to.name === 'Connected') this.#wasConnected = true
    this.#failure ??= failure
    if (to.name !== 'Connecting' || failure) this.#decide()
    if (!failure) return
    // There is no second attempt, and a device that pushes may be lost before it has said anything.
    void this.#link.disable()
    this.#onReading()
  }

  #take(reading: unknown): void {
    const taken = takeReading(this.#tags, reading, this.#options.clock.now())
    if ('fact' in taken) this.#failure ??= taken
    else for (const name of taken.unknownPorts) this.#options.log.warn(`gives ${name}, which is not among its outputs`)
    this.#hasReading = true
    this.#onReading()
  }

  async #listen({ signal }: Live): Promise<void> {
    const { clock } = this.#options
    await new Promise<void>((resolve) => {
      let cancel = clock.after(this.#entry.definition.timeoutMs, resolve)
      let hasBegun = false
      const end = () => {
        cancel()
        resolve()
      }
      this.#onReading = () => {
        if (this.#failure || (this.#hasReading && this.#unread().length === 0)) return end()
        if (hasBegun || !this.#hasReading) return
        hasBegun = true
        cancel()
        cancel = clock.after(restMs, resolve)
      }
      signal.addEventListener('abort', end)
      this.#onReading()
    })
  }

  async #poll(live: Live): Promise<void> {
    const { everyMs } = this.#entry.definition
    const outputs = this.#tags.measured
    const groups = pollGroups(live.connection, { everyMs, phaseMs: 0, outputs })
    for (const { group, outputs: names } of groups) {
      const failure = await this.#ask(live, () => (group ? group.read() : live.connection.read?.()))
      if (!failure) continue
      this.#failure ??= failure
      // A device that refused has answered, and may not refuse the rest.
      const isLost = failure.fact !== 'answered'
      this.#failed(failure, isLost || !names ? this.#unread() : names)
      if (isLost) return
    }
  }

  async #ask(live: Live, read: () => unknown): Promise<Failure | undefined> {
    const { clock, signal } = this.#options
    const { id, timeoutMs } = this.#entry.definition
    const signals = [live.signal, signal]
    try {
      this.#take(await withDeadline(read, { clock, timeoutMs, what: `${id}.read`, signals }))
      return undefined
    } catch (error) {
      return failureOf(error)
    }
  }

  #unread(): readonly string[] {
    return this.#tags.measured.filter((name) => this.#tags.latest(name)?.status === Status.BadWaitingForInitialData)
  }

  #failed({ message, status }: Failure, names: Iterable<string>): void {
    const failed = new ReadingFailed(message, { status })
    this.#tags.take(Object.fromEntries([...names].map((name) => [name, failed])), this.#options.clock.now())
  }
}
