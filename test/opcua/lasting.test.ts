import { expect } from 'chai'
import { AttributeIds, DataType } from 'node-opcua'
import { type Bench, type Client, startBench } from './bench.ts'
import { HandMadePlant } from './hand-made-plant.ts'

/** A plant that keeps what is done to it, when and if a test says so. */
class KeepingPlant extends HandMadePlant {
  waits = 0
  answer: Promise<boolean> = Promise.resolve(true)

  async kept(): Promise<boolean> {
    this.waits++
    return this.answer
  }
}

describe('what a client has changed', () => {
  let bench: Bench
  let plant: KeepingPlant
  let client: Client

  before(async () => {
    plant = new KeepingPlant()
    bench = await startBench({ view: plant })
    client = await bench.connect()
  })
  beforeEach(() => {
    plant.waits = 0
    plant.answer = Promise.resolve(true)
  })
  after(() => bench.stop())

  const parameter = 'pipe/fill.Parameters.TargetVolume'
  const write = async (values: readonly (number | string)[], identifier = parameter) => {
    const statuses = await client.session.write(
      values.map((value) => ({
        nodeId: client.id(identifier),
        attributeId: AttributeIds.Value,
        value: { value: { dataType: typeof value === 'number' ? DataType.Double : DataType.String, value } },
      })),
    )
    return statuses.map(({ name }) => name)
  }
  const call = async (...methods: string[]) => {
    const methodsToCall = methods.map((method) => {
      const objectId = client.id(method.slice(0, method.lastIndexOf('.')))
      return { objectId, methodId: client.id(method) }
    })
    return (await client.session.call(methodsToCall)).map(({ statusCode }) => statusCode.name)
  }

  it('is kept before it is answered: once for all parameters of a request', async () => {
    expect(await write([1, 2, 3])).to.deep.equal(['Good', 'Good', 'Good'])
    expect(plant.waits).to.equal(1)
  })

  it('is not answered before', async () => {
    let isKept = false
    let keep: () => void = () => {}
    plant.answer = new Promise((resolve) => {
      keep = () => {
        isKept = true
        resolve(true)
      }
    })
    const written = write([4]).then((statuses) => ({ statuses, isKept }))
    // Others do not wait.
    expect((await client.read(parameter)).statusCode.name).to.equal('Good')
    setTimeout(keep, 50)
    expect(await written).to.deep.equal({ statuses: ['Good'], isKept: true })
  })

  it('and cannot be kept in time is told as GoodCompletesAsynchronously, and what was refused as before', async () => {
    plant.answer = Promise.resolve(false)
    expect(await write([5, 'text', 51])).to.deep.equal([
      ...['GoodCompletesAsynchronously', 'BadTypeMismatch', 'BadOutOfRange'],
    ])
    expect(await call('pipe/fill.Start', 'pipe/fill.Start')).to.deep.equal([
      ...['GoodCompletesAsynchronously', 'BadInvalidState'],
    ])
  })

  it('is nothing when all was refused, so that nobody waits', async () => {
    expect(await write([51])).to.deep.equal(['BadOutOfRange'])
    expect(plant.waits).to.equal(0)
  })

  it('of a Program is kept too, and its answer has its outputs', async () => {
    expect(await call('pipe/fill.Halt', 'pipe/fill.Reset')).to.deep.equal(['Good', 'Good'])
    expect(plant.waits).to.equal(1)
    plant.answer = Promise.resolve(false)
    const start = { objectId: client.id('pipe/fill'), methodId: client.id('pipe/fill.Start') }
    const answer = await client.session.call(start)
    expect(answer.outputArguments?.[0]?.value).to.match(/^fill-/)
  })

  it('of a device is the device’s to keep: nothing waits for it', async () => {
    plant.answer = Promise.resolve(false)
    expect(await call('dev/servo1.Connect')).to.deep.equal(['Good'])
    expect(plant.waits).to.equal(0)
  })
})
