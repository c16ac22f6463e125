import { type AddressSpace, DataType, type ExtensionObject, Variant, VariantArrayType } from 'node-opcua'
import type { Job, JobState } from '../../model/job.ts'
import { documentBody } from './job-document.ts'
import { responseStructure, stateStructure } from './job-response.ts'
import { bodyOf, type FromBody, fromBody, jobType } from './job-types.ts'

/** What job orders look like in the lists; each is put together once, as long as it does not change. */
export interface JobRows {
  /** ISA95JobOrderAndStateDataType[]: all of them, in order of arrival. */
  orders(jobs: readonly Job[]): Variant
  /** ISA95JobResponseDataType[]: of those that have begun, in the same order (OPC 40001-3 §6.2). */
  responses(jobs: readonly Job[]): Variant
  /** The order of a job as the client gave it (ISA95JobOrderDataType). */
  order(job: Job): ExtensionObject
}

const rowsBySpace = new WeakMap<AddressSpace, JobRows>()

/** The rows of an address space. */
export function jobRows(addressSpace: AddressSpace): JobRows {
  const known = rowsBySpace.get(addressSpace)
  if (known) return known
  const rows = makeRows(addressSpace)
  rowsBySpace.set(addressSpace, rows)
  return rows
}

function makeRows(addressSpace: AddressSpace): JobRows {
  const states = new Map<JobState, Uint8Array>()
  const asOrder = fromBody(jobType(addressSpace, 'ISA95JobOrderDataType'))
  const asOrderAndState = fromBody(jobType(addressSpace, 'ISA95JobOrderAndStateDataType'))
  const asResponse = fromBody(jobType(addressSpace, 'ISA95JobResponseDataType'))
  const statesBody = (state: JobState): Uint8Array => {
    const body = states.get(state) ?? listBody(bodyOf(stateStructure(addressSpace, state)))
    states.set(state, body)
    return body
  }
  const order = once((job) => asOrder(documentBody(addressSpace, job.order)))
  // A structure without optional fields is its fields one after the other (Part 6 §5.2.6).
  const orderAndState = once((job) =>
    asOrderAndState(Buffer.concat([documentBody(addressSpace, job.order), statesBody(job.state)])),
  )
  const response = once((job) => responseRow(addressSpace, job, asResponse))
  return {
    orders: (jobs) => arrayOf(jobs.map(orderAndState)),
    responses: (jobs) => arrayOf(jobs.filter((job) => job.response !== undefined).map(response)),
    order,
  }
}

function responseRow(addressSpace: AddressSpace, job: Job, asResponse: FromBody): ExtensionObject {
  const structure = responseStructure(addressSpace, job)
  if (!structure) throw new Error(`job order ${job.order.id} has no response`)
  return asResponse(bodyOf(structure))
}

/** A list with one element (Part 6 §5.2.5). */
function listBody(element: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeInt32LE(1)
  return Buffer.concat([length, element])
}

function once(make: (job: Job) => ExtensionObject): (job: Job) => ExtensionObject {
  const known = new WeakMap<Job, ExtensionObject>()
  return (job) => {
    const before = known.get(job)
    if (before) return before
    const made = make(job)
    known.set(job, made)
    return made
  }
}

function arrayOf(value: readonly ExtensionObject[]): Variant {
  const variant = new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: [] })
  // The public constructor would copy the elements one by one.
  variant.value = value
  return variant
}
