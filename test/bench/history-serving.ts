import type { ReadBack } from './history-client.ts'
import type { Watched } from './history-server.ts'
import { Child } from './opcua-process.ts'
import { median, percentile, type Row, row } from './report.ts'

/** Samples that are read, and items that change meanwhile. */
export interface ServingCase {
  readonly samples: number
  readonly items: number
  readonly hertz: number
  readonly repetitions: number
}

/** What serving has shown. */
export interface ServingResult {
  readonly rows: readonly Row[]
  readonly delayP99: number
  /** Percent of the notifications that were offered. */
  readonly delivered: number
  /** Bytes that are resident at most, more than without the reader. */
  readonly memoryGrowth: number
}

/** How long the last notifications are waited for. */
const drainMs = 1000
const warmUpMs = 3000
/** Aggregates of everything that one round asks for, one after the other: one alone is over too soon. */
const aggregations = 10

/** What the reader does in a round. */
const works = {
  raw: (reader: Child) => reader.ask<ReadBack>('readAll'),
  aggregate: (reader: Child) => reader.ask<ReadBack>('aggregateAll', aggregations),
}
type Work = keyof typeof works

interface Round extends Watched {
  readonly delivered: number
  /** How far the times between what was published were from the usual one at p99, in milliseconds. */
  readonly jitter: number
  readonly read: ReadBack | undefined
}

/** Rounds of one work. */
interface Rounds {
  readonly ours: Round[]
  readonly inline: Round[]
}

/**
 * A client reads a long history, or has it aggregated, while another one is subscribed. *quiet* is the same server and subscription for
 * as long, without the reader; *inline* a server that decodes and computes everything in the thread that publishes. Servers and clients
 * are processes of their own.
 */
export async function measureServing(options: ServingCase): Promise<ServingResult> {
  const [ours, inline] = [new Side(options), new Side(options)]
  try {
    await ours.start(false)
    await inline.start(true)
    const quiet: Round[] = []
    const rounds: Record<Work, Rounds> = { raw: { ours: [], inline: [] }, aggregate: { ours: [], inline: [] } }
    // Memory that was needed once is not always given back: what there was before the first read is what counts.
    const { rss: before } = await ours.watched(() => pause(warmUpMs))
    const { read, rss: first } = await ours.watched(works.raw)
    for (let turn = 0; turn < options.repetitions; turn++) {
      quiet.push(await ours.watched(() => pause(read?.ms ?? warmUpMs)))
      for (const work of ['raw', 'aggregate'] as const) {
        rounds[work].ours.push(await ours.watched(works[work]))
        rounds[work].inline.push(await inline.watched(works[work]))
      }
    }
    const most = Math.max(first, ...[...rounds.raw.ours, ...rounds.aggregate.ours].map(({ rss }) => rss))
    return resultOf(options, { ...rounds, quiet }, { before, most })
  } finally {
    await Promise.all([ours.end(), inline.end()])
  }
}

async function pause(ms: number): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

/** A server, and its clients. */
class Side {
  readonly #options: ServingCase
  readonly #server = new Child('history-server.ts')
  readonly #reader = new Child('history-client.ts')
  readonly #subscriber = new Child('history-client.ts')

  constructor(options: ServingCase) {
    this.#options = options
  }

  async start(isInline: boolean): Promise<void> {
    const { samples, items } = this.#options
    const port = await this.#server.ask<number>('start', { samples, count: items, isInline })
    await Promise.all([this.#reader, this.#subscriber].map((client) => client.ask('connect', port)))
    await this.#subscriber.ask('subscribe', items)
  }

  /** Watches the server and the subscriber while the reader works. */
  async watched(work: (reader: Child) => Promise<ReadBack | undefined>): Promise<Round> {
    const { items, hertz } = this.#options
    const [server, subscriber] = [this.#server, this.#subscriber]
    const before = await subscriber.ask<number>('notifications')
    await server.ask('begin', { count: items, hertz })
    await subscriber.ask('gaps')
    const read = await work(this.#reader)
    const gaps = await subscriber.ask<number[]>('gaps')
    const found = await server.ask<Watched>('end')
    // What was offered last is still on its way.
    await pause(drainMs)
    const usual = median(gaps)
    const strayed = gaps.map((gap) => Math.abs(gap - usual))
    const delivered = (await subscriber.ask<number>('notifications')) - before
    return { ...found, jitter: percentile(strayed, 0.99), delivered, read }
  }

  async end(): Promise<void> {
    await Promise.all([this.#server, this.#reader, this.#subscriber].map((each) => each.end()))
  }
}

function resultOf(
  { samples, items, hertz }: ServingCase,
  { raw, aggregate, quiet }: Record<Work, Rounds> & { readonly quiet: readonly Round[] },
  rss: { readonly before: number; readonly most: number },
): ServingResult {
  const middle = (rounds: readonly Round[], of: (round: Round) => number): number => median(rounds.map(of))
  const share = ({ delivered, changes }: Round): number => (delivered / changes) * 100
  const megabytes = (bytes: number): number => bytes / 1024 / 1024
  const rate = middle(raw.ours, ({ read }) => ((read?.count ?? 0) / (read?.ms ?? 1)) * 1000)
  const cpu = (middle(raw.ours, (round) => round.cpu) - middle(quiet, (round) => round.cpu)) / samples
  const wrong = raw.ours.find(({ read }) => read?.count !== samples)
  if (wrong) throw new Error(`${samples} samples were to be read, ${wrong.read?.count} came`)
  const rowsOf = ({ ours, inline }: Rounds): Row[] => {
    const all = (name: string, unit: string, of: (round: Round) => number): Row =>
      row(name, unit, middle(ours, of), { quiet: middle(quiet, of), inline: middle(inline, of) })
    return [
      all(`  event-loop delay p99, ${items} items at ${hertz} Hz`, 'ms', ({ delayP99 }) => delayP99),
      all('  event-loop delay, the longest', 'ms', ({ delayMax }) => delayMax),
      all('  jitter of publishing at the client, p99', 'ms', ({ jitter }) => jitter),
      all('  notifications delivered of those offered', '%', share),
      row(
        '  CPU time of the thread that publishes',
        'ms',
        middle(ours, ({ mainCpu }) => mainCpu / 1000),
        {
          inline: middle(inline, ({ mainCpu }) => mainCpu / 1000),
        },
      ),
    ]
  }
  const perAggregate = (rounds: readonly Round[]): number =>
    middle(rounds, ({ read }) => (read?.ms ?? 0) / aggregations)
  return {
    rows: [
      row(`a client reads ${samples} samples over OPC UA`, 'values/s', rate),
      row('  CPU time of the server for it', 'µs/value', cpu),
      ...rowsOf(raw),
      row(`a client has ${samples} samples averaged over OPC UA`, 'ms', perAggregate(aggregate.ours), {
        inline: perAggregate(aggregate.inline),
      }),
      ...rowsOf(aggregate),
      row('RSS at its most, in all of it', 'MB', megabytes(rss.most), { quiet: megabytes(rss.before) }),
    ],
    delayP99: Math.max(...[raw, aggregate].map(({ ours }) => middle(ours, ({ delayP99 }) => delayP99))),
    delivered: Math.min(...[raw, aggregate].map(({ ours }) => middle(ours, share))),
    memoryGrowth: rss.most - rss.before,
  }
}
