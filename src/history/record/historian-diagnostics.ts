import type { Cancel, Clock } from '../../model/clock.ts'
import { diagnosticTag, historianDiagnostics, historianOwner } from '../../model/diagnostics.ts'
import { bad, good, type Sample, type TagSample } from '../../model/sample.ts'
import { Status } from '../../model/status.ts'
import type { Value } from '../../model/value.ts'
import type { HistorianHealth } from './recorder.ts'

/** What the diagnostics tell; `undefined` is not known. */
export interface HistorianFigures extends HistorianHealth {
  readonly tags: number
  readonly events: { readonly recorded: number; readonly lost: number }
  readonly databaseSize: number | undefined
  readonly freeSpace: number | undefined
}

/** Pause between two looks at the figures, in milliseconds. */
const everyMs = 1000

/** What the historian tells about itself as samples: once a second what is different from before. */
export class HistorianDiagnostics {
  readonly #clock: Clock
  readonly #figures: () => HistorianFigures
  readonly #publish: (samples: readonly TagSample[]) => void
  readonly #samples = new Map<string, Sample>()
  #timer: Cancel | undefined

  constructor(options: {
    readonly clock: Clock
    readonly figures: () => HistorianFigures
    readonly publish: (samples: readonly TagSample[]) => void
  }) {
    this.#clock = options.clock
    this.#figures = options.figures
    this.#publish = options.publish
  }

  /** The newest sample of a diagnostic by its tag, such as `@historian#state`. */
  latest(tag: string): Sample | undefined {
    if (!tag.startsWith(historianOwner)) return undefined
    if (this.#samples.size === 0) this.flush()
    return this.#samples.get(tag)
  }

  start(): void {
    this.flush()
    this.#timer ??= this.#clock.after(everyMs, () => {
      this.#timer = undefined
      this.start()
    })
  }

  /** Publishes what has changed, at once. */
  flush(): void {
    const time = this.#clock.now()
    const changed: TagSample[] = []
    const figures = this.#figures()
    for (const { name } of historianDiagnostics) {
      const tag = diagnosticTag(historianOwner, name)
      const value = figureOf(name, figures)
      const before = this.#samples.get(tag)
      if (before && isSame(before.value, value)) continue
      const sample = value === null ? bad(Status.BadWaitingForInitialData, time) : good(value, time)
      this.#samples.set(tag, sample)
      changed.push({ tag, sample })
    }
    if (changed.length > 0) this.#publish(changed)
  }

  /** Publishes the last word and nothing after that. */
  stop(): void {
    this.#timer?.()
    this.#timer = undefined
    this.flush()
  }
}

/** Counters are UInt32 and wrap around. */
function figureOf(name: string, figures: HistorianFigures): Value {
  switch (name) {
    case 'state':
      return figures.state
    case 'reason':
      return figures.reason ?? ''
    case 'recordedCount':
      return figures.recorded >>> 0
    case 'waitingCount':
      return figures.waiting >>> 0
    case 'lostCount':
      return figures.lost >>> 0
    case 'recordedEventCount':
      return figures.events.recorded >>> 0
    case 'lostEventCount':
      return figures.events.lost >>> 0
    case 'gapCount':
      return figures.gaps >>> 0
    case 'tagCount':
      return figures.tags >>> 0
    case 'lastWriteTime':
      return figures.lastWriteTime === undefined ? null : new Date(figures.lastWriteTime)
    case 'databaseSize':
      return figures.databaseSize ?? null
    case 'freeSpace':
      return figures.freeSpace ?? null
    default:
      return null
  }
}

function isSame(one: Value, other: Value): boolean {
  return one instanceof Date && other instanceof Date ? one.getTime() === other.getTime() : one === other
}
