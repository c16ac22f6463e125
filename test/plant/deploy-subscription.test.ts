import { expect } from 'chai'
import { AttributeIds, ClientSubscription, TimestampsToReturn } from 'node-opcua'
import { addressSpaceOf, instancesIn } from '../kit/address-space-facts.ts'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { plantFile, scaling } from './change-plants.ts'

const pipelineCount = 5
const stepCount = 100
const deploymentCount = 50

/** A block that counts its waves: a notification that was lost leaves a gap. */
const waveCounter = `import { defineBlock, double } from 'millrace/plugin'

export default defineBlock({
  type: 'wave-counter',
  description: 'Counts its waves.',
  inputs: { value: double({ description: 'Anything.' }) },
  outputs: { count: double({ description: 'Waves so far.' }) },
  memory: () => ({ count: 0 }),
  compute(_inputs, _config, memory) {
    memory.count++
    return { count: memory.count }
  },
})
`

function counting(id: string): string {
  const numbers = Array.from({ length: stepCount }, (_, index) => index)
  const steps = numbers.map((n) => `  n${n}: { function: wave-counter, in: { value: 1 } }`)
  const outputs = numbers.map((n) => `  n${n}: { from: n${n}.count }`)
  const head = `pipeline: ${id}\nequipment: Acme/Line1\nrun: { every: 200ms }`
  return [head, 'steps:', ...steps, 'outputs:', ...outputs, ''].join('\n')
}

/** Definitions with other outputs, steps, units and values in turn. */
function variant(index: number): string {
  const extra = '  is:\n    function: GT\n    in: { a: scaled.scaled, b: 10 }'
  const outputs = 'scaled: { from: is.result }\n  second: { from: scaled.scaled }'
  return scaling({ gain: index + 1, ...(index % 2 === 0 ? { extra, outputs } : {}) })
}

describe('monitored items on untouched nodes', function () {
  this.timeout(60_000)
  const ids = Array.from({ length: pipelineCount }, (_, index) => `count${index}`)
  let scratch: ScratchPlant
  let client: Client

  before(async () => {
    const files = Object.fromEntries(ids.map((id) => [`pipelines/${id}.yaml`, counting(id)]))
    const more = { 'plant.yaml': plantFile, 'plugins/wave-counter.ts': waveCounter, 'pipelines/scale.yaml': variant(0) }
    scratch = await startScratch({ ...files, ...more })
    client = await scratch.connect('ConfigureAdmin')
  })
  after(() => scratch.stop())

  /** Subscribes the outputs of all the counting pipelines and collects what comes, by NodeId. */
  async function watchAll(): Promise<{ values: Map<string, number[]>; stop(): Promise<void> }> {
    const values = new Map<string, number[]>()
    const subscription = ClientSubscription.create(client.session, {
      requestedPublishingInterval: 100,
      publishingEnabled: true,
    })
    const nodes = ids.flatMap((id) =>
      Array.from({ length: stepCount }, (_, index) => client.id(`pipe/${id}.Outputs.n${index}`)),
    )
    const group = await subscription.monitorItems(
      nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
      { samplingInterval: 0, queueSize: 1000, discardOldest: true },
      TimestampsToReturn.Source,
    )
    group.on('changed', (item, { value, statusCode }) => {
      const id = item.itemToMonitor.nodeId.toString()
      values.set(id, [...(values.get(id) ?? []), statusCode.isGood() ? Number(value.value) : Number.NaN])
    })
    return { values, stop: () => subscription.terminate() }
  }

  async function deploy(text: string): Promise<string> {
    const result = await client.session.call({
      objectId: client.id('runtime'),
      methodId: client.id('runtime.Deploy'),
      inputArguments: [text, ''].map((value) => ({ dataType: 'String', value })),
    })
    return result.statusCode.name
  }

  const nodesOf = (id: string) =>
    instancesIn(addressSpaceOf(scratch.plant.urls[0]!)).filter(({ nodeId }) => String(nodeId.value).includes(id))

  it('miss nothing, and no node is another one, during 50 deployments of another pipeline', async () => {
    const watched = await watchAll()
    await until('every item has a value', () => watched.values.size === pipelineCount * stepCount)
    const before = nodesOf('/count')
    for (let index = 1; index <= deploymentCount; index++) expect(await deploy(variant(index))).to.equal('Good')
    expect((await client.read('pipe/scale.Version')).value.value).to.equal(deploymentCount + 1)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await watched.stop()
    const counts = [...watched.values.values()].map((values) => values.filter((value) => !Number.isNaN(value)))
    const gaps = counts.flatMap((values) =>
      values.filter((value, index) => index > 0 && value !== values[index - 1]! + 1),
    )
    expect(gaps).to.deep.equal([])
    expect(Math.min(...counts.map(({ length }) => length))).to.be.greaterThan(5)
    const isOther = nodesOf('/count').filter((node, index) => node !== before[index])
    expect([isOther.length, before.length > 1000]).to.deep.equal([0, true])
    expect(
      [...watched.values.values()].every((values) => values.slice(1).every((value) => !Number.isNaN(value))),
    ).to.equal(true)
  })
})
