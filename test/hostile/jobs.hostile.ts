import { expect } from 'chai'
import { CallRequest, coerceNodeId, DataType, Variant, VariantArrayType } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import { encodeVariant as encodeTo } from 'node-opcua-variant'
import { removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type RawAnswer, statusOf } from '../kit/raw-client.ts'
import { type Arena, endOf, startArena } from './arena.ts'
import { breaks, type LastingClient, lastingClient } from './lasting-client.ts'
import { arenaFiles, instances } from './plant-files.ts'
import { randomOf } from './random.ts'
import { callOf, int32, lyingLengths, nestings, strangeTexts } from './raw-values.ts'

const control = `${instances};s=eq/Acme/Line1.JobManagement.JobOrderControl`
const results = `${instances};s=eq/Acme/Line1.JobManagement.JobOrderResults`

/** Methods that take a structure, and those that take the id of an order (OPC 10031-4 §6.2). */
const byOrder = ['Store', 'StoreAndStart', 'Update']
const byId = ['Start', 'Stop', 'Cancel', 'Clear', 'Pause', 'Resume', 'Abort']

/** ReturnStatus of what is taken: no bit but the first (OPC 10031-4 §6.2.2). */
const accepted = [0, 1]

/** An ExtensionObject of a type of the job control, with any body. */
function orderOf(namespace: number, body: Buffer, encoding = 5008): Buffer {
  const id = Buffer.from([0x01, namespace, encoding & 255, encoding >> 8])
  return Buffer.concat([Buffer.from([22]), id, Buffer.from([1]), int32(body.length), body])
}

const noComment = new Variant({
  ...{ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] },
})

/** A pipeline that waits for orders. */
const batch = `pipeline: batch
equipment: Acme/Line1
run: once
start: manual
parameters: { gain: { type: Double, min: 0, max: 10, default: 1 } }
steps: { sum: { function: ADD, in: { a: $gain, b: 1 } } }
outputs: { sum: { from: sum.result } }
`

const text = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([12]), int32(bytes.length), bytes])

function encodeVariant(variant: Variant): Buffer {
  const stream = new BinaryStream(20_000)
  encodeTo(variant, stream)
  return Buffer.from(stream.buffer.subarray(0, stream.length))
}

describe('hostile: job orders', function () {
  this.timeout(300_000)
  let arena: Arena
  let lasting: LastingClient
  let namespace = 0

  before(async () => {
    arena = await startArena({}, { ...arenaFiles, 'pipelines/batch.yaml': batch })
    lasting = await lastingClient(arena.url)
    const names = await lasting.session.readNamespaceArray()
    namespace = names.indexOf('http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/')
    expect(namespace).to.be.greaterThan(0)
    await until('values come', () => lasting.seen.length > 10)
  })
  after(async () => {
    await lasting.client.disconnect()
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  /** Calls a method with one argument of these bytes; nothing may come of it but a refusal or a close. */
  const refused = async (what: string, objectId: string, method: string, variant: Buffer): Promise<void> => {
    const others = objectId === control ? [noComment] : []
    const client = await arena.session()
    let answer: RawAnswer
    const called = { objectId, methodId: `${objectId}.${method}` }
    await endOf(
      client,
      client.requestBytes(callOf(client, called, variant, others)).then((got) => {
        answer = got
      }),
    )
    if (answer) expectRefused(what, answer)
    await client.destroy()
  }

  /** A refusal is a status, or the bits of ReturnStatus, the last output (OPC 10031-4 §6.2.2). */
  function expectRefused(what: string, answer: RawAnswer): void {
    if (statusOf(answer) !== 'Good') return
    expect(bitsOf(answer), `${what} was taken`).not.to.deep.equal(accepted)
  }

  const bitsOf = (answer: RawAnswer): readonly number[] => answer.results[0].outputArguments.at(-1)?.value ?? []

  it('whose structures lie, nest, are garbage or something else are refused', () =>
    arena.suffer(async () => {
      const random = randomOf(11)
      const bodies: Readonly<Record<string, Buffer>> = {
        ...lyingLengths(),
        ...nestings(20_000),
        'an empty body': orderOf(namespace, Buffer.alloc(0)),
        zeros: orderOf(namespace, Buffer.alloc(400)),
        ones: orderOf(namespace, Buffer.alloc(400, 0xff)),
        'an order of null': Buffer.from([22, 0, 0, 0]),
        'a number': Buffer.from([7, 1, 0, 0, 0]),
        'another structure': orderOf(namespace, Buffer.alloc(40), 5002),
        ...Object.fromEntries(
          Array.from({ length: 40 }, (_body, index): [string, Buffer] => [
            `garbage ${index}`,
            orderOf(namespace, random.bytes(1 + random.below(600))),
          ]),
        ),
      }
      for (const method of byOrder)
        for (const [what, bytes] of Object.entries(bodies))
          await refused(`${method} of ${what}`, control, method, bytes)
    }))

  it('whose bytes were changed on their way are judged or closed, and those that were not are taken', () =>
    arena.suffer(async () => {
      const random = randomOf(12)
      const make = (number: number, fields: object) =>
        lasting.session.constructExtensionObject(coerceNodeId(number, namespace), fields as never)
      const value = new Variant({ dataType: DataType.Double, value: 5 })
      const order = await make(3008, {
        jobOrderID: 'whole',
        description: [{ text: 'An order' }],
        workMasterID: [await make(3007, { ID: 'batch' })],
        jobOrderParameters: [await make(3003, { ID: 'gain', value })],
        startTime: new Date('2100-01-01T00:00:00Z'),
      })
      const whole = encodeVariant(new Variant({ dataType: DataType.ExtensionObject, value: order }))
      const client = await arena.session()
      const store = { objectId: control, methodId: `${control}.Store` }
      const taken = await client.requestBytes(callOf(client, store, whole, [noComment]))
      expect([statusOf(taken), ...bitsOf(taken)]).to.deep.equal(['Good', ...accepted])
      await client.destroy()
      for (let round = 0; round < 300; round += 1) {
        const bytes = Buffer.from(whole)
        for (let flips = 1 + random.below(4); flips > 0; flips -= 1) {
          // Not the head, which says that it is an order and how long.
          bytes[10 + random.below(bytes.length - 10)] = random.below(256)
        }
        const other = await arena.session()
        const called = { objectId: control, methodId: `${control}.${random.pick(byOrder)}` }
        await endOf(other, other.requestBytes(callOf(other, called, bytes, [noComment])))
        await other.destroy()
      }
    }))

  it('that do not exist, under names that programs stumble over, are neither started nor stopped', () =>
    arena.suffer(async () => {
      for (const method of byId)
        for (const [what, bytes] of Object.entries(strangeTexts))
          await refused(`${method} of ${what}`, control, method, text(bytes))
      for (const [what, bytes] of Object.entries(strangeTexts))
        await refused(`response of ${what}`, results, 'RequestJobResponseByJobOrderID', text(bytes))
    }))

  it('are refused with too few arguments, too many, and lists without end', () =>
    arena.suffer(async () => {
      const string = (value: string) => new Variant({ dataType: DataType.String, value })
      const comments = new Variant({
        ...{ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array },
        value: Array.from({ length: 5000 }, () => ({ text: 'x'.repeat(100) })),
      })
      const client = await arena.session()
      for (const method of [...byOrder, ...byId]) {
        for (const inputArguments of [
          [],
          [string('x')],
          [string('x'), comments],
          Array.from({ length: 40 }, () => string('x')),
        ]) {
          const methodsToCall = [{ objectId: control, methodId: `${control}.${method}`, inputArguments }]
          expectRefused(method, await client.request(new CallRequest({ methodsToCall })))
        }
      }
      await client.destroy()
    }))

  it('have left the one that was whole in the list, and not cost a pipeline a wave', async () => {
    const list = (await lasting.read(`${control}.JobOrderList`)) as readonly { jobOrder: { jobOrderID: string } }[]
    expect(list.map(({ jobOrder }) => jobOrder.jobOrderID)).to.include('whole')
    expect(breaks(lasting.seen)).to.deep.equal([])
  })
})
