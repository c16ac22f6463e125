import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { BrowseDirection } from 'node-opcua'
import { packageRoot } from '../../src/package-root.ts'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'

/** For a client without certificates, on loopback only. */
const open = 'server: { anonymous: operate, security: { unsecured: true } }\n'

describe('the plant of meters on a bus', function () {
  this.timeout(30_000)
  let scratch: ScratchPlant
  let client: Client

  before(async () => {
    const files = ['plant.yaml', 'pipelines/balance.yaml']
    const texts = await Promise.all(
      files.map((file) => readFile(join(packageRoot, 'test/plants/meter-bus', file), 'utf8')),
    )
    texts[0] = `${open}${texts[0]}`
    scratch = await startScratch(Object.fromEntries(files.map((file, index) => [file, texts[index] ?? ''])))
    client = await scratch.connect()
    await until('the balance is computed', async () => (await status('pipe/balance.Outputs.unaccounted')) === 'Good')
  })
  after(() => scratch.stop())

  const status = async (id: string): Promise<string> => (await client.read(id)).statusCode.name
  const value = async (id: string): Promise<unknown> => (await client.read(id)).value.value

  const typeName = async (id: string): Promise<string | null | undefined> => {
    const description = {
      ...{ nodeId: client.id(id), referenceTypeId: 'i=40', browseDirection: BrowseDirection.Forward },
      ...{ includeSubtypes: true, nodeClassMask: 0, resultMask: 63 },
    }
    return (await client.session.browse(description)).references?.[0]?.browseName.name
  }

  it('shows all units as devices on Modbus RTU, read over one line', async () => {
    await until('all has been read', async () => (await status('dev/main.frequency')) === 'Good')
    expect(await value('dev/main.voltage')).to.equal(230)
    expect(await value('dev/main.power')).to.equal(42)
    expect(await value('dev/main.frequency')).to.equal(50)
    expect(await value('dev/oven.isHeating')).to.equal(true)
    expect(await value('pipe/balance.Outputs.unaccounted')).to.be.closeTo(16.5, 1e-6)
    expect(await typeName('dev/press')).to.equal('ModbusRtuDeviceType')
    expect(await value('dev/press.Configuration.transport')).to.equal('rtu-over-tcp')
    expect(await value('dev/press.Configuration.unitId')).to.equal(2)
  })

  it('writes to the unit that is meant', async () => {
    expect(await client.write('dev/press.relay', { dataType: 'Boolean', value: false })).to.equal('Good')
    expect(await client.write('dev/oven.label', { dataType: 'String', value: 'Oven 7' })).to.equal('Good')
    await until('the press is off', async () => (await value('dev/press.power')) === 0, 3000)
    await until('the oven has its name', async () => (await value('dev/oven.label')) === 'Oven 7', 3000)
    expect(await value('dev/oven.power')).to.equal(18)
    expect(await client.write('dev/press.ratio', { dataType: 'UInt16', value: 1000 })).to.equal('BadOutOfRange')
  })

  it('loses one unit without the others', async () => {
    await scratch.plant.simulationByDevice.get('oven')?.stop()
    await until('the oven is gone', async () => (await status('dev/oven.power')) === 'BadNoCommunication', 10_000)
    const isBad = async () => (await status('pipe/balance.Outputs.unaccounted')).startsWith('Bad')
    await until('what depends on it is Bad', isBad, 3000)
    await until('the others are read', async () => (await status('dev/main.power')) === 'Good', 3000)
    expect(await status('dev/press.power')).to.equal('Good')
  })
})
