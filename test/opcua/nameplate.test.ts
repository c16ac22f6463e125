import { expect } from 'chai'
import { DataType } from 'node-opcua'
import { bad, type Sample } from '../../src/model/sample.ts'
import { Status } from '../../src/model/status.ts'
import { type Bench, type Client, startBench } from './bench.ts'
import { HandMadePlant } from './hand-made-plant.ts'

const nameplate = {
  manufacturer: 'Acme Controls',
  manufacturerUri: 'https://acme.example',
  model: 'PLC 300',
  productCode: '300',
  hardwareRevision: '2',
  softwareRevision: '1.4.2',
  deviceRevision: 'B',
  deviceManual: 'https://acme.example/plc300',
  deviceClass: 'Programmable controller',
  serialNumber: '300-4711',
  productInstanceUri: 'urn:acme:300-4711',
  revisionCounter: 3,
  assetId: 'A-1001',
  componentName: 'Filler PLC',
}

/** The hand-made plant with a nameplate on plc1. */
class NamedPlant extends HandMadePlant {
  override readonly devices = new HandMadePlant().devices.map((device) =>
    device.id === 'plc1' ? { ...device, nameplate } : device,
  )
}

describe('device: nameplate, groups and health', () => {
  const plant = new NamedPlant()
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench({ view: plant })
    client = await bench.connect()
  })
  after(() => bench.stop())

  const valueAt = async (identifier: string): Promise<unknown> => (await client.read(identifier)).value.value
  async function organized(group: string): Promise<string[]> {
    const { references } = await client.session.browse({
      nodeId: client.id(group),
      referenceTypeId: 'Organizes',
      browseDirection: 0,
      includeSubtypes: false,
      resultMask: 63,
      nodeClassMask: 0,
    })
    return (references ?? []).map(({ nodeId }) => String(nodeId.value)).sort()
  }

  for (const [key, value] of Object.entries(nameplate)) {
    const name = `${key.charAt(0).toUpperCase()}${key.slice(1)}`
    it(`shows ${key} as 2:${name}`, async () => {
      const shown = (await valueAt(`dev/plc1.${name}`)) as { text?: string }
      expect(shown.text ?? shown).to.equal(value)
    })
  }

  it('organizes the nameplate in Identification', async () => {
    const names = Object.keys(nameplate).map((key) => `dev/plc1.${key.charAt(0).toUpperCase()}${key.slice(1)}`)
    expect(await organized('dev/plc1.Identification')).to.deep.equal(names.sort())
  })

  it('leaves what is not known empty, and optional properties out', async () => {
    expect(((await valueAt('dev/servo1.Manufacturer')) as { text: string | null }).text ?? '').to.equal('')
    expect(await valueAt('dev/servo1.RevisionCounter')).to.equal(-1)
    expect((await client.read('dev/servo1.AssetId')).statusCode.name).to.equal('BadNodeIdUnknown')
    expect(await organized('dev/servo1.Identification')).to.have.lengthOf(8)
  })

  it('refuses to let a client change the nameplate', async () => {
    const status = await client.write('dev/plc1.SerialNumber', { dataType: DataType.String, value: 'x' })
    expect(status).to.equal('BadNotWritable')
  })

  it('organizes tags and methods in Operational, and the state of the link in Diagnostics', async () => {
    expect(await organized('dev/servo1.Operational')).to.deep.equal(
      ['MethodSet.home', 'MethodSet.moveAbsolute', 'Position', 'TargetPosition'].map((name) => `dev/servo1.${name}`),
    )
    expect(await organized('dev/servo1.Diagnostics')).to.deep.equal(
      ['ConnectionState', 'LastError', 'LastErrorCode'].map((name) => `dev/servo1.${name}`),
    )
  })

  for (const [state, health] of [
    ['Connecting', 2],
    ['Connected', 0],
    ['Disconnected', 1],
    ['Connecting', 1],
    ['Error', 1],
    ['Connected', 0],
    ['Disabled', 2],
  ] as const) {
    it(`has the DeviceHealth ${health}, when it is ${state} next`, async () => {
      plant.set('servo1#connectionState', state)
      expect(await valueAt('dev/servo1.DeviceHealth')).to.equal(health)
    })
  }

  const sample = (status: number): Sample => ({ value: 1, status, sourceTime: Date.now() })
  for (const status of [
    'UncertainSimulatedValue',
    'UncertainSubstituteValue',
    'UncertainLastUsableValue',
    'UncertainNoCommunicationLastUsableValue',
  ] as const) {
    it(`is OFF_SPEC while it is connected and a value is ${status}`, async () => {
      plant.set('servo1#connectionState', 'Connected')
      plant.emit({ tag: 'servo1.Position', sample: sample(Status[status]) })
      expect(await valueAt('dev/servo1.DeviceHealth')).to.equal(3)
      plant.set('servo1#connectionState', 'Disconnected')
      expect(await valueAt('dev/servo1.DeviceHealth')).to.equal(1)
      plant.set('servo1#connectionState', 'Connected')
      plant.set('servo1.Position', 2)
      expect(await valueAt('dev/servo1.DeviceHealth')).to.equal(0)
    })
  }

  it('stays NORMAL when a value is Bad for another reason', async () => {
    plant.set('servo1#connectionState', 'Connected')
    plant.emit({ tag: 'servo1.Position', sample: bad(Status.BadSensorFailure, 1) })
    expect(await valueAt('dev/servo1.DeviceHealth')).to.equal(0)
  })

  for (const [diagnostic, member, value] of [
    ['requestCount', 'Diagnostics.RequestCount', 4294967295],
    ['errorCount', 'Diagnostics.ErrorCount', 2],
    ['reconnectCount', 'Diagnostics.ReconnectCount', 3],
    ['roundTripTime', 'Diagnostics.RoundTripTime', 1.5],
    ['lastCommunicationTime', 'Diagnostics.LastCommunicationTime', new Date(1_000)],
  ] as const) {
    it(`shows ${diagnostic} in ${member}`, async () => {
      plant.set(`plc1#${diagnostic}`, value)
      expect(await valueAt(`dev/plc1.${member}`)).to.deep.equal(value)
    })
  }
})
