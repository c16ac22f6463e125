import fc from 'fast-check'
import { AddressSpace, BinaryStream, DataType, generateAddressSpace, Variant, VariantArrayType } from 'node-opcua'
import { documentBody } from '../../src/opcua/jobs/job-document.ts'
import { commentOf, jobOrderOf } from '../../src/opcua/jobs/job-order.ts'
import { bodyOf, jobType } from '../../src/opcua/jobs/job-types.ts'
import { serverNodesets } from '../../src/opcua/nodesets.ts'
import { checkFor } from './property.ts'
import type { Target } from './target.ts'

let space: Promise<AddressSpace> | undefined

/** The types of job orders, in an address space without a plant. */
async function jobSpace(): Promise<AddressSpace> {
  space ??= (async () => {
    const addressSpace = AddressSpace.create()
    addressSpace.registerNamespace('urn:fuzz')
    await generateAddressSpace(addressSpace, [...serverNodesets])
    return addressSpace
  })()
  return await space
}

const ids = fc.oneof(
  fc.constantFrom('WO-1', '', 'fill', '__proto__', '\u0000', 'x'.repeat(5000)),
  fc.string(),
  fc.constant(null),
)
const values = fc
  .oneof(
    fc.double().map((value) => ({ dataType: DataType.Double, value })),
    fc.string().map((value) => ({ dataType: DataType.String, value })),
    fc.constant({}),
    fc.constant({ dataType: DataType.Double, arrayType: VariantArrayType.Matrix, dimensions: [1, 2], value: [1, 2] }),
    fc.constant({ dataType: DataType.LocalizedText, value: { text: 'x' } }),
    fc.constant({ dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: [new Variant({})] }),
  )
  .map((options) => new Variant(options as never))
const parameters = fc.option(fc.array(fc.record({ ID: ids, value: values }, { requiredKeys: [] }), { maxLength: 3 }))
const times = fc.option(fc.date({ noInvalidDate: true }))
const orders = fc.record(
  {
    jobOrderID: ids,
    workMasterID: fc.option(fc.array(fc.record({ ID: ids, parameters }, { requiredKeys: [] }), { maxLength: 2 })),
    ...{ startTime: times, endTime: times, priority: fc.integer({ min: -32_768, max: 32_767 }) },
    jobOrderParameters: parameters,
    equipmentRequirements: fc.option(fc.array(fc.record({ ID: ids }), { maxLength: 2 })),
  },
  { requiredKeys: [] },
)
const flips = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 4 })

/** Takes a job order as a client may send it, with some bytes of it changed; throws when it is not judged as promised. */
export async function expectTaken(fields: object, changes: readonly { at: number; byte: number }[]): Promise<void> {
  const addressSpace = await jobSpace()
  const Order = jobType(addressSpace, 'ISA95JobOrderDataType')
  const sent = encoded(() => Buffer.from(bodyOf(new Order(fields))))
  if (!sent) return
  for (const { at, byte } of changes) sent[at % sent.length] = byte
  const received = new Order()
  const isDecoded = encoded(() => received.decode(new BinaryStream(sent)) ?? true)
  // What cannot be decoded never comes as far as the job methods.
  if (!isDecoded) return
  const given = jobOrderOf(addressSpace, received)
  commentOf([received, null, { text: 'x'.repeat(10_000) }])
  if ('status' in given) {
    if (typeof given.status !== 'bigint' || given.status === 1n) throw new Error(`refused with ${String(given.status)}`)
    return
  }
  documentBody(addressSpace, given.order)
}

/** What the stack's own classes cannot encode or decode is not asked here. */
function encoded<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** Structures of job orders. */
export const jobs: Target = {
  name: 'jobs',
  what: 'structures of job orders',
  run: (budget, replay) => checkFor(fc.asyncProperty(orders, flips, expectTaken), budget, replay),
}
