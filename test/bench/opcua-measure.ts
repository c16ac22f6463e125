import type { Sides } from './opcua.ts'
import type { Child } from './opcua-process.ts'
import { median, type Row, row } from './report.ts'

type Who = 'ours' | 'bare'

/** How often and how long something is measured. */
export interface Repetitions {
  readonly repetitions: number
  readonly forMs: number
}

/** What one repetition found: how much a second, and the CPU time of the server for each, in microseconds. */
interface Finding {
  readonly rate: number
  readonly cpu: number
}

/** Measures ours and theirs in turns, after one turn that does not count, and gives the medians of each. */
async function inTurns(
  repetitions: number,
  measure: (who: Who) => Promise<Finding>,
): Promise<Readonly<Record<Who, Finding>>> {
  const found: Record<Who, Finding[]> = { ours: [], bare: [] }
  for (let turn = 0; turn <= repetitions; turn++) {
    const order: readonly Who[] = turn % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours']
    for (const who of order) {
      const finding = await measure(who)
      if (turn > 0) found[who].push(finding)
    }
  }
  const middle = (findings: readonly Finding[]): Finding => ({
    rate: median(findings.map(({ rate }) => rate)),
    cpu: median(findings.map(({ cpu }) => cpu)),
  })
  return { ours: middle(found.ours), bare: middle(found.bare) }
}

/** CPU time that a server takes while something goes on, in microseconds. */
async function withCpu<Result>(server: Child, act: () => Promise<Result>): Promise<{ result: Result; cpu: number }> {
  const before = await server.ask<number>('cpu')
  const result = await act()
  return { result, cpu: (await server.ask<number>('cpu')) - before }
}

/** Rates and CPU time of something that is asked again and again; `size` is how many things one request carries. */
async function measureRate(
  { ours, bare }: Sides,
  { repetitions, forMs }: Repetitions,
  { name, unit, each, size }: { name: string; unit: string; each: string; size: number },
  ask: (who: Who) => Promise<number>,
): Promise<readonly Row[]> {
  const servers = { ours, bare }
  const found = await inTurns(repetitions, async (who) => {
    const { result, cpu } = await withCpu(servers[who], () => ask(who))
    return { rate: result * size, cpu: cpu / ((result * size * forMs) / 1000) }
  })
  return [
    row(name, unit, found.ours.rate, { bare: found.bare.rate }),
    row(`${name}: CPU time of the server`, `µs/${each}`, found.ours.cpu, { bare: found.bare.cpu }),
  ]
}

/** What is asked of both: reads, writes and calls, without security and with it. */
const requests = [
  { what: 'read', size: 1, inFlight: 16 },
  { what: 'read', size: 100, inFlight: 4 },
  { what: 'read', size: 1000, inFlight: 2 },
  { what: 'write', size: 100, inFlight: 4 },
  { what: 'call', size: 1, inFlight: 16 },
  { what: 'read', size: 1, inFlight: 16, isEncrypted: true },
  { what: 'read', size: 100, inFlight: 4, isEncrypted: true },
  { what: 'write', size: 100, inFlight: 4, isEncrypted: true },
  { what: 'call', size: 1, inFlight: 16, isEncrypted: true },
] as const

/** Requests that are sent again and again, by a client that looks at no more than their status. */
export async function measureRequests(sides: Sides, options: Repetitions): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const request of requests) {
    const { what, size, inFlight } = request
    const of = what === 'call' ? '' : ` of ${size}`
    const name = `${what}${of}, ${inFlight} in flight${'isEncrypted' in request ? ', SignAndEncrypt' : ''}`
    const each = what === 'call' ? 'call' : 'value'
    const unit = size === 1 ? 'requests/s' : 'values/s'
    const ask = (who: Who): Promise<number> => sides.client.ask('ask', { who, ...request, forMs: options.forMs })
    rows.push(...(await measureRate(sides, options, { name, unit, each, size }, ask)))
  }
  return rows
}

/** Sessions that are opened and closed, connection and channel included, without security. */
export async function measureSessions({ client, ours, bare }: Sides, repetitions: number): Promise<readonly Row[]> {
  const servers = { ours, bare }
  const count = 10
  const found = await inTurns(repetitions, async (who) => {
    const start = performance.now()
    const { cpu } = await withCpu(servers[who], () => client.ask('sessions', { who, count }))
    return { rate: (count * 1000) / (performance.now() - start), cpu: cpu / count / 1000 }
  })
  return [
    row('opening and closing a session', 'sessions/s', found.ours.rate, { bare: found.bare.rate }),
    row('opening and closing a session: CPU time of the server', 'ms', found.ours.cpu, { bare: found.bare.cpu }),
  ]
}

/** Browse of everything below Root. */
export async function measureBrowse({ client, ours, bare }: Sides, repetitions: number): Promise<readonly Row[]> {
  const servers = { ours, bare }
  const found = await inTurns(repetitions, async (who) => {
    const { result, cpu } = await withCpu(servers[who], () =>
      client.ask<{ count: number; ms: number }>('browse', { who }),
    )
    return { rate: (result.count * 1000) / result.ms, cpu: cpu / result.count }
  })
  return [
    row('browse of everything', 'references/s', found.ours.rate, { bare: found.bare.rate }),
    row('browse of everything: CPU time of the server', 'µs/reference', found.ours.cpu, { bare: found.bare.cpu }),
  ]
}

/**
 * Notifications of changing items: how many arrive in a while, how many in the end for each that was offered, and what share of a
 * core the server needs.
 */
export async function measureSubscription(
  { client, ours, bare }: Sides,
  { count, hertz, windowMs, repetitions }: { count: number; hertz: number; windowMs: number; repetitions: number },
): Promise<readonly Row[]> {
  const servers = { ours, bare }
  const shares: Record<Who, number[]> = { ours: [], bare: [] }
  const found = await inTurns(repetitions, async (who) => {
    const server = servers[who]
    const arrivedBefore = await client.ask<number>('notifications', { who })
    const offeredBefore = await server.ask<number>('changed')
    await server.ask('change', { count, hertz })
    await pause(500)
    const before = await client.ask<number>('notifications', { who })
    const start = performance.now()
    const { result: arrived, cpu } = await withCpu(server, async () => {
      await pause(windowMs)
      return (await client.ask<number>('notifications', { who })) - before
    })
    const elapsed = performance.now() - start
    await server.ask('still')
    await pause(500)
    const offered = (await server.ask<number>('changed')) - offeredBefore
    shares[who].push(((await client.ask<number>('notifications', { who })) - arrivedBefore) / offered)
    return { rate: (arrived * 1000) / elapsed, cpu: cpu / elapsed / 10 }
  })
  const name = `${count.toLocaleString('en')} items changing at ${hertz} Hz`
  return [
    row(`${name}: delivered`, 'notifications/s', found.ours.rate, {
      bare: found.bare.rate,
    }),
    // The first turn may have the first values of the items in it.
    row(`${name}: delivered for each offered, least`, '', Math.min(...shares.ours.slice(1)), {
      bare: Math.min(...shares.bare.slice(1)),
    }),
    row(`${name}: CPU time of the server`, '% of a core', found.ours.cpu, { bare: found.bare.cpu }),
  ]
}

/** Events that reach a client that subscribes the Server object; no rows when our server raises none. */
export async function measureEvents(
  { client, ours, bare }: Sides,
  { repetitions }: Repetitions,
): Promise<readonly Row[]> {
  const servers = { ours, bare }
  for (const who of ['ours', 'bare'] as const) await client.ask('subscribe', { who, count: 0, isEvents: true })
  const raise = async (who: Who, times: number): Promise<{ arrived: number; ms: number }> => {
    const before = await client.ask<number>('notifications', { who, isEvents: true })
    const start = performance.now()
    let arrived = 0
    // No more at once than the queue of the item holds.
    for (let raised = 0; raised < times; raised += 500) {
      await servers[who].ask('happen', Math.min(500, times - raised))
      const due = Math.min(times, raised + 500)
      const deadline = performance.now() + 3000
      while (arrived < due && performance.now() < deadline) {
        arrived = (await client.ask<number>('notifications', { who, isEvents: true })) - before
        if (arrived < due) await pause(5)
      }
      if (arrived < due) break
    }
    return { arrived, ms: performance.now() - start }
  }
  try {
    if ((await raise('ours', 10)).arrived < 10) {
      process.stdout.write('events are left out: our server raised none\n')
      return []
    }
    const found = await inTurns(repetitions, async (who) => {
      const { result, cpu } = await withCpu(servers[who], () => raise(who, 2000))
      return { rate: (result.arrived * 1000) / result.ms, cpu: cpu / result.arrived }
    })
    return [
      row('events to one subscriber', 'events/s', found.ours.rate, { bare: found.bare.rate }),
      row('events to one subscriber: CPU time of the server', 'µs/event', found.ours.cpu, { bare: found.bare.cpu }),
    ]
  } finally {
    for (const who of ['ours', 'bare'] as const) await client.ask('unsubscribe', { who })
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
