import { expect } from 'chai'
import fc from 'fast-check'
import { AttributeIds, ClientSubscription, MonitoredItem, TimestampsToReturn } from 'node-opcua'
import { addressSpaceOf, danglingIn, differencesOf, listenersIn, structureOf } from '../kit/address-space-facts.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { moving, scaling } from './change-plants.ts'

/** Devices of the plant file, by which a random change of it is described. */
interface LineDevice {
  readonly id: string
  readonly equipment: string
  readonly name: string
  readonly position: number
  readonly type: 'mock-servo'
}

function plantFileOf(devices: readonly LineDevice[]): string {
  const entries = devices.map(
    ({ id, equipment, name, position, type }) =>
      `  ${id}: { type: ${type}, name: '${name}', equipment: ${equipment}, every: 50ms, config: { initialPosition: ${position} } }`,
  )
  return `plant: line
server: { port: 0, anonymous: operate, security: { unsecured: true } }
equipment:
  Acme: { level: Enterprise }
  Acme/Line1: { level: WorkCenter }
  Acme/Line2: { level: WorkCenter }
  Acme/Line2/Filler: { level: WorkUnit }
devices:
  servo1: { type: mock-servo, equipment: Acme/Line1, every: 50ms }
  servo2: { type: mock-servo, equipment: Acme/Line1, every: 50ms }
${entries.join('\n')}
`
}

const base = { 'plant.yaml': plantFileOf([]), 'pipelines/scale.yaml': scaling(), 'pipelines/move.yaml': moving }

/** Definitions of the pipelines `scale` and `other`, with more or fewer ports, steps, parameters and alarms. */
const definition = fc
  .record({
    id: fc.constantFrom('scale', 'other'),
    name: fc.constantFrom('One', 'Two'),
    gain: fc.constantFrom(1, 2),
    servo: fc.constantFrom('servo1', 'servo2'),
    equipment: fc.constantFrom('Acme/Line1', 'Acme/Line2', 'Acme/Line2/Filler'),
    run: fc.constantFrom('{ every: 50ms }', '{ on: change }'),
    parameters: fc.constantFrom('', 'parameters: { limit: { type: Double, unit: mm, default: 5 } }'),
    shape: fc.constantFrom(
      { extra: '', outputs: 'scaled: { from: scaled.scaled }' },
      { extra: '', outputs: 'scaled: { from: scaled.scaled, min: 0, max: 180, alarm: { high: 150 } }' },
      {
        extra: '  is:\n    function: GT\n    in: { a: scaled.scaled, b: 10 }',
        outputs: 'scaled: { from: is.result }\n  second: { from: scaled.scaled, unit: m }',
      },
    ),
  })
  .map(({ shape, ...facts }) => ({ id: facts.id, text: scaling({ ...facts, ...shape }) }))

const devices = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('axis1', 'axis2'),
    equipment: fc.constantFrom('Acme/Line1', 'Acme/Line2', 'Acme/Line2/Filler'),
    name: fc.constantFrom('Axis', 'Better axis'),
    position: fc.constantFrom(0, 10),
    type: fc.constant('mock-servo'),
  }) as fc.Arbitrary<LineDevice>,
  { selector: ({ id }) => id, maxLength: 2 },
)

/** Something that is done to a plant, and how it is told when the property does not hold. */
interface Step {
  readonly what: string
  run(scratch: ScratchPlant, client: Client): Promise<unknown>
}

const pipeline = fc.constantFrom('scale', 'other', 'move')
const changes: fc.WeightedArbitrary<Step>[] = [
  { weight: 4, arbitrary: definition.map(({ text }) => ({ what: text, run: (_, client) => deploy(client, text) })) },
  {
    weight: 2,
    arbitrary: definition.map(({ id, text }) => ({
      what: `file ${text}`,
      run: (scratch) => scratch.apply(`pipelines/${id}.yaml`, text),
    })),
  },
  {
    weight: 2,
    arbitrary: devices.map((list) => ({
      what: JSON.stringify(list),
      run: (scratch) => scratch.apply('plant.yaml', plantFileOf(list)),
    })),
  },
  {
    weight: 2,
    arbitrary: pipeline.map((id) => ({
      what: `remove ${id}`,
      run: (_, client) => runtime(client, 'Remove', [id, '']),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant({
      what: 'a broken file',
      run: (scratch: ScratchPlant) => scratch.apply('pipelines/broken.yaml', 'pipeline: ['),
    }),
  },
]
const commands: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 4,
    arbitrary: fc.tuple(pipeline, fc.constantFrom('Start', 'Stop', 'Halt', 'Reset', 'Suspend')).map(([id, method]) => ({
      what: `${method} ${id}`,
      run: (_, client) => ask(client, `pipe/${id}`, `pipe/${id}.${method}`),
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('Connect', 'Disconnect')
      .map((what) => ({ what, run: (_, client) => ask(client, 'dev/servo1', `dev/servo1.${what}`) })),
  },
]
const steps = fc.array(fc.oneof(...changes, ...commands), { minLength: 4, maxLength: 10 })

function ask(client: Client, object: string, method: string) {
  return client.session.call({ objectId: client.id(object), methodId: client.id(method) })
}

function runtime(client: Client, method: string, texts: readonly string[]) {
  return client.session.call({
    objectId: client.id('runtime'),
    methodId: client.id(`runtime.${method}`),
    inputArguments: texts.map((value) => ({ dataType: 'String', value })),
  })
}

const deploy = (client: Client, text: string) => runtime(client, 'Deploy', [text, 'random'])

/** Watches values of nodes that may go away. */
async function watch(client: Client): Promise<ClientSubscription> {
  const subscription = ClientSubscription.create(client.session, {
    requestedPublishingInterval: 50,
    publishingEnabled: true,
  })
  const identifiers = [
    'dev/servo1.position',
    'dev/servo2.position',
    'pipe/scale.Outputs.scaled',
    'pipe/scale.CurrentState',
  ]
  for (const identifier of identifiers) {
    const item = { nodeId: client.id(identifier), attributeId: AttributeIds.Value }
    await subscription.monitor(item, { samplingInterval: 0, queueSize: 10 }, TimestampsToReturn.Source)
  }
  return subscription
}

/** Makes the files whole again and lets everything that waits for a state come to pass. */
async function settle(scratch: ScratchPlant, client: Client): Promise<void> {
  await scratch.put('pipelines/broken.yaml', undefined)
  for (const id of ['scale', 'other', 'move']) await ask(client, `pipe/${id}`, `pipe/${id}.Halt`)
  await scratch.plant.reload('settling')
  const findings = await scratch.plant.reload('settling')
  expect(findings.filter(({ severity }) => severity === 'error')).to.deep.equal([])
}

describe('random changes of a plant that runs', function () {
  this.timeout(120_000)
  let scratch: ScratchPlant

  before(async () => {
    scratch = await startScratch(base)
  })
  after(() => scratch.stop())

  it('leave no dangling reference, no monitored item and no listener, and the nodes of a plant built afresh', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const client = await scratch.connect('ConfigureAdmin')
        const space = addressSpaceOf(scratch.plant.urls[0]!)
        const itemsBefore = MonitoredItem.registry.count()
        const subscription = await watch(client)
        for (const each of all) await each.run(scratch, client)
        await settle(scratch, client)
        await subscription.terminate()
        await client.close()
        expect(danglingIn(space).join('\n')).to.equal('')
        expect(MonitoredItem.registry.count()).to.equal(itemsBefore)
        const listeners = listenersIn(space)
        const structure = structureOf(space)
        await scratch.restart()
        const fresh = addressSpaceOf(scratch.plant.urls[0]!)
        expect(differencesOf(structure, structureOf(fresh)).join('\n')).to.equal('')
        expect(listeners).to.deep.equal(listenersIn(fresh))
      }),
      { numRuns: 8, interruptAfterTimeLimit: 35_000, markInterruptAsFailure: false, endOnFailure: true },
    )
    const applied = scratch.lines.filter((line) =>
      /(changed|added|removed), by|(changed|added|removed); .*, by/.test(line),
    )
    expect(applied.length, 'changes that were made').to.be.greaterThan(5)
  })
})
