import type { ReadBack } from './history-client.ts'
import type { Watched } from './history-server.ts'
import { Child } from './opcua-process.ts'
import { median, type Row, row } from './report.ts'

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

interface Round extends Watched {
  readonly delivered: number
  readonly read: ReadBack | undefined
}

/**
 * A client reads a long history while another one is subscribed; *quiet* is the same server and subscription for as long, without
 * the reader. Server and clients are processes of their own.
 */
export async function measureServing(options: ServingCase): Promise<ServingResult> {
  const server = new Child('history-server.ts')
  const [reader, subscriber] = [new Child('history-client.ts'), new Child('history-client.ts')]
  try {
    const port = await server.ask<number>('start', { samples: options.samples, count: options.items })
    await Promise.all([reader, subscriber].map((client) => client.ask('connect', port)))
    await subscriber.ask('subscribe', options.items)
    const side = { server, subscriber, changing: { count: options.items, hertz: options.hertz } }
    const rounds: { reading: Round[]; quiet: Round[] } = { reading: [], quiet: [] }
    // Memory that was needed once is not always given back: what there was before the first read is what counts.
    const { rss: before } = await watched(side, () => pause(warmUpMs))
    const { read, rss: first } = await watched(side, () => reader.ask<ReadBack>('readAll'))
    for (let turn = 0; turn < options.repetitions; turn++) {
      rounds.quiet.push(await watched(side, () => pause(read?.ms ?? warmUpMs)))
      rounds.reading.push(await watched(side, () => reader.ask<ReadBack>('readAll')))
    }
    const most = Math.max(first, ...rounds.reading.map(({ rss }) => rss))
    return resultOf(options, rounds, { before, most })
  } finally {
    await Promise.all([server, reader, subscriber].map((each) => each.end()))
  }
}

async function pause(ms: number): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

interface Side {
  readonly server: Child
  readonly subscriber: Child
  readonly changing: { readonly count: number; readonly hertz: number }
}

async function watched(
  { server, subscriber, changing }: Side,
  work: () => Promise<ReadBack | undefined>,
): Promise<Round> {
  const before = await subscriber.ask<number>('notifications')
  await server.ask('begin', changing)
  const read = await work()
  const found = await server.ask<Watched>('end')
  // What was offered last is still on its way.
  await pause(drainMs)
  return { ...found, delivered: (await subscriber.ask<number>('notifications')) - before, read }
}

function resultOf(
  { samples, items, hertz }: ServingCase,
  { reading, quiet }: { readonly reading: readonly Round[]; readonly quiet: readonly Round[] },
  rss: { readonly before: number; readonly most: number },
): ServingResult {
  const middle = (rounds: readonly Round[], of: (round: Round) => number): number => median(rounds.map(of))
  const both = (name: string, unit: string, of: (round: Round) => number): Row =>
    row(name, unit, middle(reading, of), { quiet: middle(quiet, of) })
  const share = ({ delivered, changes }: Round): number => (delivered / changes) * 100
  const megabytes = (bytes: number): number => bytes / 1024 / 1024
  const rate = middle(reading, ({ read }) => ((read?.count ?? 0) / (read?.ms ?? 1)) * 1000)
  const cpu = (middle(reading, (round) => round.cpu) - middle(quiet, (round) => round.cpu)) / samples
  const wrong = reading.find(({ read }) => read?.count !== samples)
  if (wrong) throw new Error(`${samples} samples were to be read, ${wrong.read?.count} came`)
  return {
    rows: [
      row(`a client reads ${samples} samples over OPC UA`, 'values/s', rate),
      row('  CPU time of the server for it', 'µs/value', cpu),
      both(`  event-loop delay p99, ${items} items at ${hertz} Hz`, 'ms', ({ delayP99 }) => delayP99),
      both('  event-loop delay, the longest', 'ms', ({ delayMax }) => delayMax),
      both('  notifications delivered of those offered', '%', share),
      row('  RSS at its most', 'MB', megabytes(rss.most), { quiet: megabytes(rss.before) }),
    ],
    delayP99: middle(reading, ({ delayP99 }) => delayP99),
    delivered: middle(reading, share),
    memoryGrowth: rss.most - rss.before,
  }
}
