import { measureCrowd } from './opcua-crowd.ts'
import {
  measureBrowse,
  measureEvents,
  measureRequests,
  measureSessions,
  measureSubscription,
  type Repetitions,
} from './opcua-measure.ts'
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

/** What can be measured alone. */
export const opcuaParts: readonly string[] = ['starts', 'requests', 'sessions', 'browse', 'events', 'changes', 'crowd']

/**
 * The OPC UA server against a *bare* one: the stack as it comes, with as many plain variables of the same NodeIds and the same
 * method. Both run all the time and are asked in turns by one client, each of the three in a process of its own.
 */
export const opcua: Benchmark = async ({ isQuick, part }) => {
  const isWanted = (name: string): boolean => part === undefined || part === name
  const starts = isWanted('starts') ? await measureStart(isQuick ? 3 : 5) : []
  const serving = part === 'starts' || part === 'crowd' ? [] : await measureServing(isQuick, isWanted)
  const crowd = isWanted('crowd') ? await measureCrowd(isQuick) : []
  const rows = [...serving, ...crowd, ...starts]
  return { rows, wanted: wantedOf(rows) }
}

async function measureServing(isQuick: boolean, isWanted: (part: string) => boolean): Promise<readonly Row[]> {
  const options: Repetitions = isQuick ? { repetitions: 5, forMs: 300 } : { repetitions: 5, forMs: 1000 }
  const sides = startSides()
  try {
    await connectSides(sides)
    const rows: Row[] = []
    if (isWanted('requests')) rows.push(...(await measureRequests(sides, options)))
    if (isWanted('sessions')) rows.push(...(await measureSessions(sides, options.repetitions)))
    if (isWanted('browse')) rows.push(...(await measureBrowse(sides, isQuick ? 1 : 3)))
    if (isWanted('events')) rows.push(...(await measureEvents(sides, options)))
    if (isWanted('changes')) rows.push(...(await measureChanges(sides, isQuick, options)))
    return rows
  } finally {
    await Promise.all(Object.values(sides).map((side) => side.end()))
  }
}

async function connectSides(sides: Sides): Promise<void> {
  const trusted = await sides.client.ask<string>('certificate')
  for (const [who, server] of [
    ['bare', sides.bare],
    ['ours', sides.ours],
  ] as const) {
    const served = await server.ask<object>('start', { who, count, kind: 'plain', trusted })
    await sides.client.ask('connect', { who, count, ...served })
  }
}

async function measureChanges(sides: Sides, isQuick: boolean, { repetitions }: Repetitions): Promise<readonly Row[]> {
  const changes = { count, windowMs: isQuick ? 1500 : 3000, repetitions }
  for (const who of ['ours', 'bare'] as const) await sides.client.ask('subscribe', { who, count })
  const slow = await measureSubscription(sides, { ...changes, hertz: 1 })
  const fast = await measureSubscription(sides, { ...changes, hertz: 10 })
  return [...slow, ...fast]
}

function startSides(): Sides {
  return {
    client: new Child('opcua-client.ts'),
    ours: new Child('opcua-server.ts'),
    bare: new Child('opcua-server.ts'),
  }
}

/** What was wanted, and what came of it. */
function wantedOf(rows: readonly Row[]) {
  const ratioOf = (name: string): number => rows.find((row) => row.name === name)?.ratio?.bare ?? Number.NaN
  const valueAt = (name: string): number => rows.find((row) => row.name === name)?.value ?? Number.NaN
  const atLeast = (name: string, limit: number) => ({
    text: `${name}: at least ${limit} times the bare server: ${ratioOf(name)}`,
    isReached: ratioOf(name) >= limit,
  })
  const atMost = (name: string, limit: number) => ({
    text: `${name}: at most ${limit} times: ${ratioOf(name)}`,
    isReached: ratioOf(name) <= limit,
  })
  const cpuOf = (name: string): string => `${name}: CPU time of the server`
  const changes = `${count.toLocaleString('en')} items changing at 10 Hz`
  const wanted = [
    atLeast('read of 1, 16 in flight', 2),
    atLeast('read of 1000, 2 in flight', 3),
    atLeast('write of 100, 4 in flight', 3),
    atLeast('call, 16 in flight', 3),
    ...rows.filter(({ name }) => name.endsWith('SignAndEncrypt')).map(({ name }) => atLeast(name, 2)),
    atMost(cpuOf('opening and closing a session'), 0.34),
    {
      text: `${changes}: each is delivered: ${valueAt(`${changes}: delivered for each offered, least`)}`,
      isReached: valueAt(`${changes}: delivered for each offered, least`) >= 1,
    },
    atMost(cpuOf(changes), 0.5),
    atMost('RSS of a plain variable', 1.5),
    atMost('heap of a plain variable', 1.5),
    {
      text: `5 000 tags with unit and range ready in under 10 s: ${valueAt('5 000 analog variables ready')} s`,
      isReached: valueAt('5 000 analog variables ready') < 10,
    },
  ]
  // What was not measured was not wanted either.
  return wanted.filter(({ text }) => !text.includes('NaN'))
}
