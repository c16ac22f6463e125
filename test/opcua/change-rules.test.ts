import { expect } from 'chai'
import {
  AttributeIds,
  ClientSubscription,
  type DataValue,
  type ModelChangeStructureDataType,
  TimestampsToReturn,
} from 'node-opcua'
import { addressSpaceOf, danglingIn } from '../kit/address-space-facts.ts'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import { moving, plantFile, scaling } from '../plant/change-plants.ts'
import type { Client } from './bench.ts'
import { listen } from './event-listener.ts'

const limited = 'scaled: { from: scaled.scaled, min: 0, max: 180, alarm: { high: 25 } }'
const files = {
  'plant.yaml': plantFile,
  'pipelines/scale.yaml': scaling(),
  'pipelines/move.yaml': moving,
}

describe('change rules (information model 5.9)', function () {
  this.timeout(20_000)
  let scratch: ScratchPlant
  let client: Client

  beforeEach(async () => {
    scratch = await startScratch(files)
    client = await scratch.connect('ConfigureAdmin')
    await until('it computes', async () => (await client.read('pipe/scale.Outputs.scaled')).statusCode.isGood())
  })
  afterEach(() => scratch.stop())

  const value = async (identifier: string): Promise<unknown> => (await client.read(identifier)).value?.value
  const status = async (identifier: string): Promise<string> => (await client.read(identifier)).statusCode.name
  const attribute = async (identifier: string, attributeId: AttributeIds) =>
    (await client.session.read({ nodeId: client.id(identifier), attributeId })).value.value as { text: string }
  const call = (object: string, method: string) =>
    client.session.call({ objectId: client.id(object), methodId: client.id(`${object}.${method}`) })
  const deploy = async (text: string): Promise<string> => {
    const inputArguments = [text, ''].map((each) => ({ dataType: 'String', value: each }))
    const [objectId, methodId] = [client.id('runtime'), client.id('runtime.Deploy')]
    return (await client.session.call({ objectId, methodId, inputArguments })).statusCode.name
  }

  /** Collects what monitored items tell, by identifier. */
  async function watch(...identifiers: string[]) {
    const subscription = ClientSubscription.create(client.session, {
      requestedPublishingInterval: 20,
      publishingEnabled: true,
    })
    const seen = new Map<string, DataValue[]>(identifiers.map((identifier) => [identifier, []]))
    for (const identifier of identifiers) {
      const item = await subscription.monitor(
        { nodeId: client.id(identifier), attributeId: AttributeIds.Value },
        { samplingInterval: 0, queueSize: 1000 },
        TimestampsToReturn.Source,
      )
      item.on('changed', (dataValue: DataValue) => seen.get(identifier)?.push(dataValue))
    }
    await until('every item has its first value', () => [...seen.values()].every(({ length }) => length > 0))
    return seen
  }

  it('1: one change is one GeneralModelChangeEvent, and NodeVersion goes up by one', async () => {
    const listener = await listen(client, 'i=2253', { fields: ['Changes'], type: 'i=2133' })
    const [configuration, definition] = [
      await value('runtime.ConfigurationVersion'),
      await value('pipe/scale.DefinitionVersion'),
    ]
    expect([await value('pipe/scale.Steps.NodeVersion'), await value('runtime.Pipelines.NodeVersion')]).to.deep.equal([
      '1',
      '1',
    ])
    const extra = '  more:\n    function: linear-scale\n    in: { value: servo2.position }\n    config: { gain: 3 }'
    const outputs = 'scaled: { from: scaled.scaled, min: 0, max: 180 }\n  more: { from: more.scaled }'
    expect(await deploy(scaling({ extra, outputs }))).to.equal('Good')
    const [event] = await listener.take(1)
    expect(event?.Severity).to.be.within(1, 1000)
    expect(event?.Message).to.have.property('text', 'pipeline scale changed, by ConfigureAdmin')
    const changes = ((event?.Changes ?? []) as ModelChangeStructureDataType[]).map(
      ({ affected, verb }) => `${verb} ${affected.value}`,
    )
    expect(changes).to.include.members(['1 pipe/scale/more', '1 pipe/scale.Outputs.more', '4 pipe/scale.Steps'])
    expect(await listener.rest()).to.deep.equal([])
    expect([await value('pipe/scale.Steps.NodeVersion'), await value('runtime.Pipelines.NodeVersion')]).to.deep.equal([
      '2',
      '1',
    ])
    expect(await value('runtime.ConfigurationVersion')).not.to.equal(configuration)
    expect(await value('pipe/scale.DefinitionVersion')).not.to.equal(definition)
    await scratch.apply('pipelines/third.yaml', scaling({ id: 'third' }))
    expect((await listener.take(1)).length).to.equal(1)
    expect(await value('runtime.Pipelines.NodeVersion')).to.equal('2')
    // The output that came before lies in a folder without a version, so the next container above told of it.
    expect(await value('eq/Acme/Line1.Pipelines.NodeVersion')).to.equal('3')
    await listener.stop()
  })

  it('1: a change of values alone is told by an event of the runtime, and no NodeVersion changes', async () => {
    const listener = await listen(client, 'i=2253')
    expect(await deploy(scaling({ gain: 5 }))).to.equal('Good')
    const heard = await listener.rest(300)
    const told = heard.filter(({ SourceName }) => SourceName === 'PipelineRuntime')
    expect(told.map(({ Message }) => (Message as { text: string }).text)).to.deep.equal([
      'pipeline scale changed, by ConfigureAdmin',
    ])
    expect(heard.filter(({ EventType }) => String(EventType) === 'ns=0;i=2133')).to.deep.equal([])
    expect(await value('pipe/scale.Steps.NodeVersion')).to.equal('1')
    await listener.stop()
  })

  it('2: names, units and ranges change in place, and monitored items go on', async () => {
    const identifiers = ['pipe/scale.Outputs.scaled', 'pipe/scale/scaled.Outputs.scaled', 'dev/servo1.position']
    const seen = await watch(...identifiers)
    const counts = identifiers.map((identifier) => seen.get(identifier)?.length ?? 0)
    const changed = scaling({ name: 'Scaling well', gain: 7 })
      .replace('unit: mm', 'unit: m')
      .replace('max: 180', 'max: 700')
    expect(await deploy(changed)).to.equal('Good')
    expect((await attribute('pipe/scale', AttributeIds.DisplayName)).text).to.equal('Scaling well')
    expect(await value('pipe/scale.Outputs.scaled.EngineeringUnits')).to.have.nested.property('displayName.text', 'm')
    expect(await value('pipe/scale.Outputs.scaled.EURange')).to.include({ low: 0, high: 700 })
    await until('a new value comes on the old item', () =>
      (seen.get('pipe/scale.Outputs.scaled') ?? []).slice(counts[0]).some(({ statusCode }) => statusCode.isGood()),
    )
    const codes = [...seen.values()].flat().map(({ statusCode }) => statusCode.name)
    expect(codes).not.to.include('BadNodeIdInvalid')
    expect((await attribute('dev/servo1', AttributeIds.DisplayName)).text).to.equal('First servo')
    await scratch.apply('plant.yaml', plantFile.replace('First servo', 'Best servo'))
    expect((await attribute('dev/servo1', AttributeIds.DisplayName)).text).to.equal('Best servo')
    expect(await value('dev/servo1.Diagnostics.ReconnectCount')).to.equal(0)
  })

  it('2: a DataType that changes makes another variable of that one only', async () => {
    const both = 'scaled: { from: scaled.scaled }\n  second: { from: scaled.scaled }'
    const extra = '  is:\n    function: GT\n    in: { a: scaled.scaled, b: 10 }'
    expect(await deploy(scaling({ outputs: both, extra }))).to.equal('Good')
    const seen = await watch('pipe/scale.Outputs.scaled', 'pipe/scale.Outputs.second')
    expect(
      await deploy(
        scaling({ outputs: both.replace('scaled: { from: scaled.scaled }', 'scaled: { from: is.result }'), extra }),
      ),
    ).to.equal('Good')
    await until('the item is told', () =>
      (seen.get('pipe/scale.Outputs.scaled') ?? []).some(({ statusCode }) => statusCode.name === 'BadNodeIdInvalid'),
    )
    const others = (seen.get('pipe/scale.Outputs.second') ?? []).map(({ statusCode }) => statusCode.name)
    expect(others).not.to.include('BadNodeIdInvalid')
    await until('the new one has a value', async () => (await status('pipe/scale.Outputs.scaled')) === 'Good')
    expect(await value('pipe/scale.Outputs.scaled')).to.be.a('boolean')
  })

  it('2: what is new is added, what is gone is removed, and references follow', async () => {
    const seen = await watch('pipe/scale/scaled.Outputs.scaled')
    const renamed = scaling().replace('  scaled:\n', '  other:\n').replace('from: scaled.scaled', 'from: other.scaled')
    expect(await deploy(renamed)).to.equal('Good')
    expect([await status('pipe/scale/scaled.Outputs.scaled'), await status('pipe/scale/other.Kind')]).to.deep.equal([
      'BadNodeIdUnknown',
      'Good',
    ])
    await until('the item is told', () =>
      [...seen.values()].flat().some(({ statusCode }) => statusCode.name === 'BadNodeIdInvalid'),
    )
    const { references } = await client.session.browse({
      nodeId: client.id('dev/servo1.position'),
      referenceTypeId: 'i=32',
      includeSubtypes: true,
      browseDirection: 2,
      nodeClassMask: 0,
      resultMask: 63,
    })
    const targets = (references ?? []).map(({ nodeId }) => String(nodeId.value)).filter((id) => id.startsWith('pipe/'))
    expect([...new Set(targets)].sort()).to.deep.equal(['pipe/scale/other', 'pipe/scale/other.Inputs.value'])
  })

  it('3: a run under way keeps its definition: BadInvalidState; a cyclic pipeline changes between two waves', async () => {
    await call('pipe/move', 'Start')
    expect(await deploy(moving.replace('position: 90', 'position: 10'))).to.equal('BadInvalidState')
    expect(await value('pipe/move.CurrentState.Number')).to.equal(13)
    expect(
      await scratch.apply('plant.yaml', plantFile.replace(/(servo2.*)every: 50ms/, '$1every: 80ms')),
    ).to.deep.equal(['invalid-state'])
    await scratch.put('plant.yaml', plantFile)
    await call('pipe/move', 'Halt')
    expect(await deploy(moving.replace('position: 90', 'position: 10'))).to.equal('Good')
    expect(await value('pipe/move.CurrentState.Number')).to.equal(11)
    const runs = Number(await value('pipe/scale.Diagnostics.RunCount'))
    expect(await deploy(scaling({ gain: 3 }))).to.equal('Good')
    await until('it runs again', async () => (await value('pipe/scale.CurrentState.Number')) === 13)
    await until('it is counted', async () => Number(await value('pipe/scale.Diagnostics.RunCount')) === runs + 1)
    await call('pipe/scale', 'Suspend')
    expect(await deploy(scaling({ gain: 4 }))).to.equal('BadInvalidState')
  })

  it('3: parameters keep what an operator set, as far as it fits', async () => {
    const parameters = (max: number) => `parameters: { limit: { type: Double, min: 0, max: ${max}, default: 5 } }`
    await deploy(scaling({ parameters: parameters(100) }))
    expect(await client.write('pipe/scale.Parameters.limit', { dataType: 'Double', value: 50 } as never)).to.equal(
      'Good',
    )
    await deploy(scaling({ parameters: parameters(80), gain: 9 }))
    expect(await value('pipe/scale.Parameters.limit')).to.equal(50)
    await deploy(scaling({ parameters: parameters(10) }))
    expect(await value('pipe/scale.Parameters.limit')).to.equal(5)
  })

  it('4: what is removed is Ready or Halted, and its alarms end before their nodes', async () => {
    expect(await deploy(scaling({ outputs: limited }))).to.equal('Good')
    const level = 'pipe/scale.Alarms.scaledLevel'
    await until('the alarm is there', async () => (await status(`${level}.Retain`)) === 'Good')
    const listener = await listen(client, client.id('eq/Acme/Line1'), { fields: ['Retain'], type: 'i=2782' })
    const axis = 'dev/servo1.MethodSet'
    const inputs = [40, 500, 2000].map((each) => ({ dataType: 'Double', value: each }))
    const methodId = client.id(`${axis}.moveAbsolute`)
    await client.session.call({ objectId: client.id(axis), methodId, inputArguments: inputs })
    await until('it is active', async () => (await value(`${level}.ActiveState.Id`)) === true)
    expect(await deploy(scaling())).to.equal('Good')
    expect(await status(`${level}.Retain`)).to.equal('BadNodeIdUnknown')
    await until('its end is told', () => listener.heard.at(-1)?.Retain === false)
    await listener.stop()
  })

  it('5: a device that a pipeline uses is not removed; one that changes is connected anew, alone', async () => {
    const without = plantFile.replace(/ {2}servo1.*\n/, '')
    const codes = await scratch.apply('plant.yaml', without)
    expect(codes).to.include('wire-unknown')
    expect(await status('dev/servo1.position')).to.equal('Good')
    const seen = await watch('dev/servo2.position', 'dev/servo1.position')
    const connects = () => scratch.lines.filter((line) => /"device":"servo\d","msg":"connected"/.test(line)).length
    const before = connects()
    expect(
      await scratch.apply('plant.yaml', plantFile.replace(/(servo1.*)every: 50ms/, '$1every: 60ms')),
    ).to.deep.equal([])
    await until('it is connected again', () => connects() === before + 1)
    await until('it is Good again', async () => (await status('dev/servo1.position')) === 'Good')
    const names = (identifier: string) => (seen.get(identifier) ?? []).map(({ statusCode }) => statusCode.name)
    expect(new Set(names('dev/servo2.position'))).to.deep.equal(new Set(['Good']))
    await until('it is told', () => names('dev/servo1.position').includes('BadWaitingForInitialData'))
    await scratch.apply('plant.yaml', `${plantFile}  axis: { type: mock-servo, equipment: Acme/Line2 }\n`)
    await until('a new one is Good', async () => (await status('dev/axis.position')) === 'Good')
    expect(await scratch.apply('plant.yaml', plantFile)).to.deep.equal([])
    expect(await status('dev/axis.position')).to.equal('BadNodeIdUnknown')
  })

  it('5: a device and a pipeline that move keep their nodes', async () => {
    const seen = await watch('dev/servo1.position', 'pipe/scale.PipelineId')
    const moved = plantFile.replace(/(servo1.*)Acme\/Line1/, '$1Acme/Line2')
    expect(await scratch.apply('plant.yaml', moved)).to.deep.equal([])
    expect(await scratch.apply('pipelines/scale.yaml', scaling({ equipment: 'Acme/Line2' }))).to.deep.equal([])
    for (const [folder, child] of [
      ['eq/Acme/Line2.Devices', 'dev/servo1'],
      ['eq/Acme/Line2.Pipelines', 'pipe/scale'],
    ] as const) {
      const { references } = await client.session.browse(client.id(folder))
      expect((references ?? []).map(({ nodeId }) => nodeId.value)).to.include(child)
    }
    expect(
      (await client.session.browse(client.id('eq/Acme/Line1.Pipelines'))).references?.map(({ nodeId }) => nodeId.value),
    ).not.to.include('pipe/scale')
    const names = [...seen.values()].flat().map(({ statusCode }) => statusCode.name)
    expect(new Set(names)).to.deep.equal(new Set(['Good']))
  })

  it('5: a device of another type is another object, with other alarms, under the same id', async () => {
    const axis = `${plantFile}  axis: { type: mock-servo, equipment: Acme/Line2 }\n`
    await scratch.apply('plant.yaml', axis)
    await until('it is Good', async () => (await status('dev/axis.position')) === 'Good')
    const seen = await watch('dev/axis.DeviceId')
    const registers = '[{ name: level, address: 0, kind: input, type: float32 }]'
    const plc = `axis: { type: modbus, equipment: Acme/Line2, simulator: { type: filler-plc }, config: { host: 127.0.0.1, registers: ${registers} } }`
    expect(await scratch.apply('plant.yaml', axis.replace(/axis: .*/, plc))).to.deep.equal([])
    await until('it measures', async () => (await status('dev/axis.level')) === 'Good')
    expect(await status('dev/axis.position')).to.equal('BadNodeIdUnknown')
    expect(await status('dev/axis.DeviceHealthAlarms.ConnectionFailure.Retain')).to.equal('Good')
    await until('the item is told', () =>
      [...seen.values()].flat().some(({ statusCode }) => statusCode.name === 'BadNodeIdInvalid'),
    )
    expect(danglingIn(addressSpaceOf(scratch.plant.urls[0]!))).to.deep.equal([])
    expect(await scratch.apply('plant.yaml', plantFile)).to.deep.equal([])
    expect(await status('dev/axis.level')).to.equal('BadNodeIdUnknown')
  })

  it('6: types stay as they are, and a definition that needs another plugin is refused', async () => {
    const wrong = scaling().replace('function: linear-scale', 'function: quantum-scale')
    expect(await scratch.apply('pipelines/scale.yaml', wrong)).to.include('plugin-unknown')
    expect(await status('pipe/scale.Outputs.scaled')).to.equal('Good')
  })

  it('8: the state of the server stays Running', async () => {
    await deploy(scaling({ gain: 3 }))
    const state = await client.session.read({ nodeId: 'i=2259', attributeId: AttributeIds.Value })
    expect(state.value.value).to.equal(0)
  })
})
