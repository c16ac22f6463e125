import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { ofType } from 'node-opcua'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { wallClock } from '../kit/wall-clock.ts'
import { typeId } from '../opcua/event-listener.ts'
import { eventsOf } from '../opcua/history/events/event-bench.ts'
import { slack, startArena } from './arena.ts'
import { breaks, historyOf, lastingClient } from './lasting-client.ts'
import { arenaFiles, instances } from './plant-files.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Tells how long each sample of a device came after the one before, by a clock that never jumps. */
const timer = `import { defineBlock, double } from 'millrace/plugin'

export default defineBlock({
  type: 'time-waves',
  description: 'Times its waves.',
  inputs: { value: double({ description: 'Anything.' }) },
  outputs: { gap: double({ unit: 'ms', description: 'Since the wave before.' }) },
  memory: () => ({ last: performance.now() }),
  compute(_inputs, _config, memory) {
    const gap = performance.now() - memory.last
    memory.last += gap
    return { gap }
  },
})
`

const timed = `pipeline: timed
equipment: Acme/Line1
run: { on: change }
start: auto
steps: { gap: { function: time-waves, in: { value: boiler1.pressure } } }
outputs: { gap: { from: gap.gap } }
`

/** The arena's plant. Its history is kept for a day, which none of the jumps may shorten. */
const files = {
  ...arenaFiles,
  'plant.yaml': (arenaFiles['plant.yaml'] ?? '').replace('devices:', 'history: { keepEvents: 1d }\ndevices:'),
  'plugins/time-waves.ts': timer,
  'pipelines/timed.yaml': timed,
}

describe('hostile: the wall clock', function () {
  this.timeout(300_000)
  after(async () => {
    killPlantProcesses()
    await removePlantFolders()
  })

  it('may be put forward and back by hours and days: nothing is lost, nothing waits, history is in order, each jump is told', async () => {
    const clock = wallClock(await plantFolder({}))
    const arena = await startArena({ environment: clock.environment }, files)
    const { client, session, seen, listen, read } = await lastingClient(arena.url)
    const gaps = await listen(`${instances};s=pipe/timed.Outputs.gap`)
    const jumpsTold = async () => Number(await read(`${instances};s=health.ClockJumpCount`))
    await until('values come', () => seen.length > 10 && gaps.length > 10)
    const jumps: number[] = []
    const usual = gaps.length
    let last = 0
    for (const offsetMs of [2 * hourMs, 0, -2 * hourMs, 0, -dayMs, 0, 40 * dayMs, 0]) {
      await arena.suffer(async () => {
        clock.put(offsetMs)
        jumps.push(offsetMs - last)
        last = offsetMs
        await until(`the jump to ${offsetMs} ms is told`, async () => (await jumpsTold()) === jumps.length, 20_000)
        await sleep(1500)
      })
    }
    expect(breaks(seen), 'values that do not follow the one before').to.deep.equal([])
    expect(session.isReconnecting, 'whether the session was lost').to.equal(false)
    // Sampled every 100 ms: at most two intervals apart.
    expect(Math.max(...gaps.slice(usual)), 'longest gap between two samples').to.be.at.most(200 * slack)

    const told = await eventsOf(session, 'i=2253', {
      ...{ start: new Date(Date.now() - 2 * dayMs), end: new Date(Date.now() + 60 * dayMs) },
      ...{ fields: ['8:Jump'], where: { elements: [ofType(typeId('ClockJumpedEventType'))] } as never },
    })
    expect(told.map(({ Jump }) => Math.round(Number(Jump) / 1000) * 1000).sort()).to.deep.equal([...jumps].sort())

    const before = seen.length
    const history = () => historyOf(arena.url, new Date(Date.now() + 60 * dayMs))
    await until('all that was seen is kept', async () => (await history()).length >= before)
    const kept = await history()
    const times = kept.map(({ time }) => time)
    expect(times, 'times of history').to.deep.equal(times.toSorted((a, b) => a - b))
    // Whatever the clock said: each value once, and none is missing.
    const values = kept.map(({ value }) => value as number).toSorted((a, b) => a - b)
    expect(breaks(values), 'values that are missing or doubled').to.deep.equal([])
    expect(values).to.include.members(seen.slice(0, before))
    await client.disconnect()
    await arena.stop()
  })
})
