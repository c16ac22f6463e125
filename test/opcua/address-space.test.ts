import { expect } from 'chai'
import { AttributeIds, BrowseDirection, type ReferenceDescription } from 'node-opcua'
import { type Bench, type Client, startBench } from './bench.ts'

describe('address space', () => {
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench({ anonymous: 'observe' })
    client = await bench.connect()
  })
  after(() => bench.stop())

  async function references(nodeId: string, referenceTypeId = 'HierarchicalReferences', isInverse = false) {
    const { references: found } = await client.session.browse({
      nodeId,
      referenceTypeId,
      includeSubtypes: true,
      browseDirection: isInverse ? BrowseDirection.Inverse : BrowseDirection.Forward,
      resultMask: 63,
      nodeClassMask: 0,
    })
    return found ?? []
  }

  /** `namespace:BrowseName` and NodeId identifier of each child. */
  async function children(nodeId: string, referenceTypeId?: string): Promise<string[]> {
    return (await references(nodeId, referenceTypeId)).map(shown).sort()
  }

  function shown({ browseName, nodeId }: ReferenceDescription): string {
    return `${browseName.namespaceIndex}:${browseName.name} ${String(nodeId.value)}`
  }

  async function typeName(nodeId: string): Promise<string | null | undefined> {
    const [type] = await references(nodeId, 'HasTypeDefinition')
    return type?.browseName.name
  }

  it('holds its namespaces in the documented order', async () => {
    const uris = await client.session.readNamespaceArray()
    expect(uris[1]).to.match(/^urn:.+:millrace$/)
    expect(uris.filter((_, index) => index !== 1)).to.deep.equal([
      'http://opcfoundation.org/UA/',
      'http://opcfoundation.org/UA/DI/',
      'http://opcfoundation.org/UA/IA/',
      'http://opcfoundation.org/UA/Machinery/',
      'http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/',
      'http://opcfoundation.org/UA/Machinery/Jobs/',
      'http://www.OPCFoundation.org/UA/2013/01/ISA95',
      'urn:millrace:ua:types',
      'urn:millrace:plant:demo',
    ])
  })

  it('creates nothing of the plant in the namespace of the application', async () => {
    const found = await references('ObjectsFolder')
    expect(found.filter(({ nodeId }) => nodeId.namespace === 1)).to.deep.equal([])
  })

  it('shows the equipment as a tree that begins below Objects', async () => {
    expect(await children('ObjectsFolder')).to.include.members(['9:Acme eq/Acme', '9:PipelineRuntime runtime'])
    // A part of the enterprise, and a notifier below it.
    expect(await children(client.id('eq/Acme'))).to.deep.equal([
      '7:EquipmentLevel eq/Acme.EquipmentLevel',
      '8:EquipmentID eq/Acme.EquipmentID',
      '9:Berlin eq/Acme/Berlin',
      '9:Berlin eq/Acme/Berlin',
    ])
    const [parent] = await references(client.id('eq/Acme/Berlin'), 'HierarchicalReferences', true)
    expect(parent?.referenceTypeId.toString()).to.equal('ns=7;i=5115')
    expect(await typeName(client.id('eq/Acme'))).to.equal('PlantElementType')
  })

  it('tells id, level and name of a piece of equipment', async () => {
    const path = 'eq/Acme/Berlin'
    expect((await client.read(`${path}.EquipmentID`)).value.value).to.equal('Acme/Berlin')
    expect((await client.read(`${path}.EquipmentLevel`)).value.value).to.equal(1)
    const name = await client.session.read({ nodeId: client.id(path), attributeId: AttributeIds.DisplayName })
    expect(name.value.value.text).to.equal('Berlin works')
  })

  it('lists devices below their equipment and in DeviceSet under one NodeId without a location', async () => {
    const expected = ['9:plc1 dev/plc1', '9:servo1 dev/servo1']
    expect(await children('ns=2;i=5001')).to.deep.equal([...expected, '2:DeviceFeatures 15034'].sort())
    const listed = await children(client.id('eq/Acme/Berlin/Line1/Filler.Devices'), 'Organizes')
    expect(listed).to.deep.equal(expected)
    expect(await typeName(client.id('dev/plc1'))).to.equal('ModbusTcpDeviceType')
    expect(await typeName(client.id('dev/servo1'))).to.equal('SimulatedServoDeviceType')
  })

  it('gives a device its nameplate, groups, methods and tags', async () => {
    const names = (await children(client.id('dev/servo1'))).map((child) => child.split(' ')[0])
    expect(names).to.have.members(
      [
        '2:Configuration 2:DeviceHealth 2:DeviceHealthAlarms 2:DeviceManual 2:DeviceRevision 2:Diagnostics 2:HardwareRevision 2:Manufacturer',
        '2:Identification 2:MethodSet 2:Model 2:Operational 2:ParameterSet 2:RevisionCounter 2:SerialNumber 2:SoftwareRevision',
        '8:Connect 8:ConnectionState 8:DeviceId 8:Disconnect 8:LastError 8:LastErrorCode',
      ].flatMap((line) => line.split(' ')),
    )
    expect(await children(client.id('dev/servo1.ParameterSet'))).to.deep.equal([
      '9:Position dev/servo1.Position',
      '9:TargetPosition dev/servo1.TargetPosition',
    ])
    expect((await client.read('dev/servo1.RevisionCounter')).value.value).to.equal(-1)
    expect((await client.read('dev/servo1.SerialNumber')).value.value).to.equal('')
  })

  it('keeps a tag apart from a member of the same name', async () => {
    const member = await client.read('dev/plc1.Manufacturer')
    expect(member.value.value.text ?? '').to.equal('')
    expect((await children(client.id('dev/plc1.ParameterSet'))).join()).to.include(
      '9:Manufacturer dev/plc1.ParameterSet.Manufacturer',
    )
  })

  it('shows what a device is configured with, each value in its own type', async () => {
    const values = new Map<string, unknown>()
    for (const name of ['host', 'port', 'scale', 'isFast', 'names']) {
      values.set(name, (await client.read(`dev/plc1.Configuration.${name}`)).value.value)
    }
    expect(Object.fromEntries(values)).to.deep.equal({
      host: '127.0.0.1',
      port: 502,
      scale: 0.5,
      isFast: true,
      names: ['a', 'b'],
    })
  })

  it('gives a pipeline the members of a Program and its own', async () => {
    expect(await typeName(client.id('pipe/fill'))).to.equal('PipelineType')
    const names = (await children(client.id('pipe/fill'))).map((child) => child.split(' ')[0])
    expect(names).to.include.members(
      '0:Start 8:Stop 0:Suspend 0:Resume 0:Halt 0:Reset 0:CurrentState 0:LastTransition 8:PipelineId'.split(' '),
    )
    expect(names).to.include.members('8:Parameters 8:Steps 8:Outputs 2:Diagnostics 8:DefinitionVersion'.split(' '))
    expect(await children(client.id('runtime.Pipelines'), 'Organizes')).to.deep.equal([
      '9:fill pipe/fill',
      '9:idle pipe/idle',
      '9:watch pipe/watch',
    ])
    expect((await client.read('pipe/fill.PipelineId')).value.value).to.equal('fill')
    expect((await client.read('pipe/fill.DefinitionVersion')).value.value).to.match(/^[0-9a-f]{12}$/)
  })

  it('leaves out the folder of parameters, when there are none', async () => {
    const names = (await children(client.id('pipe/idle'))).map((child) => child.split(' ')[0])
    expect(names).not.to.include('8:Parameters')
  })

  it('shows steps with their ports', async () => {
    expect(await children(client.id('pipe/fill.Steps'))).to.include.members([
      '9:scale pipe/fill/scale',
      '9:writeValve pipe/fill/writeValve',
    ])
    expect(await children(client.id('pipe/fill/scale.Inputs'))).to.deep.equal([
      '9:gain pipe/fill/scale.Inputs.gain',
      '9:limit pipe/fill/scale.Inputs.limit',
      '9:value pipe/fill/scale.Inputs.value',
    ])
    expect(await children(client.id('pipe/fill/scale.Outputs'))).to.deep.equal(['9:out pipe/fill/scale.Outputs.out'])
    expect((await client.read('pipe/fill/writeValve.Kind')).value.value).to.equal('servo1.moveAbsolute')
    expect((await client.read('pipe/fill/scale.Inputs.gain')).value.value).to.equal(2.5)
  })

  it('draws how values flow', async () => {
    const own = (name: string): string => ({ flows: 'ns=8;i=1006', reads: 'ns=8;i=1007', writes: 'ns=8;i=1008' })[name]!
    const out = client.id('pipe/fill/scale.Outputs.out')
    expect(await children(out, own('flows'))).to.deep.equal([
      '9:TargetPosition dev/servo1.TargetPosition',
      '9:position pipe/fill/writeValve.Inputs.position',
      '9:volume pipe/fill.Outputs.volume',
    ])
    expect(await children(client.id('pipe/fill/scale'), own('reads'))).to.deep.equal(['9:Level dev/plc1.Level'])
    expect(await children(client.id('pipe/fill/scale'), own('writes'))).to.deep.equal([
      '9:TargetPosition dev/servo1.TargetPosition',
    ])
    expect(await children(client.id('pipe/fill.Parameters.TargetVolume'), own('flows'))).to.deep.equal([
      '9:limit pipe/fill/scale.Inputs.limit',
    ])
    expect(await children(client.id('pipe/watch/limit'), own('reads'))).to.deep.equal([
      '9:volume pipe/fill.Outputs.volume',
    ])
    const utilizes = (await children(client.id('pipe/fill'), 'NonHierarchicalReferences')).filter((c) =>
      c.includes('dev/'),
    )
    expect(utilizes).to.deep.equal(['9:plc1 dev/plc1', '9:servo1 dev/servo1'])
  })

  it('describes both of its namespaces', async () => {
    const version = await client.read('namespace.NamespaceVersion')
    expect(version.value.value).to.equal((await client.read('runtime.ConfigurationVersion')).value.value)
    const metadata = await children('i=11715')
    expect(metadata.join()).to.include('8:urn:millrace:ua:types').and.include('9:urn:millrace:plant:demo namespace')
  })
})
