import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '../../src/model/clock.ts'
import { compile } from '../../src/pipeline/compile.ts'
import { createExecution } from '../../src/pipeline/wave.ts'
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

/** Runs a pipeline of 100 steps every 10 ms with changes handed out: how late its cycles begin, and how many are left out. */
export async function measureJitter(forMs: number): Promise<readonly Row[]> {
  const periodMs = 10
  const execution = createExecution(compile(checkedOf(graphOf('lattice', 100))), {
    clock: systemClock,
    onWake: () => {},
    call: () => Promise.resolve({}),
  })
  const late: number[] = []
  let missed = 0
  const start = systemClock.monotonic()
  await new Promise<void>((resolve) => {
    // The machine's clock does not keep the process alive.
    const alive = setInterval(() => {}, 1000)
    const cycle = (turn: number) => {
      const now = systemClock.monotonic()
      late.push(now - (start + turn * periodMs))
      const sample = { value: turn * 0.01, status: 0, sourceTime: systemClock.now() }
      execution.feed([
        { tag: 'plc1.x1', sample },
        { tag: 'plc1.x2', sample },
      ])
      void execution.wave({ onlyChanged: false })
      execution.changes()
      const next = Math.max(turn + 1, Math.floor((systemClock.monotonic() - start) / periodMs) + 1)
      missed += next - turn - 1
      if (next * periodMs > forMs) {
        clearInterval(alive)
        resolve()
      } else systemClock.after(start + next * periodMs - systemClock.monotonic(), () => cycle(next))
    }
    systemClock.after(periodMs, () => cycle(1))
  })
  execution.close()
  const name = `100 steps every 10 ms for ${forMs / 1000} s`
  return [
    row(`${name}: lateness p50`, 'ms', percentile(late, 0.5)),
    row(`${name}: lateness p99`, 'ms', percentile(late, 0.99)),
    row(`${name}: missed cycles of ${late.length + missed}`, 'cycles', missed),
  ]
}
