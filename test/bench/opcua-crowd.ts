import { Child } from './opcua-process.ts'
import { median, percentile, type Row, row } from './report.ts'

type Who = 'ours' | 'bare'

const clients = 50
const items = 1000

/** What one repetition found. */
interface Finding {
  readonly perSecond: number
  readonly cpu: number
  readonly rss: number
  readonly jitterMs: number
}

/**
 * Fifty clients that each watch a thousand variables, which all change once a second and are published as often: what that takes of
 * a core and of memory, and how evenly messages come. The servers have none but these clients and are asked in turns.
 */
export async function measureCrowd(isQuick: boolean): Promise<readonly Row[]> {
  const found: Record<Who, Finding[]> = { ours: [], bare: [] }
  for (let turn = 0; turn < (isQuick ? 1 : 3); turn++) {
    const order: readonly Who[] = turn % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours']
    for (const who of order) found[who].push(await measureOnce(who, isQuick ? 8000 : 20_000))
  }
  const both = (name: string, unit: string, of: (finding: Finding) => number): Row =>
    row(`50 clients with 1,000 items at 1 s: ${name}`, unit, median(found.ours.map(of)), {
      bare: median(found.bare.map(of)),
    })
  return [
    both('delivered', 'notifications/s', ({ perSecond }) => perSecond),
    both('CPU time of the server', '% of a core', ({ cpu }) => cpu),
    both('RSS of the server', 'MB', ({ rss }) => rss),
    both('publishing jitter, p99', 'ms', ({ jitterMs }) => jitterMs),
  ]
}

async function measureOnce(who: Who, windowMs: number): Promise<Finding> {
  const server = new Child('opcua-server.ts')
  const client = new Child('opcua-client.ts')
  try {
    const served = await server.ask<{ port: number }>('start', { who, count: items, kind: 'plain' })
    await client.ask('crowd', { who, port: served.port, clients, items })
    await server.ask('change', { count: items, hertz: 1 })
    await pause(2000)
    await client.ask('crowdTaken', { who })
    const before = await server.ask<number>('cpu')
    await pause(windowMs)
    const cpu = (await server.ask<number>('cpu')) - before
    const { count, gapsMs } = await client.ask<{ count: number; gapsMs: number[] }>('crowdTaken', { who })
    const { rss } = await server.ask<{ rss: number }>('memory')
    return {
      perSecond: (count * 1000) / windowMs,
      cpu: cpu / windowMs / 10,
      rss: rss / 1_000_000,
      jitterMs: percentile(
        gapsMs.map((gap) => Math.abs(gap - 1000)),
        0.99,
      ),
    }
  } finally {
    await client.end()
    await server.end()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
