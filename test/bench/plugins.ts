import { join } from 'node:path'
import { AttributeIds, ClientSubscription, TimestampsToReturn } from 'node-opcua'
import { IsolatedPlugins } from '../../src/isolation/isolated-plugins.ts'
import { systemClock } from '../../src/model/clock.ts'
import { loadCatalogue } from '../../src/plugin/catalogue.ts'
import { moduleOf } from '../../src/plugin/module-of.ts'
import { moduleTexts } from '../isolation/plugin-texts.ts'
import { rough, roughPlant } from '../isolation/rough-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { bench, pipeline, step } from '../pipeline/engine/kit.ts'
import { temporaryFolders } from '../plugin/folder.ts'
import { type Benchmark, median, percentile, type Row, row } from './report.ts'

/**
 * What isolation costs and what it brings: the time of a crossing into a thread against a call in the same thread, and how
 * evenly the good pipelines of a plant run and publish while six plugins misbehave, against the same plant while they behave.
 */
export const plugins: Benchmark = async ({ isQuick }) => {
  const crossing = await crossingRows(isQuick ? 2000 : 20_000)
  const evenness = await evennessRows(isQuick ? { rounds: 1, windowMs: 3000 } : { rounds: 4, windowMs: 6000 })
  return { rows: [...crossing, ...evenness], wanted: wantedOf(evenness) }
}

/** Waves of some steps of one plugin, once isolated and once not. */
async function crossingRows(turns: number): Promise<readonly Row[]> {
  const { folderWith, removeFolders } = temporaryFolders()
  const plantFolder = folderWith({ 'plugins/hang.ts': moduleTexts['hang.ts'] })
  const { catalogue } = await loadCatalogue({ builtIn: join(plantFolder, 'none'), plantFolder })
  const plugin = catalogue.step('hang')
  if (!plugin) throw new Error('the plugin of the benchmark is missing')
  const isolation = new IsolatedPlugins({ clock: systemClock, log: { debug() {} }, moduleOf })
  const rows: Row[] = []
  try {
    for (const count of [1, 10, 100]) {
      const steps = Array.from({ length: count }, (_, k) => step(`s${k}`, plugin, { value: 'plc1.a' }, ['value']))
      const apart = bench(pipeline(steps), { isolation, clock: systemClock })
      const here = bench(pipeline(steps), { clock: systemClock })
      await new Promise((resolve) => setTimeout(resolve, 1000))
      const waves = Math.ceil(turns / count)
      const times = { apart: [] as number[], here: [] as number[] }
      for (let repetition = 0; repetition < 5; repetition++) {
        times.apart.push((await timed(apart, waves)) / (waves * count))
        times.here.push((await timed(here, waves)) / (waves * count))
      }
      rows.push(
        row(`a call of an isolated step, ${count} in a wave`, 'µs', median(times.apart) * 1000, {
          'in its thread': median(times.here) * 1000,
        }),
      )
      apart.execution.close()
      here.execution.close()
    }
  } finally {
    await isolation.close()
    removeFolders()
  }
  return rows
}

async function timed(own: ReturnType<typeof bench>, waves: number): Promise<number> {
  const started = performance.now()
  for (let wave = 0; wave < waves; wave++) {
    own.feed({ 'plc1.a': (wave % 2) + 1 })
    await own.execution.wave({ onlyChanged: true })
  }
  return performance.now() - started
}

/** What was seen of the good pipelines during some windows, in milliseconds. */
interface Seen {
  readonly cycles: number[]
  readonly notifications: number[]
}

async function evennessRows({ rounds, windowMs }: { rounds: number; windowMs: number }): Promise<readonly Row[]> {
  const scratch = await startScratch(roughPlant())
  try {
    const client = await scratch.connect('Operator')
    const seen = { calm: nothingSeen(), wild: nothingSeen() }
    let current: Seen | undefined
    const stop = await observe(scratch, client, () => current)
    const set = async (value: number) => {
      for (const type of Object.keys(rough)) {
        await client.write(`pipe/${type}.Parameters.mode`, { dataType: 'Double', value } as never)
      }
    }
    await wait(3000)
    for (let round = 0; round < rounds; round++) {
      for (const [value, phase] of [
        [1, seen.calm],
        [13, seen.wild],
      ] as const) {
        await set(value)
        // What was given up begins again, so that there is trouble in each window.
        await scratch.plant.reload('bench')
        await wait(1000)
        current = phase
        await wait(windowMs)
        current = undefined
      }
    }
    stop()
    return [
      row('jitter of a cycle of 20 ms, p99, while 6 plugins misbehave', 'ms', jitter(seen.wild), {
        calm: jitter(seen.calm),
      }),
      row('time between notifications of a value of 100 ms, p99', 'ms', percentile(seen.wild.notifications, 0.99), {
        calm: percentile(seen.calm.notifications, 0.99),
      }),
      row('values of that pipeline that were published', '1/s', rateOf(seen.wild), { calm: rateOf(seen.calm) }),
    ]
  } finally {
    await scratch.stop()
  }
}

/** Notes when cycles of `fast` are made, and when a client hears of `good`. */
async function observe(scratch: ScratchPlant, client: Client, current: () => Seen | undefined): Promise<() => void> {
  const cycle = intervals((seen) => seen.cycles, current)
  const notification = intervals((seen) => seen.notifications, current)
  const samples = scratch.plant.samples$.subscribe((batch) => {
    if (batch.some(({ tag }) => tag === 'fast.count')) cycle()
  })
  const subscription = ClientSubscription.create(client.session, {
    requestedPublishingInterval: 50,
    publishingEnabled: true,
  })
  const item = await subscription.monitor(
    { nodeId: client.id('pipe/good.Outputs.count'), attributeId: AttributeIds.Value },
    { samplingInterval: 0, queueSize: 1000, discardOldest: true },
    TimestampsToReturn.Both,
  )
  item.on('changed', notification)
  return () => samples.unsubscribe()
}

/** Notes the time since it was called last, as long as something is to be seen. */
function intervals(of: (seen: Seen) => number[], current: () => Seen | undefined): () => void {
  let last: number | undefined
  return () => {
    const now = performance.now()
    const seen = current()
    if (seen && last !== undefined) of(seen).push(now - last)
    last = seen ? now : undefined
  }
}

function nothingSeen(): Seen {
  return { cycles: [], notifications: [] }
}

function jitter({ cycles }: Seen): number {
  return percentile(
    cycles.map((each) => Math.abs(each - 20)),
    0.99,
  )
}

function rateOf({ notifications }: Seen): number {
  return (1000 * notifications.length) / notifications.reduce((sum, each) => sum + each, 0)
}

function wantedOf(rows: readonly Row[]) {
  return rows.slice(-1).map(({ name, ratio }) => ({
    text: `${name}: at least 0.95 of what is published while all behave: ${ratio?.calm}`,
    isReached: (ratio?.calm ?? 0) >= 0.95,
  }))
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
