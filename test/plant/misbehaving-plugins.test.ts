import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { AttributeIds, ClientSubscription, type DataValue, TimestampsToReturn } from 'node-opcua'
import { rough, roughPlant } from '../isolation/rough-plant.ts'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { type EventListener, type Heard, listen, typeId } from '../opcua/event-listener.ts'

type Type = keyof typeof rough
const types = Object.keys(rough) as Type[]

describe('a plant with plugins that hang, leak, crash, throw, flood and never let go', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant
  let client: Client
  let listener: EventListener
  const counts: DataValue[] = []

  before(async () => {
    scratch = await startScratch(roughPlant())
    client = await scratch.connect('Operator')
    listener = await listen(client, 'i=2253', { fields: ['8:PipelineId', '8:StepName', '8:ErrorCode', '8:Duration'] })
    const options = { requestedPublishingInterval: 50, publishingEnabled: true, requestedMaxKeepAliveCount: 10 }
    const subscription = ClientSubscription.create(client.session, options)
    const item = await subscription.monitor(
      { nodeId: client.id('pipe/good.Outputs.count'), attributeId: AttributeIds.Value },
      { samplingInterval: 0, queueSize: 1000, discardOldest: true },
      TimestampsToReturn.Both,
    )
    item.on('changed', (value: DataValue) => counts.push(value))
    await until('all begin well', async () => (await statusesOf('value')).every((name) => name === 'Good'), 20_000)
  })
  after(() => scratch.stop())

  const read = async (type: string, output: string) => client.read(`pipe/${type}.Outputs.${output}`)
  const statusesOf = async (output: string) =>
    Promise.all(types.map(async (type) => (await read(type, output)).statusCode.name))
  const set = (type: Type, value: number) =>
    client.write(`pipe/${type}.Parameters.mode`, { dataType: 'Double', value } as never)
  const heard = (type: Type, kind: 'StepErrorEventType' | 'StepRestartedEventType' = 'StepErrorEventType') =>
    listener.heard.filter(({ PipelineId, EventType }) => PipelineId === type && String(EventType) === typeId(kind))
  const counted = () => Number(counts.at(-1)?.value.value)

  it('spoils their own steps, each with its reason, while everything else goes on', async () => {
    const before = { good: counted(), beside: await Promise.all(types.map((type) => read(type, 'beside'))) }
    for (const type of types) expect(await set(type, 13)).to.equal('Good')
    await until('all are Bad', async () => (await statusesOf('value')).every((name) => name.startsWith('Bad')), 20_000)
    const statuses = Object.fromEntries(
      await Promise.all(types.map(async (type) => [type, (await read(type, 'value')).statusCode.name])),
    )
    expect(statuses).to.deep.equal({
      hang: 'BadTimeout',
      leak: 'BadOutOfMemory',
      crash: 'BadInternalError',
      throws: 'BadInternalError',
      floods: 'BadResourceUnavailable',
      listens: 'BadResourceUnavailable',
    })
    const reached = counted() + 30
    await until('the good pipeline goes on', () => counted() >= reached, 20_000)
    expect(counted()).to.be.greaterThan(before.good)
    // The steps beside the rough ones, in the same pipelines, go on too.
    for (const [index, type] of types.entries()) {
      const beside = Number((await read(type, 'beside')).value.value)
      expect(beside, type).to.be.greaterThan(Number(before.beside[index]?.value.value))
    }
  })

  it('publishes every value of the good pipeline, in order', () => {
    const values = counts.map(({ value }) => Number(value.value)).filter((each) => each > 0)
    expect(values.length).to.be.greaterThan(30)
    expect(values).to.deep.equal(Array.from(values, (_, index) => (values[0] as number) + index))
  })

  it('tells each trouble a few times at most, with the reason', async () => {
    await until('all are told', () => types.every((type) => heard(type).length > 0))
    const says: Readonly<Record<Type, RegExp>> = {
      hang: /hang.ts did not answer hang\/rough within 300 ms/,
      leak: /leak.ts used more than 32 MiB of memory/,
      crash: /crash.ts ended by itself with exit code 3/,
      throws: /no luck/,
      floods: /floods emits more than 10000 times in one turn/,
      listens: /listens subscribes to its inputs more than 1000 times/,
    }
    for (const type of types) {
      expect(heard(type).length, type).to.be.lessThan(8)
      expect(textOf(heard(type)[0])).to.match(says[type])
    }
    expect(scratch.lines.filter((line) => line.includes('no luck')).length).to.be.lessThan(20)
  })

  it('gives up those that do not get better, until their pipeline is reset', async () => {
    await until(
      'the hanging one is given up',
      () => heard('hang').some((event) => textOf(event).includes('is faulted')),
      30_000,
    )
    await set('hang', 1)
    expect((await read('hang', 'value')).statusCode.name).to.equal('BadTimeout')
    for (const name of ['Halt', 'Reset', 'Start']) {
      const call = { objectId: client.id('pipe/hang'), methodId: client.id(`pipe/hang.${name}`) }
      expect((await client.session.call(call)).statusCode.name, name).to.equal('Good')
    }
    await until('it works again', async () => (await read('hang', 'value')).statusCode.name === 'Good', 10_000)
  })

  it('gets well again by itself, where the trouble passes', async () => {
    for (const type of ['throws', 'leak', 'crash'] as const) await set(type, 1)
    await scratch.plant.reload('test')
    await until(
      'they work again',
      async () => {
        const names = await Promise.all(
          (['throws', 'leak', 'crash'] as const).map(async (type) => (await read(type, 'value')).statusCode.name),
        )
        return names.every((name) => name === 'Good')
      },
      20_000,
    )
  })

  it('ends without waiting for any of them', async () => {
    await set('hang', 13)
    await scratch.restart()
    client = await scratch.connect('Operator')
    await until('it runs again', async () => (await read('good', 'count')).statusCode.name === 'Good', 20_000)
  })
})

describe('a plant with a step that blocks the event loop', function () {
  this.timeout(60_000)
  const blocks = `
import { defineFunction, double } from 'millrace/plugin'
export default defineFunction({
  type: 'blocks', description: 'Takes its time.', inputs: { value: double() }, outputs: { value: double() },
  compute({ value }) {
    for (const until = Date.now() + value; Date.now() < until; );
    return { value }
  },
})`
  const pipeline =
    'pipeline: heavy\nequipment: Acme\nrun: { every: 1500ms }\nparameters: { ms: { type: Double, default: 1 } }\n' +
    'steps: { slow: { function: blocks, in: { value: $ms } } }\noutputs: { o: { from: slow.value } }\n'

  it('names the step in an event with the advice, once a minute, and counts each time', async () => {
    const files = { 'plugins/blocks.ts': blocks, 'pipelines/heavy.yaml': pipeline }
    const scratch = await startScratch({ 'plant.yaml': roughPlant()['plant.yaml'] ?? '', ...files })
    try {
      const client = await scratch.connect('Operator')
      const type = typeId('StepBlockedEventType')
      const listener = await listen(client, client.id('pipe/heavy'), { fields: ['8:StepName', '8:Duration'], type })
      const count = async () => Number((await client.read('pipe/heavy.Diagnostics.BlockedCount')).value.value)
      const set = (value: number) => client.write('pipe/heavy.Parameters.ms', { dataType: 'Double', value } as never)
      await set(900)
      await until('it is counted', async () => (await count()) >= 2, 30_000)
      await set(1)
      const heard = await listener.rest()
      expect(heard).to.have.length(1)
      expect(heard[0]).to.deep.include({ StepName: 'slow' })
      expect(Number(heard[0]?.Duration)).to.be.greaterThan(500)
      expect(textOf(heard[0])).to.match(
        /step slow, which kept everything waiting for \d+ ms; declare its plugin isolated/,
      )
    } finally {
      await scratch.stop()
    }
  })
})

describe('a plant that allows some plugins only', function () {
  this.timeout(60_000)
  const asking =
    'pipeline: late\nequipment: Acme\nrun: { every: 1s }\nsteps: { s: { function: tick2, in: { value: 1 } } }\noutputs: { c: { from: s.count } }\n'

  it('refuses a definition that asks for another one, tells who asked by an event, and goes on', async () => {
    const files = roughPlant()
    const scratch = await startScratch({
      'plant.yaml': `${files['plant.yaml']}plugins: { allow: {} }\n`,
    })
    try {
      const client = await scratch.connect('ConfigureAdmin')
      const listener = await listen(client, 'i=2253', {
        fields: ['8:FileName', '8:Initiator'],
        type: typeId('PluginRefusedEventType'),
      })
      await scratch.put('plugins/tick2.ts', `throw new Error('it was run')\n${files['plugins/tick.ts']}`)
      expect(await scratch.apply('pipelines/late.yaml', asking)).to.deep.equal(['plugin-refused'])
      const [event] = await listener.take(1)
      expect(event).to.deep.include({ FileName: join(scratch.folder, 'pipelines/late.yaml'), Initiator: 'test' })
      expect(textOf(event)).to.match(/step s asks for the function tick2, which is refused/)
      expect(scratch.plant.pipelines.all.map(({ id }) => id)).to.deep.equal([])
      expect(scratch.lines.join('')).to.not.include('it was run')
    } finally {
      await scratch.stop()
    }
  })

  it('starts no thread from a file that has changed since it was loaded', async () => {
    const scratch = await startScratch(roughPlant())
    try {
      const client = await scratch.connect('Operator')
      const value = async () => (await client.read('pipe/hang.Outputs.value')).statusCode.name
      await until('it runs', async () => (await value()) === 'Good', 20_000)
      const file = join(scratch.folder, 'plugins/hang.ts')
      await writeFile(file, `${await readFile(file, 'utf8')}\n// changed`)
      await client.write('pipe/hang.Parameters.mode', { dataType: 'Double', value: 13 } as never)
      await until(
        'it is refused',
        () =>
          scratch.lines.some((line) => line.includes('hang.ts has changed since it was loaded; start the plant again')),
        20_000,
      )
      expect(await value()).to.match(/^Bad/)
      await client.write('pipe/hang.Parameters.mode', { dataType: 'Double', value: 1 } as never)
      await scratch.restart()
    } finally {
      await scratch.stop()
    }
  })
})

function textOf(event: Heard | undefined): string {
  return String((event?.Message as { readonly text?: unknown } | undefined)?.text)
}
