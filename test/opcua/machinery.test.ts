import { expect } from 'chai'
import { BrowseDirection, type ReferenceDescription } from 'node-opcua'
import { itemStateOf } from '../../src/opcua/machinery-state.ts'
import { type Bench, type Client, startBench } from './bench.ts'
import { HandMadePlant } from './hand-made-plant.ts'

const filler = 'eq/Acme/Berlin/Line1/Filler'
const nameplate = {
  manufacturer: 'Acme Filling Machines',
  serialNumber: 'F-17',
  productInstanceUri: 'urn:acme:F-17',
  model: 'Filler 12',
  yearOfConstruction: 2026,
  monthOfConstruction: 3,
  initialOperationDate: '2026-04-01',
  location: 'Hall 1',
}

/** The hand-made plant with a nameplate on its work unit. */
class NamedPlant extends HandMadePlant {
  override readonly equipment = new HandMadePlant().equipment.map((equipment) =>
    equipment.level === 'WorkUnit' ? { ...equipment, nameplate: this.nameplate } : equipment,
  )

  protected get nameplate(): object {
    return nameplate
  }
}

class HalfNamedPlant extends NamedPlant {
  protected override get nameplate(): object {
    return { manufacturer: 'Acme', serialNumber: 'F-17' }
  }
}

async function references(client: Client, nodeId: string, referenceTypeId: string): Promise<ReferenceDescription[]> {
  const browseDirection = BrowseDirection.Forward
  const request = { nodeId, referenceTypeId, includeSubtypes: true, browseDirection, resultMask: 63, nodeClassMask: 0 }
  return (await client.session.browse(request)).references ?? []
}

async function machinery(client: Client): Promise<string> {
  const index = (await client.session.readNamespaceArray()).indexOf('http://opcfoundation.org/UA/Machinery/')
  return `ns=${index};i=1001`
}

describe('work unit as a MachineryItem', () => {
  const plant = new NamedPlant()
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench({ view: plant })
    client = await bench.connect()
  })
  after(() => bench.stop())

  const shown = async (identifier: string): Promise<unknown> => (await client.read(identifier)).value.value

  it('is listed in Objects/Machines', async () => {
    const listed = await references(client, await machinery(client), 'Organizes')
    expect(listed.map(({ nodeId }) => nodeId.value)).to.deep.equal([filler])
  })

  it('has an Identification of MachineIdentificationType, with what is known and nothing else', async () => {
    const identification = `${filler}.Identification`
    const [type] = await references(client, client.id(identification), 'HasTypeDefinition')
    expect(type?.browseName.name).to.equal('MachineIdentificationType')
    const names = (await references(client, client.id(identification), 'HasProperty')).map(
      ({ browseName }) => browseName.name,
    )
    expect(names).to.have.members(Object.keys(nameplate).map((key) => key.charAt(0).toUpperCase() + key.slice(1)))
    expect(await shown(`${identification}.Manufacturer`)).to.have.property('text', 'Acme Filling Machines')
    expect(await shown(`${identification}.ProductInstanceUri`)).to.equal('urn:acme:F-17')
    expect(await shown(`${identification}.YearOfConstruction`)).to.equal(2026)
    expect(await shown(`${identification}.MonthOfConstruction`)).to.equal(3)
    expect(await shown(`${identification}.InitialOperationDate`)).to.deep.equal(new Date('2026-04-01T00:00:00Z'))
  })

  it('has the building blocks by HasAddIn, under the names of OPC 40001-1 and DI', async () => {
    const blocks = await references(client, client.id(`${filler}.MachineryBuildingBlocks`), 'HasAddIn')
    expect(blocks.map(({ browseName }) => browseName.toString()).sort()).to.deep.equal([
      '2:Identification',
      '4:MachineryItemState',
    ])
    const addIns = await references(client, client.id(filler), 'HasAddIn')
    expect(addIns.map(({ browseName }) => browseName.toString())).to.include('2:Identification')
  })

  for (const [what, tag, value, state] of [
    ['devices are out of reach', 'plc1#connectionState', 'Disconnected', 'NotAvailable'],
    ['one of two devices is connected', 'plc1#connectionState', 'Connected', 'NotExecuting'],
    ['the other one is lost', 'servo1#connectionState', 'Disconnected', 'OutOfService'],
    ['both are connected', 'servo1#connectionState', 'Connected', 'NotExecuting'],
    ['a pipeline runs', 'fill#state', 'Running', 'Executing'],
    ['it is suspended', 'fill#state', 'Suspended', 'NotExecuting'],
    ['it runs again', 'fill#state', 'Running', 'Executing'],
    ['a device is ill meanwhile', 'servo1#connectionState', 'Error', 'OutOfService'],
    ['it is well again', 'servo1#connectionState', 'Connected', 'Executing'],
    ['the pipeline has halted', 'fill#state', 'Halted', 'NotExecuting'],
    ['it has failed', 'fill#lastOutcome', 'Failed', 'OutOfService'],
    ['it is ready after a reset', 'fill#state', 'Ready', 'NotExecuting'],
    ['a device is disabled on purpose', 'servo1#connectionState', 'Disabled', 'NotExecuting'],
    ['all devices are disabled', 'plc1#connectionState', 'Disabled', 'NotAvailable'],
  ] as const) {
    it(`is ${state}, when ${what}`, async () => {
      plant.set(tag, value)
      const current = `${filler}.MachineryBuildingBlocks.MachineryItemState.CurrentState`
      expect(await shown(current)).to.have.property('text', state)
      const id = await shown(`${current}.Id`)
      const name = await client.session.read({ nodeId: String(id), attributeId: 3 })
      expect(name.value.value.name).to.equal(state)
    })
  }

  it('follows pipelines only, when it has no devices', () => {
    expect(itemStateOf({ links: [], programs: [] })).to.equal('NotExecuting')
    expect(itemStateOf({ links: [], programs: [{ state: 'Running', outcome: 'None' }] })).to.equal('Executing')
  })
})

describe('work unit without a whole nameplate', () => {
  for (const [what, plant] of [
    ['none', new HandMadePlant()],
    ['one without ProductInstanceUri', new HalfNamedPlant()],
  ] as const) {
    it(`is not among the machines and has no Identification, when it has ${what}`, async () => {
      const bench = await startBench({ view: plant })
      try {
        const client = await bench.connect()
        expect(await references(client, await machinery(client), 'Organizes')).to.deep.equal([])
        expect((await client.read(`${filler}.Identification`)).statusCode.name).to.equal('BadNodeIdUnknown')
        const blocks = await references(client, client.id(`${filler}.MachineryBuildingBlocks`), 'HasAddIn')
        expect(blocks.map(({ browseName }) => browseName.name)).to.deep.equal(['MachineryItemState'])
      } finally {
        await bench.stop()
      }
    })
  }
})
