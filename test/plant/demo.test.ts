import { expect } from 'chai'
import { AttributeIds, ClientSubscription, DataType, type DataValue, StatusCodes, TimestampsToReturn } from 'node-opcua'
import { type DemoPlant, startDemo, until } from '../kit/demo-plant.ts'

describe('the demo plant, through an OPC UA client', function () {
  this.timeout(30_000)
  let demo: DemoPlant

  before(async () => {
    demo = await startDemo()
  })
  after(() => demo.stop())

  const contentOf = async (identifier: string): Promise<unknown> => (await demo.client.read(identifier)).value?.value
  const number = async (identifier: string): Promise<number> => Number(await contentOf(identifier))
  const stateOf = async (pipeline: string): Promise<number> => number(`pipe/${pipeline}.CurrentState.Number`)

  async function call(object: string, method: string): Promise<{ status: string; outputs: unknown[] }> {
    const { session, id } = demo.client
    const result = await session.call({ objectId: id(object), methodId: id(`${object}.${method}`) })
    return { status: result.statusCode.name, outputs: (result.outputArguments ?? []).map(({ value }) => value) }
  }

  const setTarget = (litres: number): Promise<string> =>
    demo.client.write('pipe/fill.Parameters.targetVolume', { dataType: DataType.Double, value: litres })

  it('shows what the PLC measures, with unit, range, status and source time', async () => {
    await until(
      'the level is Good',
      async () => (await demo.client.read('dev/plc1.level')).statusCode === StatusCodes.Good,
    )
    const level = await demo.client.read('dev/plc1.level')
    expect(level.value.dataType).to.equal(DataType.Float)
    expect(level.value.value).to.be.within(100, 200)
    expect(Date.now() - level.sourceTimestamp!.getTime()).to.be.within(0, 1000)
    expect(await contentOf('dev/plc1.level.EURange')).to.include({ low: 0, high: 200 })
    expect(await contentOf('dev/plc1.level.EngineeringUnits')).to.have.nested.property('displayName.text', 'l')
    expect(await number('dev/plc1.ConnectionState')).to.equal(3)
  })

  it('computes what the pipelines say, in step with what it reads', async () => {
    await until('watch has computed', async () =>
      (await demo.client.read('pipe/watch.Outputs.filling')).statusCode.isGood(),
    )
    const [level, filling] = [await number('dev/plc1.level'), await number('pipe/watch.Outputs.filling')]
    expect(filling).to.be.closeTo(level / 2, 1)
    expect(await contentOf('pipe/watch.Outputs.filling.EngineeringUnits')).to.have.nested.property(
      'displayName.text',
      '%',
    )
  })

  it('fills a bottle when it is started: one run at a time, and the valve is closed in the end', async () => {
    expect(await setTarget(2)).to.equal('Good')
    const first = await call('pipe/fill', 'Start')
    expect(first.status).to.equal('Good')
    expect(await call('pipe/fill', 'Start')).to.deep.equal({ status: 'BadInvalidState', outputs: [] })
    expect(await stateOf('fill')).to.equal(13)
    await until('the bottle is full', async () => (await stateOf('fill')) === 12, 20_000)
    expect(await number('pipe/fill.Outputs.filledVolume')).to.be.within(2, 2.6)
    expect(await contentOf('pipe/fill.Diagnostics.CurrentRunId')).to.equal(first.outputs[0])
    await until('the outcome is told', async () => (await number('pipe/fill.Diagnostics.LastOutcome')) === 1)
    expect(await number('dev/servo1.position')).to.be.closeTo(0, 0.5)
  })

  it('closes the valve when a run is halted, and waits for a reset', async () => {
    await setTarget(50)
    await call('pipe/fill', 'Start')
    await until('the valve is open', async () => (await number('dev/servo1.position')) > 80)
    expect((await call('pipe/fill', 'Halt')).status).to.equal('Good')
    expect(await stateOf('fill')).to.equal(11)
    await until('the valve is closed', async () => Math.abs(await number('dev/servo1.position')) < 0.5)
    expect((await call('pipe/fill', 'Start')).status).to.equal('BadInvalidState')
    expect((await call('pipe/fill', 'Reset')).status).to.equal('Good')
    expect(await stateOf('fill')).to.equal(12)
  })

  it('holds a run that is suspended and goes on when it is resumed', async () => {
    await setTarget(3)
    await call('pipe/fill', 'Start')
    await until(
      'something flows',
      async () => (await number('pipe/fill/volume.Outputs.total')) > 0.2 && (await number('dev/plc1.flow')) > 1,
    )
    expect((await call('pipe/fill', 'Suspend')).status).to.equal('Good')
    expect(await stateOf('fill')).to.equal(14)
    const held = await number('pipe/fill/volume.Outputs.total')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await number('pipe/fill/volume.Outputs.total')).to.equal(held)
    expect((await call('pipe/fill', 'Resume')).status).to.equal('Good')
    await until('the bottle is full', async () => (await stateOf('fill')) === 12, 20_000)
  })

  it('never shows an imbalance: a wave carries one consistent set of inputs', async () => {
    const seen: DataValue[] = []
    const subscription = ClientSubscription.create(demo.client.session, {
      requestedPublishingInterval: 50,
      publishingEnabled: true,
    })
    const item = await subscription.monitor(
      { nodeId: demo.client.id('pipe/balance.Outputs.imbalance'), attributeId: AttributeIds.Value },
      { samplingInterval: 0, queueSize: 1000 },
      TimestampsToReturn.Source,
    )
    item.on('changed', (dataValue) => seen.push(dataValue))
    const waves = await number('pipe/balance.Diagnostics.CycleCount')
    await demo.client.write('dev/plc1.refillLevel', { dataType: DataType.Float, value: 150 })
    await until('the level rises', async () => (await number('pipe/balance.Diagnostics.CycleCount')) > waves + 20)
    await subscription.terminate()
    expect(seen.length).to.be.greaterThan(0)
    expect(seen.filter(({ value }) => value.value !== 0)).to.deep.equal([])
  })

  it('writes a setpoint into the PLC, and refuses values and types that do not fit', async () => {
    expect(
      await demo.client.write('dev/plc1.temperatureSetpoint', { dataType: DataType.Double, value: 55.5 }),
    ).to.equal('Good')
    await until('the PLC has it', async () => (await number('dev/plc1.temperatureSetpoint')) === 55.5)
    expect(await demo.client.write('dev/plc1.temperatureSetpoint', { dataType: DataType.Double, value: 95 })).to.equal(
      'BadOutOfRange',
    )
    expect(
      await demo.client.write('dev/plc1.temperatureSetpoint', { dataType: DataType.String, value: 'hot' }),
    ).to.equal('BadTypeMismatch')
    expect(await demo.client.write('dev/plc1.level', { dataType: DataType.Float, value: 1 })).to.equal('BadNotWritable')
    expect(await demo.client.write('pipe/watch.Outputs.filling', { dataType: DataType.Double, value: 1 })).to.equal(
      'BadNotWritable',
    )
    expect(await number('dev/plc1.temperatureSetpoint')).to.equal(55.5)
  })

  it('moves the servo by its methods and answers their errors', async () => {
    const { session, id } = demo.client
    const move = async (position: number): Promise<{ status: string; settledAt: unknown }> => {
      const result = await session.call({
        objectId: id('dev/servo1.MethodSet'),
        methodId: id('dev/servo1.MethodSet.moveAbsolute'),
        inputArguments: [position, 90, 900].map((value) => ({ dataType: DataType.Double, value })),
      })
      return { status: result.statusCode.name, settledAt: result.outputArguments?.[0]?.value }
    }
    const reached = await move(20)
    expect(reached.status).to.equal('Good')
    expect(reached.settledAt).to.be.closeTo(20, 0.1)
    expect((await move(1000)).status).to.equal('BadOutOfRange')
    expect((await move(0)).status).to.equal('Good')
  })
})
