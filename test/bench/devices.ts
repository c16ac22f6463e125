import type { Effort, Task } from './devices-side.ts'
import { Child } from './opcua-process.ts'
import { type Benchmark, median, percentile, type Row, row } from './report.ts'

const many = { devices: 200, registers: 100, everyMs: 1000 }

/** Periods of the mixed devices. */
const periodsMs = [50, 100, 200, 500, 1000, 2000, 5000]
const mixedCount = 20

/** How late a poll may be at p99, as a share of its period, for the cycle to count as kept. */
const lateShareMax = 0.05
const cpuRatioMax = 1.3

interface Sides {
  readonly ours: Child
  readonly limit: Child
}

/**
 * Field devices: 200 of them on Modbus TCP with 100 registers each, polled once a second, against the *limit*: a straight loop over
 * modbus-serial that sends the same requests. The servers are a process of their own, and so is each side; they take turns.
 */
export const devices: Benchmark = async ({ isQuick }) => {
  const server = new Child('devices-server.ts')
  const sides: Sides = { ours: new Child('devices-ours.ts'), limit: new Child('devices-limit.ts') }
  try {
    const ports = await server.ask<number[]>('listen', { devices: many.devices, registers: many.registers })
    const task: Task = { ...many, devices: ports.map((port) => ({ port, everyMs: many.everyMs })) }
    const efforts = await alternated(sides, task, { repetitions: 5, forMs: isQuick ? 3000 : 8000 })
    const mixed: Task = {
      registers: many.registers,
      devices: ports.slice(0, mixedCount).map((port, index) => ({
        port,
        everyMs: periodsMs[index % periodsMs.length] ?? many.everyMs,
      })),
    }
    const mixedEfforts = await alternated(sides, mixed, {
      repetitions: isQuick ? 1 : 3,
      forMs: isQuick ? 6000 : 15_000,
    })
    return reportOf(efforts, mixedEfforts)
  } finally {
    await Promise.all([server, ...Object.values(sides)].map((child) => child.end()))
  }
}

type Efforts = Readonly<Record<keyof Sides, readonly Effort[]>>

/** Lets the sides take turns. Before, each works hard for a while, so that its code is compiled as it is after hours of a plant. */
async function alternated(
  sides: Sides,
  task: Task,
  { repetitions, forMs }: { repetitions: number; forMs: number },
): Promise<Efforts> {
  const efforts: Record<keyof Sides, Effort[]> = { ours: [], limit: [] }
  const hard: Task = { ...task, devices: task.devices.map(({ port }) => ({ port, everyMs: 100 })) }
  for (const side of ['ours', 'limit'] as const) await sides[side].ask('run', { task: hard, settleMs: 0, forMs: 5000 })
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const side of ['ours', 'limit'] as const) {
      efforts[side].push(await sides[side].ask<Effort>('run', { task, settleMs: 2000, forMs }))
    }
  }
  return efforts
}

function reportOf(efforts: Efforts, mixed: Efforts) {
  const name = `${many.devices} devices of ${many.registers} registers at ${many.everyMs / 1000} s`
  const cpu = comparison(`${name}: CPU`, 's/s', efforts, ({ cpu }) => cpu)
  const late = comparison(`${name}: lateness p99`, 'ms', efforts, ({ lateness }) => percentile(lateness, 0.99))
  const skipped = comparison(`${name}: skipped polls`, '', efforts, ({ skipped }) => skipped)
  const jitter = comparison(`${mixedCount} devices at 50 ms to 5 s: lateness p99`, 'ms', mixed, ({ lateness }) =>
    percentile(lateness, 0.99),
  )
  const rows = [
    cpu,
    comparison(`${name}: RSS`, 'MiB', efforts, ({ rssMib }) => rssMib),
    comparison(`${name}: answers`, '', efforts, ({ answerCount }) => answerCount),
    late,
    skipped,
    jitter,
    comparison(`${mixedCount} devices at 50 ms to 5 s: skipped polls`, '', mixed, ({ skipped }) => skipped),
  ]
  const ratio = cpu.ratio?.limit ?? Number.NaN
  const bound = lateShareMax * many.everyMs
  return {
    rows,
    wanted: [
      {
        text: `the cycle is kept: at p99 no more than ${bound} ms late: ${late.value} ms, ${skipped.value} skipped`,
        isReached: late.value <= bound && skipped.value === 0,
      },
      { text: `at most ${cpuRatioMax} times the CPU of the limit: ${ratio}`, isReached: ratio <= cpuRatioMax },
    ],
  }
}

function comparison(name: string, unit: string, efforts: Efforts, of: (effort: Effort) => number): Row {
  const [ours, limit] = [median(efforts.ours.map(of)), median(efforts.limit.map(of))]
  // A ratio to nothing says nothing.
  return limit === 0 ? row(name, unit, ours) : row(name, unit, ours, { limit })
}
