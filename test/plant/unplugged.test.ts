import { expect } from 'chai'
import type { DataValue } from 'node-opcua'
import fillerPlc from '../../plugins/simulators/filler-plc.ts'
import { type DemoPlant, startDemo, until } from '../kit/demo-plant.ts'

describe('the demo plant, when plc1 is unplugged', function () {
  this.timeout(30_000)
  let demo: DemoPlant
  let plug: () => Promise<void> = async () => {}

  before(async () => {
    demo = await startDemo()
    await until('watch has computed', async () => (await read('pipe/watch.Outputs.filling')).statusCode.isGood())
  })
  after(async () => {
    await demo.stop()
    await plug()
  })

  const read = (identifier: string): Promise<DataValue> => demo.client.read(identifier)
  const statusOf = async (identifier: string): Promise<string> => (await read(identifier)).statusCode.name
  const timeOf = async (identifier: string): Promise<number> => (await read(identifier)).sourceTimestamp!.getTime()

  it('turns its tags and all that is computed from them Bad within the timeout, and keeps their source times', async () => {
    const simulation = demo.plant.simulationByDevice.get('plc1')!
    await simulation.stop()
    const unpluggedAt = Date.now()
    await until('the tag is Bad', async () => (await statusOf('dev/plc1.level')).startsWith('Bad'), 2000)
    const lastRead = await timeOf('dev/plc1.level')
    expect(lastRead).to.be.within(unpluggedAt - 1000, unpluggedAt + 200)
    await until(
      'what is computed is Bad',
      async () => (await statusOf('pipe/watch.Outputs.filling')).startsWith('Bad'),
      1000,
    )
    expect(await statusOf('pipe/balance.Outputs.sum')).to.match(/^Bad/)
    await until(
      'the link is known to be down',
      async () => (await statusOf('dev/plc1.level')) === 'BadNoCommunication',
      3000,
    )
    expect(await statusOf('pipe/watch/filling.Inputs.value')).to.equal('BadNoCommunication')
    expect(await timeOf('dev/plc1.level')).to.equal(lastRead)
    expect(await timeOf('pipe/watch.Outputs.filling')).to.be.at.most(lastRead)
    expect(demo.plant.pipelines.latest('watch.filling')).to.include({ cause: 'plc1' })
  })

  it('leaves alone what does not depend on it', async () => {
    expect(await statusOf('dev/servo1.position')).to.equal('Good')
    expect(await statusOf('pipe/watch.Outputs.valveOpening')).to.equal('Good')
    expect((await read('pipe/watch.CurrentState.Number')).value.value).to.equal(13)
  })

  it('answers writers that it is not connected', async () => {
    expect(await demo.client.write('dev/plc1.refillLevel', { dataType: 'Float', value: 90 })).to.equal(
      'BadNotConnected',
    )
  })

  it('recovers by itself when the PLC is back', async () => {
    const overrides = demo.plant.simulationByDevice.get('plc1')!.overrides as { port: number; unitId: number }
    const back = await fillerPlc.start({ seed: 1, port: overrides.port, unitId: overrides.unitId })
    plug = () => back.stop()
    const pluggedAt = Date.now()
    await until('the tag is Good', async () => (await statusOf('dev/plc1.level')) === 'Good', 5000)
    expect(await timeOf('dev/plc1.level')).to.be.at.least(pluggedAt - 50)
    await until('what is computed is Good', async () => (await statusOf('pipe/watch.Outputs.filling')) === 'Good', 1000)
    await until('so is the diamond', async () => (await statusOf('pipe/balance.Outputs.sum')) === 'Good', 1000)
    await until(
      'it is counted',
      async () => (await read('dev/plc1.Diagnostics.ReconnectCount')).value.value === 1,
      1000,
    )
    expect(demo.logged(/Filler PLC is (dis)?connected/)).to.match(/is connected/)
  })
})
