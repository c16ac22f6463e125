import type { Clock } from '../../src/model/clock.ts'
import { systemClock } from '../../src/model/clock.ts'
import type { CheckedPipeline } from '../../src/pipeline/checked.ts'
import { compile } from '../../src/pipeline/compile.ts'
import type { Execution } from '../../src/pipeline/execution.ts'
import { createExecution } from '../../src/pipeline/wave.ts'
import { checkedOf, type Graph, graphOf, loop, naive, shapes, sinksOf, straightLine } from './graphs.ts'
import { median, type Row, row } from './report.ts'

/** What is measured: one wave with new inputs. It returns a number so that nothing can be optimised away. */
export type Contender = (x1: number, x2: number) => number

/** An execution that needs no device. */
export function executionOf(checked: CheckedPipeline, clock: Clock = systemClock): Execution {
  return createExecution(compile(checked), { clock, onWake: () => {}, call: () => Promise.resolve({}) })
}

/** Ours: both external tags get a new sample, and a wave carries value, status and time of all steps. */
export function ours(graph: Graph, { publishes = false } = {}): Contender {
  const execution = executionOf(checkedOf(graph))
  const sinks = sinksOf(graph).map((number) => `bench.o${number}`)
  const last = sinks.at(-1) as string
  let isFirst = true
  let sourceTime = 0
  const one = { tag: 'plc1.x1', sample: { value: 0, status: 0, sourceTime } }
  const two = { tag: 'plc1.x2', sample: { value: 0, status: 0, sourceTime } }
  const samples = [one, two]
  return (x1, x2) => {
    sourceTime++
    one.sample = { value: x1, status: 0, sourceTime }
    two.sample = { value: x2, status: 0, sourceTime }
    execution.feed(samples)
    const result = execution.wave({ onlyChanged: true }) as { kind: string }
    if (result.kind !== 'completed') throw new Error(`the wave was ${result.kind}`)
    if (publishes) return execution.changes().length
    // The sum proves that the same is computed; later waves need one value only, as the limit hands out one.
    if (!isFirst) return execution.sample(last)?.value as number
    isFirst = false
    return sinks.reduce((sum, tag) => sum + (execution.sample(tag)?.value as number), 0)
  }
}

/** Measures contenders in turns: nanoseconds per wave of each, as a median of the repetitions. */
export function alternate<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  { repetitions, forMs }: { repetitions: number; forMs: number },
): Record<K, number> {
  const names = Object.keys(contenders) as K[]
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>
  for (let repetition = -1; repetition < repetitions; repetition++) {
    for (const name of names) {
      const perWave = timed(contenders[name], forMs)
      // The first round warms up.
      if (repetition >= 0) times[name].push(perWave)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<K, number>
}

let sink = 0

function timed(contender: Contender, forMs: number): number {
  const start = performance.now()
  let waves = 0
  let elapsed = 0
  while (elapsed < forMs) {
    for (let i = 0; i < 20; i++) sink += contender(waves++ * 0.001, 1.5)
    elapsed = performance.now() - start
  }
  if (Number.isNaN(sink)) throw new Error('a contender gave a value that is no number')
  return (elapsed * 1e6) / waves
}

/** What the waves showed. */
export interface WaveFindings {
  readonly rows: readonly Row[]
  readonly limitRatios: readonly number[]
  readonly naiveRatios: readonly number[]
  /** Cost of a step in a graph of 1000 by that in a graph of 10, the worst of the shapes. */
  readonly growth: number
}

/** Waves per second on each shape and size, against the limit and the naive rival. */
export function measureWaves(options: { repetitions: number; forMs: number }): WaveFindings {
  const rows: Row[] = []
  const limitRatios: number[] = []
  const naiveRatios: number[] = []
  let growth = 0
  for (const shape of shapes) {
    const perStep: number[] = []
    for (const size of [10, 100, 1000]) {
      const graph = graphOf(shape, size)
      const limits = { straight: straightLine(graph), loop: loop(graph) }
      // A chain of a thousand combineLatest overflows the stack: each calls the next.
      const rivals: Record<string, Contender> = shape === 'chain' && size > 100 ? {} : { naive: naive(graph) }
      const contenders: Record<string, Contender> = { ours: ours(graph), ...limits, ...rivals }
      assertSame(Object.values(contenders))
      const ns = alternate(contenders, options) as { ours: number; straight: number; loop: number; naive?: number }
      // Beyond some hundred calls V8 leaves one long function to the interpreter, and a person would write the loop.
      const limit = 1e9 / Math.min(ns.straight, ns.loop)
      const against = ns.naive === undefined ? { limit } : { limit, naive: 1e9 / ns.naive }
      const found = row(`${shape} ${size}`, 'waves/s', 1e9 / ns.ours, against)
      rows.push(found)
      perStep.push(ns.ours / size)
      if (size === 100) {
        limitRatios.push(found.ratio?.limit as number)
        naiveRatios.push(found.ratio?.naive as number)
      }
    }
    const grown = (perStep[2] as number) / (perStep[0] as number)
    rows.push(row(`${shape}: a step of 1000`, 'steps of 10', grown))
    growth = Math.max(growth, grown)
  }
  const published = alternate({ ours: ours(graphOf('lattice', 100), { publishes: true }) }, options)
  rows.push(row('lattice 100, changes handed out', 'waves/s', 1e9 / published.ours))
  return { rows, limitRatios, naiveRatios, growth }
}

/** All contenders compute the same, or the comparison would mean nothing. */
function assertSame(contenders: readonly Contender[]): void {
  const sums = contenders.map((contender) => contender(3, 1.5))
  const first = sums[0] as number
  const other = sums.find((sum) => !(Math.abs(sum - first) <= 1e-6 * Math.abs(first)))
  if (other !== undefined) throw new Error(`contenders differ: ${first} and ${other}`)
}
