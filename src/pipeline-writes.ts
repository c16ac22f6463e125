import type { Cancel, Clock } from './model/clock.ts'
import type { ConnectionState, PlantEvent } from './model/event.ts'
import type { ProgramState } from './model/program.ts'
import type { TagSample } from './model/sample.ts'
import { Status } from './model/status.ts'
import type { Value } from './model/value.ts'

/** What the writes of pipelines need from the plant. */
export interface PipelineWritesHost {
  readonly clock: Clock
  /** Writes a device tag and resolves to its status; never rejects. */
  write(tag: string, value: Value, options: { initiator: string; isRoutine: true }): Promise<number>
  /** State of the connection of the device that a tag belongs to. */
  connectionOf(tag: string): ConnectionState | undefined
  stateOf(pipeline: string): ProgramState | undefined
}

interface Wanted {
  readonly pipeline: string
  readonly value: Value
  /** Whether it waits for its next attempt. */
  isDue: boolean
  /** Whether somebody was told, by an event of the device, that it was not possible. */
  isTold: boolean
}

/** How soon a write is tried again that the device could not take. */
const retryMs = 250

/** Statuses of writes on which the device itself has not decided. */
const undecided: ReadonlySet<number> = new Set([
  Status.BadNotConnected,
  Status.BadNoCommunication,
  Status.BadTimeout,
  Status.BadCommunicationError,
  Status.BadResourceUnavailable,
])

/**
 * The writes of pipelines on their way to devices.
 *
 * A pipeline writes a tag when its source changes, which may be once and for all. What a device could not take because it was
 * not there is therefore written when it is there again: the newest value only, and only while the run that wanted it goes on.
 * What a device has refused is not written again. A device that is just being connected, as at the start of the plant, is waited
 * for in silence; a write that any other device without a link could not take is told once.
 */
export class PipelineWrites {
  readonly #host: PipelineWritesHost
  readonly #wanted = new Map<string, Wanted>()
  #cancel: Cancel | undefined
  #isClosed = false

  constructor(host: PipelineWritesHost) {
    this.#host = host
  }

  /** Writes what a pipeline wants now. */
  write(samples: readonly TagSample[], pipeline: string): void {
    for (const { tag, sample } of samples) {
      const wanted = { pipeline, value: sample.value, isDue: false, isTold: false }
      if (this.#host.connectionOf(tag) === 'Connected') this.#send(tag, wanted)
      else this.#wait(tag, wanted)
    }
  }

  /** A run that is over wants nothing any more. */
  happened(event: PlantEvent): void {
    if (event.kind !== 'programTransitioned' || (event.to !== 'Ready' && event.to !== 'Halted')) return
    for (const [tag, { pipeline }] of this.#wanted) if (pipeline === event.pipeline) this.#wanted.delete(tag)
  }

  /** Writes nothing again. */
  close(): void {
    this.#isClosed = true
    this.#cancel?.()
    this.#wanted.clear()
  }

  #send(tag: string, wanted: Wanted): void {
    wanted.isTold = true
    this.#wanted.set(tag, wanted)
    const options = { initiator: `pipeline:${wanted.pipeline}`, isRoutine: true } as const
    void this.#host.write(tag, wanted.value, options).then((status) => {
      if (this.#wanted.get(tag) !== wanted) return
      if (undecided.has(status)) this.#wait(tag, wanted)
      else this.#wanted.delete(tag)
    })
  }

  #wait(tag: string, wanted: Wanted): void {
    if (this.#isClosed) return
    wanted.isDue = true
    this.#wanted.set(tag, wanted)
    this.#cancel ??= this.#host.clock.after(retryMs, () => this.#retry())
  }

  #retry(): void {
    this.#cancel = undefined
    for (const [tag, wanted] of [...this.#wanted]) {
      if (!wanted.isDue) continue
      if (this.#maySend(tag, wanted)) this.#send(tag, { ...wanted, isDue: false })
      else this.#wait(tag, wanted)
    }
  }

  #maySend(tag: string, { pipeline, isTold }: Wanted): boolean {
    if (this.#host.stateOf(pipeline) !== 'Running') return false
    const connection = this.#host.connectionOf(tag)
    return connection === 'Connected' || (connection !== 'Connecting' && !isTold)
  }
}
