import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { AttributeIds, DataType } from 'node-opcua'
import { type DemoPlant, startDemo, until } from '../kit/demo-plant.ts'
import { rawOf } from '../opcua/history/reading.ts'

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
    expect(await read(volume)).to.deep.equal([true, 5])
    expect(await read('pipe/watch.Outputs.filling')).to.deep.equal([false, 1])
  })
})

describe('a plant whose history cannot be kept', function () {
  this.timeout(60_000)

  it('says so in its log and runs on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-data-'))
    // A file where the folder of the data should be.
    const dataFolder = join(import.meta.dirname, 'history.test.ts')
    const demo = await startDemo(undefined, dataFolder)
    try {
      expect(demo.logged(/history is not kept/)).to.contain('the plant runs on')
      await until('the level is Good', async () => (await demo.client.read('dev/plc1.level')).statusCode.isGood())
      const nodeId = demo.client.id('pipe/fill.Outputs.filledVolume')
      const answer = await rawOf(demo.client.session, nodeId, { start: new Date(0), end: new Date() }).catch(String)
      expect(answer).to.match(/Bad/)
    } finally {
      await demo.stop()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
