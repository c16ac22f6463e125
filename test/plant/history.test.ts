import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { AttributeIds, DataType } from 'node-opcua'
import { type DemoPlant, startDemo, until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import { rawOf } from '../opcua/history/reading.ts'
import { plantFile, scaling } from './change-plants.ts'

describe('the history of the demo plant, through an OPC UA client', function () {
  this.timeout(60_000)
  let folder: string
  let demo: DemoPlant

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-data-'))
    demo = await startDemo(undefined, join(folder, 'made', 'by', 'the', 'plant'))
  })
  after(async () => {
    await demo.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  const volume = 'pipe/fill.Outputs.filledVolume'
  const number = async (identifier: string): Promise<number> => Number((await demo.client.read(identifier)).value.value)
  const history = () => {
    const { session, id } = demo.client
    return rawOf(session, id(volume), { start: new Date(Date.now() - 3_600_000), end: new Date(Date.now() + 60_000) })
  }

  it('keeps what went into a bottle, to the last sample, and shows the same after a restart', async () => {
    const { session, id } = demo.client
    await demo.client.write('pipe/fill.Parameters.targetVolume', { dataType: DataType.Double, value: 2 })
    const start = { objectId: id('pipe/fill'), methodId: id('pipe/fill.Start') }
    expect((await session.call(start)).statusCode.name).to.equal('Good')
    await until('the bottle is full', async () => (await number('pipe/fill.CurrentState.Number')) === 12, 20_000)
    const filled = await demo.client.read(volume)
    const before = await history()
    expect(before.length).to.be.greaterThan(3)
    expect(before.at(-1)).to.include({ value: filled.value.value, status: filled.statusCode.name })
    expect(filled.value.value).to.be.within(2, 2.6)
    const volumes = before.filter(({ status }) => status === 'Good').map(({ value }) => Number(value))
    expect(volumes).to.deep.equal([...volumes].sort((a, b) => a - b))

    await demo.stop()
    demo = await startDemo(undefined, join(folder, 'made', 'by', 'the', 'plant'))
    const after = await history()
    expect(after.slice(0, before.length)).to.deep.equal(before)
  })

  it('says so in the attributes of the output, and of no other', async () => {
    const attributes = [AttributeIds.Historizing, AttributeIds.AccessLevel]
    const read = async (identifier: string) => {
      const nodeId = demo.client.id(identifier)
      const values = await demo.client.session.read(attributes.map((attributeId) => ({ nodeId, attributeId })))
      return values.map(({ value }) => value.value as unknown)
    }
    expect(await read(volume)).to.deep.equal([true, 13])
    expect(await read('pipe/watch.Outputs.filling')).to.deep.equal([false, 1])
  })
})

describe('the history of a plant that changes while it runs', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant

  before(async () => {
    const outputs = 'scaled: { from: scaled.scaled, min: 0, max: 180 }'
    scratch = await startScratch({ 'plant.yaml': plantFile, 'pipelines/scale.yaml': scaling({ outputs }) })
  })
  after(() => scratch.stop())

  it('begins with the definition that asks for it, and can be read until another takes it away', async () => {
    const { session, id } = await scratch.connect('Observer')
    const index = (await session.readNamespaceArray()).indexOf('urn:millrace:plant:line')
    const nodeId = id('pipe/scale.Outputs.scaled').replace(/^ns=-?\d+/, `ns=${index}`)
    const count = async (): Promise<number | string> => {
      const range = { start: new Date(Date.now() - 60_000), end: new Date(Date.now() + 60_000) }
      return rawOf(session, nodeId, range).then(
        ({ length }) => length,
        (error: Error) => error.message,
      )
    }
    expect(await count()).to.equal('BadHistoryOperationUnsupported')
    const kept = 'scaled: { from: scaled.scaled, min: 0, max: 180, history: { keep: 1d } }'
    expect(await scratch.apply('pipelines/scale.yaml', scaling({ outputs: kept }))).to.deep.equal([])
    await until('there are ten samples', async () => Number(await count()) >= 10)
    expect(await scratch.apply('pipelines/scale.yaml', scaling())).to.deep.equal([])
    expect(await count()).to.equal('BadHistoryOperationUnsupported')
    expect(await scratch.apply('pipelines/scale.yaml', scaling({ outputs: kept }))).to.deep.equal([])
    expect(await count()).to.be.at.least(10)
  })
})

describe('a plant whose history cannot be kept', function () {
  this.timeout(60_000)

  it('says so in its log and runs on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-data-'))
    const foreign = 'minutes of the last meeting, which nobody may overwrite\n'.repeat(20)
    await writeFile(join(folder, 'history.db'), foreign)
    const demo = await startDemo(undefined, folder)
    try {
      expect(demo.logged(/history is not kept for now/)).to.contain('the plant runs on')
      await until('the level is Good', async () => (await demo.client.read('dev/plc1.level')).statusCode.isGood())
      const nodeId = demo.client.id('pipe/fill.Outputs.filledVolume')
      const answer = await rawOf(demo.client.session, nodeId, { start: new Date(0), end: new Date() }).catch(String)
      expect(answer).to.match(/Bad/)
      const { session, id } = demo.client
      const found = await session.call({
        ...{ objectId: id('pipe/fill'), methodId: id('pipe/fill.FindRun') },
        inputArguments: [
          { dataType: DataType.String, value: 'filledVolume' },
          { dataType: DataType.DateTime, value: new Date() },
          { dataType: DataType.UInt32, value: 0 },
        ],
      })
      expect(found.statusCode.name).to.equal('BadResourceUnavailable')
      expect(await readFile(join(folder, 'history.db'), 'utf8')).to.equal(foreign)
    } finally {
      await demo.stop()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
