import type { DeviceDescription, Port } from '../model/port.ts'
import { bad, good, type Sample, type TagSample } from '../model/sample.ts'
import { isBad, Status } from '../model/status.ts'
import { ownerTag } from '../model/tag.ts'
import type { Value } from '../model/value.ts'
import { ReadingFailed } from '../plugin/facts.ts'
import { StatedReading } from '../plugin/reading.ts'
import { type NumberSpan, numberSpanOf, readingSample } from './port-value.ts'

interface Tag {
  readonly tag: string
  readonly port: Port
  /** Whether the device measures it; otherwise it only shows what was written last. */
  readonly isMeasured: boolean
  /** Numbers that are Good without another look. */
  readonly usual: NumberSpan | undefined
  sample: Sample
  /** Last value written to a tag that is not measured. */
  accepted?: Sample | undefined
  /** Monotonic time at which a status that belongs to a lost link becomes BadNoCommunication. */
  until?: number | undefined
}

/** What came of a reading. */
export interface Taken {
  readonly samples: readonly TagSample[]
  readonly unknownPorts: readonly string[]
  readonly stated: readonly string[]
}

/**
 * The latest samples of a device's tags, and what each turn of its link makes of them (information-model 5.5).
 *
 * Every method returns the samples that changed. A status that comes from the link leaves the source time alone: it stays
 * the time of the last value that the device gave.
 */
export class TagSamples {
  readonly #device: string
  readonly #tags = new Map<string, Tag>()

  /** All tags begin as BadWaitingForInitialData at `now`. */
  constructor(description: Pick<DeviceDescription, 'id' | 'outputs' | 'inputs'>, now: number) {
    this.#device = description.id
    const measured = new Set(description.outputs.map(({ name }) => name))
    for (const port of [...description.outputs, ...description.inputs]) {
      if (this.#tags.has(port.name)) continue
      this.#tags.set(port.name, {
        tag: ownerTag(description.id, port.name),
        port,
        isMeasured: measured.has(port.name),
        usual: numberSpanOf(port),
        sample: bad(Status.BadWaitingForInitialData, now, description.id),
      })
    }
  }

  /** The latest sample of a port. */
  latest(port: string): Sample | undefined {
    return this.#tags.get(port)?.sample
  }

  /** The latest samples of all tags. */
  all(): readonly TagSample[] {
    return [...this.#tags.values()].map(({ tag, sample }) => ({ tag, sample }))
  }

  /** Names of the tags that the device measures. */
  get measured(): readonly string[] {
    return this.#measured().map(({ port }) => port.name)
  }

  /**
   * Takes in a reading: a tag without a value keeps its sample. `unknownPorts` are names that the device does not declare as
   * outputs; `stated` are those with a failure or a status of their own in place of a plain value.
   */
  take(reading: Readonly<Record<string, unknown>>, time: number): Taken {
    const [samples, unknownPorts, stated]: [TagSample[], string[], string[]] = [[], [], []]
    const at = { time, cause: this.#device }
    for (const name of Object.keys(reading)) {
      const value = reading[name]
      if (value === undefined) continue
      const tag = this.#tags.get(name)
      if (!tag?.isMeasured) {
        unknownPorts.push(name)
      } else if (isUsual(tag, value)) {
        samples.push(set(tag, good(value, time)))
      } else {
        samples.push(set(tag, readingSample(tag.port, value, at)))
        if (value instanceof ReadingFailed || value instanceof StatedReading) stated.push(name)
      }
    }
    return { samples, unknownPorts, stated }
  }

  /** Takes in a value that the device accepted; a measured tag waits for its next reading. */
  accept(port: string, value: Value, time: number): readonly TagSample[] {
    const tag = this.#tags.get(port)
    if (!tag || tag.isMeasured) return []
    tag.accepted = good(value, time)
    return [set(tag, tag.accepted)]
  }

  /** The device answered that it has no reading: all measured tags get its status, now. */
  refuse(status: number, time: number): readonly TagSample[] {
    return this.#measured().map((tag) => set(tag, bad(status, time, this.#device)))
  }

  /** The link is up: tags that only show what was written have their last value again, with doubt, because the device may have restarted. */
  connected(): readonly TagSample[] {
    return this.#unmeasured().map((tag) =>
      set(
        tag,
        tag.accepted
          ? { ...tag.accepted, status: Status.UncertainLastUsableValue, cause: this.#device }
          : bad(Status.BadWaitingForInitialData, tag.sample.sourceTime, this.#device),
      ),
    )
  }

  /**
   * The link was lost. A usable value is kept as UncertainNoCommunicationLastUsableValue for `holdMs`; a tag without one gets
   * `status` for `statusMs`, so that its reason can be seen. After that both are BadNoCommunication.
   */
  lost(loss: { status: number; holdMs: number; statusMs: number; monotonic: number }): readonly TagSample[] {
    return this.#changing((tag) => {
      const { sample } = tag
      if (tag.until !== undefined || sample.status === Status.BadNoCommunication) return sample
      const isHeld = !isBad(sample.status) && loss.holdMs > 0
      tag.until = loss.monotonic + (isHeld ? loss.holdMs : loss.statusMs)
      return isHeld
        ? { ...sample, status: Status.UncertainNoCommunicationLastUsableValue, cause: this.#device }
        : bad(loss.status, sample.sourceTime, this.#device)
    })
  }

  /** An attempt to connect has failed: what is not held any more is BadNoCommunication. */
  unreachable(): readonly TagSample[] {
    return this.#changing((tag) => (isBad(tag.sample.status) ? this.#gone(tag) : tag.sample))
  }

  /** What was held long enough is BadNoCommunication. */
  expire(monotonic: number): readonly TagSample[] {
    return this.#changing((tag) => (tag.until !== undefined && tag.until <= monotonic ? this.#gone(tag) : tag.sample))
  }

  /** Monotonic time of the next {@link expire} that does something. */
  get nextExpiry(): number | undefined {
    let next: number | undefined
    for (const { until } of this.#tags.values()) {
      if (until !== undefined && (next === undefined || until < next)) next = until
    }
    return next
  }

  /** All tags lose their value: BadOutOfService for a disabled device, BadWaitingForInitialData for one that is enabled again. */
  withdraw(status: number): readonly TagSample[] {
    return this.#changing((tag) => {
      tag.until = undefined
      return bad(status, tag.sample.sourceTime, this.#device)
    })
  }

  #gone(tag: Tag): Sample {
    tag.until = undefined
    return bad(Status.BadNoCommunication, tag.sample.sourceTime, this.#device)
  }

  #changing(next: (tag: Tag) => Sample): readonly TagSample[] {
    const changed: TagSample[] = []
    for (const tag of this.#tags.values()) {
      const before = tag.sample
      tag.sample = next(tag)
      if (tag.sample !== before && tag.sample.status !== before.status)
        changed.push({ tag: tag.tag, sample: tag.sample })
    }
    return changed
  }

  #measured(): Tag[] {
    return [...this.#tags.values()].filter(({ isMeasured }) => isMeasured)
  }

  #unmeasured(): Tag[] {
    return [...this.#tags.values()].filter(({ isMeasured }) => !isMeasured)
  }
}

/** Spares most readings the way through all checks: this is done for each tag of each poll. */
function isUsual({ usual }: Tag, value: unknown): value is number {
  if (usual === undefined || typeof value !== 'number' || !(value >= usual.low && value <= usual.high)) return false
  return !usual.isWhole || Number.isInteger(value)
}

function set(tag: Tag, sample: Sample): TagSample {
  tag.sample = sample
  tag.until = undefined
  return { tag: tag.tag, sample }
}
