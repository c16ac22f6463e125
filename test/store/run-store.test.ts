import { expect } from 'chai'
import { good } from '../../src/model/sample.ts'
import type { RunEnd, RunStart } from '../../src/store/run-store.ts'
import { codeOf } from '../sqlite/scratch.ts'
import { describeStores } from './stores.ts'

const run = (number: number, more: Partial<RunStart> = {}): RunStart => ({
  runId: `run-${number}`,
  pipeline: number % 2 === 0 ? 'even' : 'odd',
  version: 3,
  trigger: 'user',
  initiator: 'ada',
  parameters: { target: good(-0, 900), batch: good(2n ** 63n, 901) },
  startedAt: 1000 + number,
  ...more,
})
const end: RunEnd = {
  endedAt: 2000,
  outcome: 'Failed',
  cycles: 12,
  results: [{ tag: 'fill.volume', sample: good(new Uint8Array([1]), 1999.25) }],
  error: 'the valve is stuck',
}

describeStores('runs', (rig) => {
  it('keeps how a run began and how it ended', async () => {
    const { runs } = rig.store
    await runs.start(run(1))
    expect(await runs.find('run-1')).to.deep.equal(run(1))
    expect(await runs.end('run-1', end)).to.equal(true)
    await rig.reopen()
    expect(await rig.store.runs.find('run-1')).to.deep.equal({ ...run(1), end })
    expect(await rig.store.runs.find('run-2')).to.equal(undefined)
  })

  it('keeps what has no version and no error', async () => {
    const { runs } = rig.store
    const { version: _, ...unversioned } = run(1)
    const { error: __, ...completed } = { ...end, outcome: 'Completed' as const }
    await runs.start(unversioned)
    await runs.end('run-1', completed)
    expect(await runs.find('run-1')).to.deep.equal({ ...unversioned, end: completed })
  })

  it('ends no run twice and none that was never started', async () => {
    const { runs } = rig.store
    await runs.start(run(1))
    await runs.end('run-1', end)
    expect(await runs.end('run-1', { ...end, outcome: 'Completed' })).to.equal(false)
    expect(await runs.end('run-2', end)).to.equal(false)
    expect((await runs.find('run-1'))?.end?.outcome).to.equal('Failed')
  })

  it('keeps a run whole, whether its start was kept before or not, and leaves one that has ended as it is', async () => {
    const { runs } = rig.store
    await runs.save(run(1))
    expect((await runs.open()).map(({ runId }) => runId)).to.deep.equal(['run-1'])
    for (const number of [1, 2]) {
      await runs.save({ ...run(number), end })
      await runs.save({ ...run(number), end: { ...end, outcome: 'Completed' } })
      await runs.save(run(number))
      expect(await runs.find(`run-${number}`)).to.deep.equal({ ...run(number), end })
    }
    expect(await runs.summary('odd')).to.deep.equal({ newest: { ...run(1), end }, count: 1 })
    expect(await runs.summary('none')).to.deep.equal({ newest: undefined, count: 0 })
  })

  it('refuses an id that was used', async () => {
    await rig.store.runs.start(run(1))
    expect(await codeOf(rig.store.runs.start(run(1)))).to.equal('database-failed')
  })

  it('tells the runs that a crash has cut off, oldest first', async () => {
    for (const number of [3, 1, 2]) await rig.store.runs.start(run(number))
    await rig.store.runs.end('run-1', end)
    await rig.reopen()
    expect((await rig.store.runs.open()).map(({ runId }) => runId)).to.deep.equal(['run-3', 'run-2'])
  })

  it('lists pages that together are the whole, in both directions and with equal times', async () => {
    const { runs } = rig.store
    for (let number = 0; number < 10; number += 1) await runs.start(run(number, { startedAt: 1000 + (number >> 2) }))
    for (const isBackward of [false, true]) {
      const listed: string[] = []
      let after: { time: number; seq: number } | undefined
      do {
        const page = await runs.list({ limit: 3, isBackward, after })
        listed.push(...page.entries.map(({ runId }) => runId))
        after = page.next
      } while (after)
      const all = Array.from({ length: 10 }, (_, number) => `run-${number}`)
      expect(listed).to.deep.equal(isBackward ? all.reverse() : all)
    }
  })

  it('lists what started in a span, of one pipeline or of all', async () => {
    const { runs } = rig.store
    for (let number = 0; number < 6; number += 1) await runs.start(run(number))
    const ids = async (span: { from?: number; to?: number; pipeline?: string }): Promise<string[]> =>
      (await runs.list({ limit: 100, ...span })).entries.map(({ runId }) => runId)
    expect(await ids({ from: 1002, to: 1004 })).to.deep.equal(['run-2', 'run-3'])
    expect(await ids({ pipeline: 'even' })).to.deep.equal(['run-0', 'run-2', 'run-4'])
    expect(await ids({ pipeline: 'even', from: 1001 })).to.deep.equal(['run-2', 'run-4'])
    expect(await ids({ pipeline: 'none' })).to.deep.equal([])
  })

  it('removes old runs in small steps and never one that is under way', async () => {
    const { runs } = rig.store
    for (let number = 0; number < 5; number += 1) await runs.start(run(number))
    for (let number = 1; number < 5; number += 1) await runs.end(`run-${number}`, end)
    expect(await runs.removeBefore(1004, 2)).to.equal(2)
    expect(await runs.removeBefore(1004, 2)).to.equal(1)
    expect(await runs.removeBefore(1004, 2)).to.equal(0)
    const left = (await runs.list({ limit: 10 })).entries.map(({ runId }) => runId)
    expect(left).to.deep.equal(['run-0', 'run-4'])
  })
})
