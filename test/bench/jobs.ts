import type { Effort, Work } from './jobs-client.ts'
import { Child } from './opcua-process.ts'
import { type Benchmark, median, percentile, type Row, row } from './report.ts'

const inFlight = 16

type Efforts = Readonly<Record<'ours' | 'limit', readonly Effort[]>>

/**
 * Job orders through StoreAndStart to Ended, with a pipeline that does nearly nothing and a database that keeps every state: a whole
 * plant, over TCP. The *limit* is a stock server whose method writes as many rows as an order has states, each in a transaction that
 * is on the disk before the next, and the time to Running is compared with a Call that commits once. Plant, limit and client are
 * a process each; the two take turns.
 */
export const jobs: Benchmark = async ({ isQuick }) => {
  const client = new Child('jobs-client.ts')
  const sides = { ours: new Child('jobs-server.ts'), limit: new Child('jobs-limit.ts') }
  try {
    for (const [side, server] of Object.entries(sides)) {
      await client.ask('connect', { side, port: await server.ask<number>('start') })
    }
    const orders = isQuick ? 100 : 500
    await alternated(client, { orders, inFlight }, 1)
    const single = await alternated(client, { orders, inFlight: 1 }, 5)
    const many = await alternated(client, { orders: orders * 2, inFlight }, 5)
    return reportOf(single, many)
  } finally {
    await Promise.all([client, ...Object.values(sides)].map((child) => child.end()))
  }
}

async function alternated(client: Child, work: Work, repetitions: number): Promise<Efforts> {
  const efforts: Record<keyof Efforts, Effort[]> = { ours: [], limit: [] }
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const side of ['ours', 'limit'] as const) efforts[side].push(await client.ask<Effort>(side, work))
  }
  return efforts
}

function reportOf(single: Efforts, many: Efforts) {
  const rate = ({ perSecond }: Effort) => perSecond
  const rows = [
    comparison('job orders, one at a time', 'orders/s', single, rate),
    comparison(`job orders, ${inFlight} calls in flight`, 'orders/s', many, rate),
    ...[0.5, 0.99].flatMap((share) => {
      const name = `p${share * 100}`
      return [
        comparison(`call to Running, ${name}`, 'ms', single, ({ runningMs }) => percentile(runningMs, share)),
        comparison(`call to answer, ${name}`, 'ms', single, ({ answerMs }) => percentile(answerMs, share)),
      ]
    }),
    comparison(`call to answer, ${inFlight} in flight, p99`, 'ms', many, ({ answerMs }) => percentile(answerMs, 0.99)),
  ]
  return { rows, wanted: [] }
}

function comparison(name: string, unit: string, efforts: Efforts, of: (effort: Effort) => number): Row {
  return row(name, unit, median(efforts.ours.map(of)), { limit: median(efforts.limit.map(of)) })
}
