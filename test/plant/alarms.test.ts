import { expect } from 'chai'
import fillerPlc from '../../plugins/simulators/filler-plc.ts'
import { type DemoPlant, startDemo, until } from '../kit/demo-plant.ts'
import { type Listener, listen } from '../opcua/alarms/alarm-bench.ts'

const connection = 'dev/plc1.DeviceHealthAlarms.ConnectionFailure'

describe('alarms of the demo plant', function () {
  this.timeout(30_000)
  let demo: DemoPlant
  let events: Listener
  let plug: () => Promise<void> = async () => {}

  before(async () => {
    demo = await startDemo()
    events = await listen(demo.client, 'eq/Acme/Berlin/Line1/Filler')
    await until('watch has computed', async () => (await read('pipe/watch.Outputs.filling')).statusCode.isGood())
  })
  after(async () => {
    await demo.stop()
    await plug()
  })

  const read = (identifier: string) => demo.client.read(identifier)
  const shown = async (identifier: string): Promise<unknown> => (await read(identifier)).value.value

  it('are silent while the plant is healthy', async () => {
    expect(events.heard).to.deep.equal([])
    for (const alarm of [connection, 'pipe/watch.Alarms.fillingLevel', 'pipe/watch.Alarms.Fault']) {
      expect(await shown(`${alarm}.Retain`), alarm).to.equal(false)
    }
    expect(await shown('pipe/watch.Alarms.fillingLevel.LowLimit')).to.equal(45)
    expect(await shown('pipe/watch.Alarms.fillingLevel.OnDelay')).to.equal(1000)
    await until('the quality is Good', async () => {
      return (await read('pipe/watch.Alarms.fillingLevel.Quality')).value.value.name === 'Good'
    })
  })

  it('tell that plc1 is unplugged, what is wrong with its values, and that it is back', async () => {
    await demo.plant.simulationByDevice.get('plc1')!.stop()
    await until('the connection alarm is active', () => events.of(connection).length > 0, 8000)
    const raised = events.of(connection)[0]!
    expect(raised).to.include({ Severity: 700, SourceName: 'Filler PLC', 'ActiveState.Id': true })
    expect(raised.Message).to.match(/^Filler PLC cannot be reached: ./)
    const quality = (await read('pipe/watch.Alarms.fillingLevel.Quality')).value.value.name
    expect(quality).to.equal('BadNoCommunication')
    const overrides = demo.plant.simulationByDevice.get('plc1')!.overrides as { port: number; unitId: number }
    const back = await fillerPlc.start({ seed: 1, port: overrides.port, unitId: overrides.unitId })
    plug = () => back.stop()
    await until('the connection alarm is over', () => events.of(connection).length > 1, 15_000)
    expect(events.of(connection)[1]).to.include({ 'ActiveState.Id': false, Retain: true })
  })
})
