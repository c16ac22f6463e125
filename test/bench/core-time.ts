import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '../../src/model/clock.ts'
import type { TagSample } from '../../src/model/sample.ts'
import { Pipeline } from '../../src/pipeline/pipeline.ts'
import { defineFunction, double, type FunctionPlugin } from '../../src/plugin/index.ts'
import { executionOf, ours } from './core-waves.ts'
import { checkedOf, graphOf, partStep } from './graphs.ts'
import { percentile, type Row, row } from './report.ts'

const branchMs = 500

const slow = defineFunction({
  type: 'bench-slow',
  description: 'Hands its input on after half a second.',
  inputs: { value: double() },
  outputs: { late: double() },
  compute: ({ value }) => new Promise((resolve) => setTimeout(() => resolve({ late: value }), branchMs)),
}) as unknown as FunctionPlugin

/** How long a wave over so many independent steps of 500 ms takes. */
export async function measureParallel(count: number): Promise<Row> {
  const part = { plugin: slow, inputs: ['value'], output: 'late', config: {} }
  const steps = Array.from({ length: count }, (_, k) => partStep(`k${k}`, part, [{ kind: 'external', tag: 'plc1.x' }]))
  const execution = executionOf(checkedOf([], steps))
  execution.feed([{ tag: 'plc1.x', sample: { value: 7, status: 0, sourceTime: 1 } }])
  const start = performance.now()
  await execution.wave({ onlyChanged: false })
  const elapsed = performance.now() - start
  if (execution.sample(`bench/k${count - 1}.late`)?.value !== 7) throw new Error('the last branch has no value')
  execution.close()
  return row(`${count} independent steps of 500 ms`, 'ms', elapsed)
}

/** Growth of the heap over so many step executions, with changes handed out in each wave. */
export function measureHeap(stepExecutions: number): Row {
  const size = 100
  const wave = ours(graphOf('lattice', size), { publishes: true })
  const run = (waves: number) => {
    for (let i = 0; i < waves; i++) wave(i * 0.001, 1.5)
  }
  // What V8 compiles and what the first waves leave behind is no growth.
  run(20_000)
  const before = heapUsed()
  run(stepExecutions / size)
  return row(`heap growth over ${stepExecutions / 1e6} million step executions`, 'KiB', (heapUsed() - before) / 1024)
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let i = 0; i < 4; i++) gc()
  return process.memoryUsage().heapUsed
}

/** Runs a pipeline of 100 steps every 10 ms: how far its cycles are from their time, and how many are left out. */
export async function measureJitter(forMs: number): Promise<readonly Row[]> {
  const periodMs = 10
  const checked = checkedOf(graphOf('lattice', 100), [], { kind: 'every', periodMs })
  const output = `${checked.definition.id}.${checked.outputs[0]?.port.name}`
  const pipeline = new Pipeline(checked, { clock: systemClock, call: () => Promise.resolve({}), runId: () => 'run' })
  const times: number[] = []
  const subscription = pipeline.samples$.subscribe((samples) => {
    if (!samples.some(({ tag }) => tag === output)) return
    times.push(performance.now())
    pipeline.feed(newInputs(times.length))
  })
  pipeline.feed(newInputs(0))
  pipeline.start({ initiator: 'bench' })
  // This timer keeps the process alive; those of the machine's clock do not.
  await new Promise((resolve) => setTimeout(resolve, forMs))
  const missed = pipeline.latest(`${checked.definition.id}#missedCycleCount`)?.value as number
  await pipeline.close()
  subscription.unsubscribe()
  const name = `100 steps every 10 ms for ${forMs / 1000} s`
  const jitter = jitterOf(times, periodMs)
  return [
    row(`${name}: jitter p50`, 'ms', percentile(jitter, 0.5)),
    row(`${name}: jitter p99`, 'ms', percentile(jitter, 0.99)),
    row(`${name}: missed cycles of ${times.length + missed}`, 'cycles', missed),
  ]
}

function newInputs(cycle: number): readonly TagSample[] {
  const sample = { value: cycle * 0.01, status: 0, sourceTime: systemClock.now() }
  return [
    { tag: 'plc1.x1', sample },
    { tag: 'plc1.x2', sample },
  ]
}

/** Distances of cycles from the grid of periods that fits them best: one that starts at the median of their phases. */
function jitterOf(times: readonly number[], periodMs: number): readonly number[] {
  const start = times[0] ?? 0
  const phases = times.map((time) => time - start - Math.round((time - start) / periodMs) * periodMs)
  const middle = percentile(phases, 0.5)
  return phases.map((phase) => Math.abs(phase - middle))
}
