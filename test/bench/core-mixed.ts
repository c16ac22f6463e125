import { combineLatest, from, map, mergeMap, type Observable, Subject, share } from 'rxjs'
import type { CheckedFunctionStep, CheckedSource } from '../../src/pipeline/checked.ts'
import { defineFunction, double, type FunctionPlugin } from '../../src/plugin/index.ts'
import { executionOf } from './core-waves.ts'
import { checkedOf, partStep, scaledOf } from './graphs.ts'
import { median, type Row, row } from './report.ts'

const branches = 10
const branchLength = 10
const config = { gain: 0.999, offset: 0.5 }

const laterOf = async ({ value }: { value: number }) => ({ late: value + 1 })
const later = defineFunction({
  type: 'bench-later',
  description: 'Adds one, asynchronously.',
  inputs: { value: double() },
  outputs: { late: double() },
  compute: laterOf,
}) as unknown as FunctionPlugin

type AsyncContender = (x: number) => Promise<number>

/** A graph of 100 steps: ten branches that begin with an asynchronous step and go on with nine synchronous ones. */
export async function measureMixed({ repetitions, forMs }: { repetitions: number; forMs: number }): Promise<Row> {
  const contenders = { ours: ours(), limit: limit(), naive: naive() }
  const sums = [await contenders.ours(3), await contenders.limit(3), await contenders.naive(3)]
  if (sums.some((sum) => Math.abs(sum - (sums[0] as number)) > 1e-9)) throw new Error(`contenders differ: ${sums}`)
  const times: Record<keyof typeof contenders, number[]> = { ours: [], limit: [], naive: [] }
  for (let repetition = -1; repetition < repetitions; repetition++) {
    for (const name of Object.keys(contenders) as (keyof typeof contenders)[]) {
      const ns = await timed(contenders[name], forMs)
      if (repetition >= 0) times[name].push(ns)
    }
  }
  const perSecond = (name: keyof typeof contenders) => 1e9 / median(times[name])
  const against = { limit: perSecond('limit'), naive: perSecond('naive') }
  return row('mixed 100, 10 of them asynchronous', 'waves/s', perSecond('ours'), against)
}

async function timed(contender: AsyncContender, forMs: number): Promise<number> {
  const start = performance.now()
  let waves = 0
  let elapsed = 0
  while (elapsed < forMs) {
    for (let i = 0; i < 10; i++) await contender(waves++ * 0.001)
    elapsed = performance.now() - start
  }
  return (elapsed * 1e6) / waves
}

function ours(): AsyncContender {
  const steps: CheckedFunctionStep[] = []
  for (let branch = 0; branch < branches; branch++) {
    let source: CheckedSource = { kind: 'external', tag: 'plc1.x' }
    for (let place = 0; place < branchLength; place++) {
      const id = `b${branch}-${place}`
      const part = place === 0 ? { plugin: later, inputs: ['value'], output: 'late', config: {} } : undefined
      steps.push(partStep(id, part ?? 'scale', [source]))
      source = { kind: 'step', step: id, port: part ? 'late' : 'scaled' }
    }
  }
  const execution = executionOf(checkedOf([], steps))
  const last = Array.from({ length: branches }, (_, branch) => `bench/b${branch}-${branchLength - 1}.scaled`)
  let sourceTime = 0
  return async (x) => {
    execution.feed([{ tag: 'plc1.x', sample: { value: x, status: 0, sourceTime: sourceTime++ } }])
    await execution.wave({ onlyChanged: true })
    return last.reduce((sum, tag) => sum + (execution.sample(tag)?.value as number), 0)
  }
}

function limit(): AsyncContender {
  const branch = async (x: number) => {
    let value = (await laterOf({ value: x })).late
    for (let place = 1; place < branchLength; place++) value = scaledOf({ value }, config).scaled
    return value
  }
  return async (x) => {
    const values = await Promise.all(Array.from({ length: branches }, () => branch(x)))
    return values.reduce((sum, value) => sum + value, 0)
  }
}

function naive(): AsyncContender {
  const tag = new Subject<number>()
  const ends = Array.from({ length: branches }, () => {
    let stream: Observable<number> = combineLatest({ value: tag }).pipe(
      mergeMap((values) => from(laterOf(values))),
      map(({ late }) => late),
    )
    for (let place = 1; place < branchLength; place++) {
      stream = combineLatest({ value: stream }).pipe(
        map((values) => scaledOf(values, config).scaled),
        share(),
      )
    }
    return stream
  })
  let done: ((sum: number) => void) | undefined
  let count = 0
  const last: number[] = []
  for (const [index, end] of ends.entries()) {
    end.subscribe((value) => {
      last[index] = value
      if (++count % branches === 0) done?.(last.reduce((sum, each) => sum + each, 0))
    })
  }
  return (x) =>
    new Promise((resolve) => {
      done = resolve
      tag.next(x)
    })
}
