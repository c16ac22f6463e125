import { ReadingFailed, Status } from 'millrace/plugin'
import { shaped } from './ports.ts'
import { gaussian, keyOf, uniform } from './random.ts'
import type { Recording } from './recording.ts'
import { type Given, isNumber, type SignalsConfig, type TagEntry } from './settings.ts'
import { hasEnd, type Signal, signalOf } from './waves.ts'

/** What a generator needs besides its configuration. */
export interface GeneratorParts {
  /** When the device was connected, in milliseconds since 1970 UTC. */
  readonly connectedAt: number
  recording(tag: TagEntry): Recording
}

/** A reading of one tag. */
export type Reading = Given | null | ReadingFailed

/** A value on its way to a setpoint: at `at` it was `from`. */
interface Approach {
  readonly at: number
  readonly from: number
  readonly to: number
}

/** Makes the values of all tags. Only what was written is remembered; everything else follows from the seed and the time. */
export class Generator {
  readonly #tags: readonly { readonly tag: TagEntry; readonly read: (now: number) => Reading }[]
  readonly #setpoints = new Map<string, Given>()
  readonly #approachByTag = new Map<string, Approach>()
  readonly #followers: readonly TagEntry[]

  constructor({ seed, begin, tags }: SignalsConfig, parts: GeneratorParts) {
    this.#followers = tags.filter(({ signal }) => signal === 'follow')
    for (const tag of tags) if (tag.signal === 'setpoint') this.#setpoints.set(tag.name, firstOf(tag))
    for (const { name, follows = '' } of this.#followers) {
      const to = Number(this.#setpoints.get(follows) ?? 0)
      this.#approachByTag.set(name, { at: parts.connectedAt, from: to, to })
    }
    this.#tags = tags.map((tag) => {
      const recording = tag.signal === 'replay' ? parts.recording(tag) : undefined
      const origin = begin === 'connect' || hasEnd(tag) ? parts.connectedAt : 0
      const signal = signalOf(tag, { seed, recording })
      return { tag, read: this.#reader(tag, { seed, signal, origin }) }
    })
  }

  /** The readings of all tags at a time in milliseconds since 1970 UTC. */
  read(now: number): Record<string, Reading> {
    return Object.fromEntries(this.#tags.map(({ tag, read }) => [tag.name, read(now)]))
  }

  /** Takes in a setpoint; what follows it sets out from where it is. */
  write(name: string, value: Given, now: number): void {
    this.#setpoints.set(name, value)
    for (const tag of this.#followers) {
      if (tag.follows !== name) continue
      this.#approachByTag.set(tag.name, { at: now, from: this.#approached(tag, now), to: Number(value) })
    }
  }

  #reader(
    tag: TagEntry,
    { seed, signal, origin }: { readonly seed: number; readonly signal: Signal; readonly origin: number },
  ): (now: number) => Reading {
    const source = this.#sourceOf(tag, signal, origin)
    const isDropped = dropsOf(tag, seed)
    const noiseKey = keyOf(seed, tag.name, 'noise')
    const hasNoise = tag.noise > 0 && isNumber(tag)
    const dropped = new ReadingFailed(`${tag.name} is dropped, as its configuration wants it`, {
      status: Status[tag.dropStatus],
    })
    return (now) => {
      if (isDropped(now)) return dropped
      const value = source(now)
      if (value === null) return null
      return shaped(tag, hasNoise ? Number(value) + tag.noise * gaussian(noiseKey, Math.floor(now - origin)) : value)
    }
  }

  #sourceOf(tag: TagEntry, signal: Signal, origin: number): Signal {
    if (tag.signal === 'setpoint') return () => this.#setpoints.get(tag.name) ?? null
    if (tag.signal === 'follow') return (now) => this.#approached(tag, now)
    return (now) => signal(Math.max(0, now - origin))
  }

  /** First-order lag: the distance to the setpoint falls to 1/e within the time constant. */
  #approached({ name, lag }: TagEntry, now: number): number {
    const { at, from, to } = this.#approachByTag.get(name) ?? { at: 0, from: 0, to: 0 }
    return lag === 0 ? to : to + (from - to) * Math.exp(-Math.max(0, now - at) / (lag * 1000))
  }
}

function firstOf(tag: TagEntry): Given {
  return shaped(tag, tag.value ?? tag.choices?.[0] ?? tag.offset)
}

/** Whether a tag is Bad at a time: the share of the stretches of `dropFor` in which it is, is `dropout`. */
function dropsOf({ name, dropout, dropFor }: TagEntry, seed: number): (now: number) => boolean {
  const key = keyOf(seed, name, 'drop')
  return (now) => dropout > 0 && uniform(key, Math.floor(now / (dropFor * 1000))) < dropout / 100
}
