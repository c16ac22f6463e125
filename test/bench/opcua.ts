import { measureBrowse, measureCall, measureEvents, measureReads, measureSubscription } from './opcua-measure.ts'
import { Child } from './opcua-process.ts'
import { measureStart } from './opcua-start.ts'
import type { Benchmark, Row } from './report.ts'

/** Variables that each server has. */
const count = 10_000

/** Both servers, listening, and the client that is connected to each. */
export interface Sides {
  readonly client: Child
  readonly ours: Child
  readonly bare: Child
}

/**
 * The OPC UA server against a *bare* one: the stack as it comes, with as many plain variables of the same NodeIds. Both run all the
 * time and are asked in turns by one client, each of the three in a process of its own.
 */
export const opcua: Benchmark = async ({ isQuick }) => {
  const options = isQuick ? { repetitions: 5, forMs: 300 } : { repetitions: 5, forMs: 1000 }
  const starts = await measureStart(isQuick ? 3 : 5)
  const sides = {
    client: new Child('opcua-client.ts'),
    ours: new Child('opcua-server.ts'),
    bare: new Child('opcua-server.ts'),
  }
  try {
    await prepare(sides)
    const reads = await measureReads(sides, options)
    const calls = await measureCall(sides, options)
    const browse = await measureBrowse(sides, isQuick ? 1 : 3)
    const windowMs = isQuick ? 1500 : 3000
    const many = await measureSubscription(sides, {
      count: 10_000,
      hertz: 1,
      windowMs,
      repetitions: options.repetitions,
    })
    const fast = await measureSubscription(sides, {
      count: 1000,
      hertz: 10,
      windowMs,
      repetitions: options.repetitions,
    })
    const events = await measureEvents(sides, options)
    const rows = [...reads, ...calls, ...browse, ...many, ...fast, ...events, ...starts]
    return { rows, wanted: wantedOf(rows) }
  } finally {
    await Promise.all(Object.values(sides).map((side) => side.end()))
  }
}

async function prepare({ client, ours, bare }: Sides): Promise<void> {
  for (const [who, server] of Object.entries({ bare, ours })) {
    const port = await server.ask<number>('start', { who, count, kind: 'plain' })
    await client.ask('knock', { port })
    await server.ask('trust', await client.ask<string>('thumbprint'))
    await client.ask('connect', { who, port, count })
  }
}

/** What was wanted, and what came of it. */
function wantedOf(rows: readonly Row[]) {
  const ratioOf = (name: string): number => rows.find((row) => row.name === name)?.ratio?.bare ?? Number.NaN
  const valueAt = (name: string): number => rows.find((row) => row.name === name)?.value ?? Number.NaN
  const atLeast = (name: string, limit: number) => ({
    text: `${name}: at least ${limit} of the bare server: ${ratioOf(name)}`,
    isReached: ratioOf(name) >= limit,
  })
  return [
    ...rows
      .filter(({ name, unit }) => name.startsWith('read') && unit.endsWith('/s'))
      .map(({ name }) => atLeast(name, 0.9)),
    ...rows.filter(({ name }) => name.endsWith('delivered')).map(({ name }) => atLeast(name, 0.9)),
    ...['heap', 'RSS'].map((kind) => {
      const name = `${kind} of a plain variable`
      return { text: `${name}: at most 1.5 times: ${ratioOf(name)}`, isReached: ratioOf(name) <= 1.5 }
    }),
    {
      text: `5 000 tags with unit and range ready in under 10 s: ${valueAt('5 000 analog variables ready')} s`,
      isReached: valueAt('5 000 analog variables ready') < 10,
    },
  ]
}
