import { expect } from 'chai'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import { rawOf } from '../opcua/history/reading.ts'
import { changesOf, dataValue, deletingAt, deletingRange, historyUpdate, putting } from '../opcua/history/updating.ts'
import { plantFile, scaling } from './change-plants.ts'

describe('changing the history of a running plant', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant

  before(async () => {
    const outputs = 'scaled: { from: scaled.scaled, min: 0, max: 180, history: { keep: 1d } }'
    scratch = await startScratch({ 'plant.yaml': plantFile, 'pipelines/scale.yaml': scaling({ outputs }) })
  })
  after(() => scratch.stop())

  it('goes on beside the recording, and is all there after a restart', async () => {
    const past = Date.now() - 1_800_000
    let { session, id } = await scratch.connect('ConfigureAdmin')
    const nodeId = id('pipe/scale.Outputs.scaled')
    const range = { start: new Date(past - 60_000), end: new Date(Date.now() + 600_000) }
    const rows = () => rawOf(session, nodeId, range)
    await until('there are ten samples', async () => (await rows()).length >= 10)
    const [first, second, third] = (await rows()).map(({ time }) => new Date(time))
    const values = [0, 1, 2].map((index) => dataValue(new Date(past + index), index))
    const results = await historyUpdate(
      session,
      putting('Insert', nodeId, values),
      putting('Replace', nodeId, [dataValue(first as Date, -1)]),
      deletingAt(nodeId, [second as Date]),
      deletingRange(nodeId, { start: new Date(past + 1), end: new Date(past + 2) }),
    )
    expect(results.map(({ status, operations }) => [status, ...operations])).to.deep.equal([
      ['Good', 'GoodEntryInserted', 'GoodEntryInserted', 'GoodEntryInserted'],
      ['Good', 'GoodEntryReplaced'],
      ['Good', 'Good'],
      ['Good'],
    ])
    const changed = await rows()
    expect(changed.slice(0, 4).map(({ time, value }) => [time, value])).to.deep.equal([
      [past, 0],
      [past + 2, 2],
      [first?.getTime(), -1],
      [third?.getTime(), changed[3]?.value],
    ])
    const changes = (await changesOf(session, nodeId, range)).flat()
    expect(changes.map(({ kind, user }) => `${kind} ${user}`)).to.deep.equal([
      ...['1', '1', '4', '1', '2', '4'].map((kind) => `${kind} ConfigureAdmin`),
    ])
    await scratch.restart()
    ;({ session, id } = await scratch.connect('ConfigureAdmin'))
    expect((await rows()).slice(0, changed.length)).to.deep.equal(changed)
    expect((await changesOf(session, nodeId, range)).flat()).to.deep.equal(changes)
  })
})
