import { expect } from 'chai'
import { AddressSpace, type Namespace, NamespaceOptions, type UAObject } from 'node-opcua'
import { generateAddressSpace } from 'node-opcua-address-space/nodeJS.js'
import { VirtualClock } from '../../../src/model/clock.ts'
import type { AlarmLimits } from '../../../src/model/definition.ts'
import { defaultLimits } from '../../../src/model/limits.ts'
import { Alarms } from '../../../src/opcua/alarms/alarms.ts'
import { Witnesses } from '../../../src/opcua/call-witness.ts'
import { addNotifier } from '../../../src/opcua/events/notifiers.ts'
import { LiveValues } from '../../../src/opcua/live-values.ts'
import { namespaceOf, namespaceUris } from '../../../src/opcua/namespaces.ts'
import { serverNodesets } from '../../../src/opcua/nodesets.ts'
import type { SpaceContext } from '../../../src/opcua/space-context.ts'
import { AlarmPlant } from './alarm-bench.ts'

/** A plant whose definition changes. */
class ChangingPlant extends AlarmPlant {
  override devices = new AlarmPlant().devices
  override pipelines = new AlarmPlant().pipelines

  limit(alarm: AlarmLimits | undefined): void {
    this.pipelines = this.pipelines.map((pipeline) => ({
      ...pipeline,
      outputs: pipeline.outputs.map((output) => ({ ...output, alarm })),
    }))
  }
}

// Information model 5.9: an edit is a diff, and open alarms are over before their nodes go.
describe('alarms of a plant that changes', () => {
  let addressSpace: AddressSpace
  let context: SpaceContext
  let alarms: Alarms
  let plant: ChangingPlant
  let clock: VirtualClock
  let told: { readonly name: string; readonly isActive: unknown; readonly retain: unknown }[]

  beforeEach(async () => {
    addressSpace = AddressSpace.create()
    await generateAddressSpace(addressSpace, [...serverNodesets])
    NamespaceOptions.nodeIdNameSeparator = '.'
    plant = new ChangingPlant()
    clock = new VirtualClock(1000)
    const namespace = addressSpace.registerNamespace('urn:millrace:plant:test') as Namespace
    context = {
      ...{ addressSpace, namespace, view: plant, log: () => undefined, anonymous: 'operate' },
      ...{ live: new LiveValues(() => undefined), witnesses: new Witnesses(), limits: defaultLimits },
      ...{ variableByTag: new Map(), writable: new Set(), objectById: new Map() },
    }
    addObject('dev/plc1', 'ModbusTcpDeviceType', ['DeviceHealthAlarms'])
    const pipeline = addObject('pipe/fill', 'PipelineType', ['Alarms'])
    const volume = namespace.addVariable({
      ...{ browseName: 'volume', nodeId: 's=pipe/fill.Outputs.volume', dataType: 'Double' },
      componentOf: pipeline.getChildByName('Outputs') as UAObject,
    })
    context.variableByTag.set('fill.volume', volume)
    told = []
    addressSpace.rootFolder.objects.server.on('event', (event) => {
      const fields = event as unknown as Record<string, { value: unknown } | undefined>
      const { conditionName, retain } = fields
      if (!conditionName) return
      told.push({ name: String(conditionName.value), isActive: fields['activeState.id']?.value, retain: retain?.value })
    })
    alarms = new Alarms(context, { clock, connectionDelayMs: 100 })
    alarms.follow()
  })
  afterEach(() => {
    alarms.stop()
    addressSpace.dispose()
  })

  function addObject(id: string, typeName: string, optionals: string[]): UAObject {
    const type = addressSpace.findObjectType(typeName, namespaceOf(addressSpace, namespaceUris.types).index)
    const node = type?.instantiate({
      ...{ browseName: id, namespace: context.namespace, nodeId: `s=${id}`, organizedBy: 'ObjectsFolder', optionals },
    }) as UAObject
    addNotifier(node, addressSpace.rootFolder.objects.server as unknown as UAObject, false)
    context.objectById.set(id, node)
    return node
  }

  const find = (id: string) => context.namespace.findNode(`ns=${context.namespace.index};s=${id}`)
  const level = () => find('pipe/fill.Alarms.volumeLevel')

  it('leaves alarms alone whose definition has not changed', () => {
    plant.set('fill.volume', 42)
    const before = level()
    expect(alarms.sync()).to.deep.equal([])
    expect(level()).to.equal(before)
    expect(told).to.deep.equal([{ name: 'volumeLevel', isActive: true, retain: true }])
  })

  it('keeps every alarm but the one that changed', () => {
    plant.fail()
    const fault = find('pipe/fill.Alarms.Fault')
    plant.limit({ high: 50 })
    alarms.sync()
    expect(find('pipe/fill.Alarms.Fault')).to.equal(fault)
    expect(told).to.deep.equal([{ name: 'Fault', isActive: true, retain: true }])
  })

  it('ends open alarms before it removes them, branches too, and leaves nothing behind', () => {
    plant.set('fill.volume', 42)
    plant.set('fill.volume', 20)
    plant.set('fill.volume', 42)
    told.length = 0
    plant.limit(undefined)
    expect(alarms.sync()).to.deep.equal([])
    expect(told).to.deep.equal([
      { name: 'volumeLevel', isActive: false, retain: false },
      { name: 'volumeLevel', isActive: false, retain: false },
    ])
    expect(level()).to.equal(null)
    const source = find('pipe/fill.Outputs.volume')
    expect(source?.findReferences('HasCondition', true)).to.deep.equal([])
    expect(source?.findReferences('HasEventSource', false)).to.deep.equal([])
    plant.set('fill.volume', 99)
    expect(told).to.have.length(2)
    expect(clock.pending).to.equal(0)
  })

  it('makes changed limits count, from the newest value on', () => {
    plant.set('fill.volume', 42)
    plant.limit({ high: 50 })
    const fresh = alarms.sync()
    expect(fresh).to.include(level())
    expect(told.at(-1)).to.include({ isActive: false, retain: false })
    plant.set('fill.volume', 51)
    expect(told.at(-1)).to.include({ isActive: true })
    plant.limit({ high: 20 })
    alarms.sync()
    expect(told.at(-1)).to.include({ isActive: true, retain: true })
  })

  it('lets the alarms of a removed device go, with its breaker and its timers', () => {
    plant.connection('plc1', 'Error')
    expect(clock.pending).to.equal(1)
    plant.devices = []
    alarms.sync()
    expect(clock.pending).to.equal(0)
    expect(find('dev/plc1.Breaker')).to.equal(null)
    expect(find('dev/plc1.DeviceHealthAlarms.ConnectionFailure')).to.equal(null)
    expect(find('dev/plc1')).to.not.equal(null)
  })
})
