import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { Subject } from 'rxjs'
import { Historian } from '../../src/historian.ts'
import type { HistorianOptions } from '../../src/historian-options.ts'
import { HistoryStatus } from '../../src/history/history-status.ts'
import type { RunnablePlant } from '../../src/load-plant.ts'
import { systemClock } from '../../src/model/clock.ts'
import { diagnosticTag, historianOwner } from '../../src/model/diagnostics.ts'
import type { HistorianState, PlantEvent } from '../../src/model/event.ts'
import type { Sample, TagSample } from '../../src/model/sample.ts'
import { until } from '../kit/demo-plant.ts'
import { entriesOf, openIn, tagSample, temporaryFolder } from './kit.ts'

/** Time of the sample with the value 0: young enough to be kept. */
export const base = Date.now() - 60_000

/** A disk with room. */
export const roomy = { size: 1e12, free: 5e11 }

/** Pipeline `p` whose outputs all have a history. */
export function plantOf(outputs: readonly string[], deadband = 0): RunnablePlant {
  const definition = { outputs: outputs.map((name) => ({ name, history: { keepMs: 86_400_000, deadband } })) }
  const ports = outputs.map((name) => ({ name, dataType: 'Double', isArray: false, description: '' }))
  return { pipelines: [{ definition, description: { id: 'p', outputs: ports } }] } as unknown as RunnablePlant
}

/** A historian with short times in a folder of its own, and what it tells. */
export class HistorianRig {
  readonly folder: string
  readonly lines: string[] = []
  readonly events: PlantEvent[] = []
  readonly shown = new Map<string, Sample>()
  /** What is undone at the end, the last thing first. */
  readonly undo: (() => unknown)[] = []
  file: string
  space: { size: number; free: number } = roomy
  #historian: Historian | undefined
  readonly #samples = new Subject<readonly TagSample[]>()
  readonly #remove: () => Promise<void>

  private constructor(folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.folder = folder.path
    this.file = join(folder.path, 'data', 'history.db')
    this.#remove = folder.remove
  }

  static async make(): Promise<HistorianRig> {
    const rig = new HistorianRig(await temporaryFolder())
    await mkdir(rig.data)
    return rig
  }

  get data(): string {
    return join(this.folder, 'data')
  }

  get historian(): Historian {
    return this.#historian!
  }

  /** Begins to record. */
  async begin(options: Partial<HistorianOptions> = {}, plant = plantOf(['a', 'b'])): Promise<void> {
    this.#historian = new Historian({
      ...{ file: this.file, clock: systemClock },
      log: pino({ level: 'debug' }, { write: (line) => void this.lines.push(line) }),
      opening: { busyTimeoutMs: 50, retryMs: 50, replaceMs: 0 },
      recording: { batchAgeMs: 10, retryMs: 50 },
      guarding: { everyMs: 50, spaceOf: async () => this.space },
      ...options,
    })
    this.historian.events$.subscribe((event) => this.events.push(event))
    this.historian.samples$.subscribe((batch) => {
      for (const { tag, sample } of batch) this.shown.set(tag, sample)
    })
    await this.historian.use(plant)
    this.historian.follow(this.#samples)
  }

  /** Lets samples of a tag come, each `value` milliseconds after the base. */
  record(tag: string, ...values: readonly number[]): void {
    this.#samples.next(values.map((value) => tagSample(tag, base + value, value)))
  }

  async entries(tag: string) {
    const page = await this.historian.readPage({ tag, start: 0, end: Number.POSITIVE_INFINITY, limit: 100_000 })
    return entriesOf(page.samples as never)
  }

  async valuesOf(tag: string): Promise<unknown[]> {
    return (await this.entries(tag)).map(({ value }) => value)
  }

  /** Samples of p.a that are kept, and those that gaps stand for. */
  async accounted(): Promise<number> {
    const all = await this.entries('p.a')
    return all.reduce((sum, { status, value }) => sum + (status === HistoryStatus.BadDataLost ? Number(value) : 1), 0)
  }

  figure(name: string): unknown {
    return this.historian.latest(diagnosticTag(historianOwner, name))?.value
  }

  becomes(state: HistorianState): Promise<void> {
    return until(`it is ${state}`, () => this.figure('state') === state)
  }

  states(): string[] {
    return this.events.flatMap((event) => (event.kind === 'historianStateChanged' ? [event.state] : []))
  }

  lastMessage(): string | undefined {
    return this.events.filter((event) => event.kind === 'historianStateChanged').at(-1)?.message
  }

  /** Makes a sound history with three samples of p.a, and closes it. */
  async makeSound(): Promise<void> {
    const store = await openIn(this.data)
    await store.append([1, 2, 3].map((value) => tagSample('p.a', base + value, value)))
    await store.close()
  }

  async stop(): Promise<void> {
    await this.#historian?.close()
    for (const each of this.undo.reverse()) await each()
    await this.#remove()
  }
}
