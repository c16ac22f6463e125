import { expect } from 'chai'
import { AttributeIds, BrowseDirection, type ReferenceDescription, VariantArrayType } from 'node-opcua'
import { serverProfiles } from '../../../src/opcua/server-profiles.ts'
import { type Bench, type Client, startBench } from '../bench.ts'
import { HandMadePlant } from '../hand-made-plant.ts'
import { type JobClient, jobClient } from './job-client.ts'
import { filler, JobPlant, line } from './job-plant.ts'

async function references(client: Client, nodeId: string, referenceTypeId: string): Promise<ReferenceDescription[]> {
  const browseDirection = BrowseDirection.Forward
  const request = { nodeId, referenceTypeId, includeSubtypes: true, browseDirection, resultMask: 63, nodeClassMask: 0 }
  return (await client.session.browse(request)).references ?? []
}

const names = (found: readonly ReferenceDescription[]): string[] =>
  found.map(({ browseName }) => browseName.name ?? '').sort()

describe('JobManagement (OPC 40001-3)', () => {
  let bench: Bench
  let client: Client
  let mes: JobClient

  before(async () => {
    bench = await startBench({ view: new JobPlant() })
    client = await bench.connect()
    mes = await jobClient(client, filler)
  })
  after(() => bench.stop())

  const raw = (member: string) => client.session.read({ nodeId: mes.node(member), attributeId: AttributeIds.Value })

  it('is an AddIn of the unit and, the same node, among its building blocks (§6.3)', async () => {
    for (const parent of [`eq/${filler}`, `eq/${filler}.MachineryBuildingBlocks`]) {
      const found = (await references(client, client.id(parent), 'HasAddIn')).filter(
        ({ browseName }) => browseName.name === 'JobManagement',
      )
      expect(found.map(({ nodeId }) => nodeId.toString())).to.deep.equal([mes.node('')])
      const uris = await client.session.readNamespaceArray()
      expect(uris[found[0]!.browseName.namespaceIndex]).to.equal('http://opcfoundation.org/UA/Machinery/Jobs/')
    }
    const [type] = await references(client, mes.node(''), 'HasTypeDefinition')
    expect(type?.browseName.name).to.equal('JobManagementType')
  })

  it('stands under all equipment that has pipelines itself, and under no other', async () => {
    const has = async (path: string): Promise<string> =>
      (await client.read(`eq/${path}.JobManagement.JobOrderControl.EquipmentID`)).statusCode.name
    expect(await has(line)).to.equal('Good')
    expect(await has('Acme/Berlin')).to.equal('BadNodeIdUnknown')
  })

  it('has every method and mandatory member, and neither states nor optional members that nobody fills', async () => {
    expect(names(await references(client, mes.node('JobOrderControl'), 'HasComponent'))).to.deep.equal([
      ...['Abort', 'Cancel', 'Clear', 'CurrentState', 'EquipmentID', 'JobOrderList', 'MaterialClassID'],
      ...['MaterialDefinitionID', 'Pause', 'PersonnelID', 'PhysicalAssetID', 'Resume', 'RevokeStart', 'Start'],
      ...['Stop', 'Store', 'StoreAndStart', 'Update', 'WorkMaster'],
    ])
    expect(names(await references(client, mes.node('JobOrderControl'), 'HasProperty'))).to.deep.equal([
      'MaxDownloadableJobOrders',
    ])
    expect(names(await references(client, mes.node('JobOrderResults'), 'HasComponent'))).to.deep.equal([
      ...['JobOrderResponseList', 'RequestJobResponseByJobOrderID', 'RequestJobResponseByJobOrderState'],
    ])
    expect(names(await references(client, mes.node('JobOrderControl.CurrentState'), 'Aggregates'))).to.deep.equal([
      'Id',
    ])
  })

  it('has no state of its own (OPC 10031-4 §6.2.1.1)', async () => {
    expect((await raw('JobOrderControl.CurrentState')).statusCode.name).to.equal('BadStateNotActive')
    expect((await raw('JobOrderControl.CurrentState.Id')).statusCode.name).to.equal('BadStateNotActive')
  })

  it('says which equipment it is, and that nothing else is asked for', async () => {
    expect((await raw('JobOrderControl.EquipmentID')).value.value).to.deep.equal([filler])
    expect((await raw('JobOrderControl.MaxDownloadableJobOrders')).value.value).to.equal(10_000)
    for (const name of ['MaterialClassID', 'MaterialDefinitionID', 'PersonnelID', 'PhysicalAssetID']) {
      const { value, statusCode } = await raw(`JobOrderControl.${name}`)
      expect([statusCode.name, value.arrayType, value.value], name).to.deep.equal(['Good', VariantArrayType.Array, []])
    }
    for (const name of ['JobOrderControl.JobOrderList', 'JobOrderResults.JobOrderResponseList']) {
      expect((await raw(name)).value.value, name).to.deep.equal([])
    }
  })

  it('lists the pipelines of the unit as work masters, with parameters, units and limits', async () => {
    const masters = await mes.read('JobOrderControl.WorkMaster')
    expect(masters.map(({ ID }) => ID)).to.deep.equal(['fill', 'watch'])
    const fill = masters[0] as never as {
      readonly description: { readonly text: string }
      readonly parameters: Record<string, never>[]
    }
    expect(fill.description.text).to.equal('Fill control: Fills one bottle.')
    const [target] = fill.parameters as never as {
      readonly ID: string
      readonly description: readonly { readonly text: string }[]
      readonly engineeringUnits: { readonly unitId: number; readonly displayName: { readonly text: string } }
      readonly subparameters: readonly { readonly ID: string; readonly value: { readonly value: unknown } }[]
    }[]
    expect(target?.ID).to.equal('TargetVolume')
    expect(target?.description[0]?.text).to.equal('The TargetVolume. (Double, 0 to 50 l)')
    expect(target?.engineeringUnits.displayName.text).to.equal('l')
    expect(target?.subparameters.map(({ ID, value }) => [ID, value.value])).to.deep.equal([
      ['Min', 0],
      ['Max', 50],
    ])
  })

  it('is claimed as profiles, together with the events', async () => {
    const { value } = await client.session.read({ nodeId: 'i=2269', attributeId: AttributeIds.Value })
    const jobs = (value.value as string[]).filter((uri) => !serverProfiles.includes(uri))
    expect(jobs.map((uri) => uri.replace('http://opcfoundation.org/UA-Profile/', ''))).to.deep.equal([
      'ISA-95/Server/JobOrderReceiverV2',
      'ISA-95/Server/JobResponseProviderV2',
      'ISA-95/Server/JobOrderStatusEvents',
      'Machinery/Jobs/Server/Base',
    ])
  })

  it('cannot be written', async () => {
    expect(
      await client.write(`eq/${filler}.JobManagement.JobOrderControl.EquipmentID`, { dataType: 12, value: 'x' }),
    ).to.equal('BadNotWritable')
  })
})

describe('a plant that takes no job orders', () => {
  it('has no JobManagement and claims no profile of it', async () => {
    const bench = await startBench({ view: new HandMadePlant() })
    try {
      const client = await bench.connect()
      expect((await client.read(`eq/${filler}.JobManagement`)).statusCode.name).to.equal('BadNodeIdUnknown')
      const { value } = await client.session.read({ nodeId: 'i=2269', attributeId: AttributeIds.Value })
      expect((value.value as string[]).some((uri) => uri.includes('Job'))).to.equal(false)
    } finally {
      await bench.stop()
    }
  })
})
