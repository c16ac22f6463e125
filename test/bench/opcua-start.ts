import type { TagKind } from './opcua-plant.ts'
import { Child } from './opcua-process.ts'
import { median, type Row, row } from './report.ts'

type Who = 'ours' | 'bare'

interface Start {
  readonly seconds: number
  readonly heap: number
  readonly rss: number
}

const variables = 5000

/** How long a server takes from its process to its open port, and what its variables take of the memory. */
export async function measureStart(repetitions: number): Promise<readonly Row[]> {
  const cases: readonly (readonly [number, TagKind])[] = [
    [1, 'plain'],
    [variables, 'plain'],
    [variables, 'analog'],
  ]
  const found = new Map<string, Record<Who, Start[]>>()
  for (let turn = 0; turn < repetitions; turn++) {
    for (const [count, kind] of cases) {
      const starts = found.get(`${count} ${kind}`) ?? { ours: [], bare: [] }
      found.set(`${count} ${kind}`, starts)
      const order: readonly Who[] = turn % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours']
      for (const who of order) starts[who].push(await startOnce(who, count, kind))
    }
  }
  const middle = (name: string, who: Who, of: (start: Start) => number): number =>
    median((found.get(name)?.[who] ?? []).map(of))
  const each = (who: Who, kind: TagKind, of: (start: Start) => number): number =>
    (middle(`${variables} ${kind}`, who, of) - middle('1 plain', who, of)) / (variables - 1)
  const both = (name: string, unit: string, valueAt: (who: Who) => number): Row =>
    row(name, unit, valueAt('ours'), { bare: valueAt('bare') })
  return [
    both('start without variables', 's', (who) => middle('1 plain', who, ({ seconds }) => seconds)),
    both('5 000 plain variables ready', 's', (who) => middle(`${variables} plain`, who, ({ seconds }) => seconds)),
    both('5 000 analog variables ready', 's', (who) => middle(`${variables} analog`, who, ({ seconds }) => seconds)),
    both('heap of a plain variable', 'bytes', (who) => each(who, 'plain', ({ heap }) => heap)),
    both('RSS of a plain variable', 'bytes', (who) => each(who, 'plain', ({ rss }) => rss)),
    both('heap of an analog variable', 'bytes', (who) => each(who, 'analog', ({ heap }) => heap)),
    both('RSS of an analog variable', 'bytes', (who) => each(who, 'analog', ({ rss }) => rss)),
  ]
}

async function startOnce(who: Who, count: number, kind: TagKind): Promise<Start> {
  const start = performance.now()
  const server = new Child('opcua-server.ts')
  try {
    await server.ask('start', { who, count, kind })
    const seconds = (performance.now() - start) / 1000
    const { heapUsed, rss } = await server.ask<{ heapUsed: number; rss: number }>('memory')
    return { seconds, heap: heapUsed, rss }
  } finally {
    await server.end()
  }
}
