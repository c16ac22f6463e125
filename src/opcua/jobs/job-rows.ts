import { type AddressSpace, DataType, type ExtensionObject, Variant, VariantArrayType } from 'node-opcua'
import type { Job } from '../../model/job.ts'
import { documentBody } from './job-document.ts'
import { responseBody, statesBody } from './job-response.ts'
import { fromBody, jobType } from './job-types.ts'

/** What job orders look like to clients; each is put together once, as long as it does not change. */
export interface JobRows {
  /** ISA95JobOrderAndStateDataType[]: all of them, in order of arrival. */
  orders(jobs: readonly Job[]): Variant
  /** ISA95JobResponseDataType[]: of those that have begun, in the same order (OPC 40001-3 §6.2). */
  responses(jobs: readonly Job[]): Variant
  /** The order of a job as the client gave it (ISA95JobOrderDataType). */
  order(job: Job): ExtensionObject
  /** What has come of a job so far (ISA95JobResponseDataType); undefined before it has begun. */
  response(job: Job): ExtensionObject | undefined
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
  const asOrder = fromBody(jobType(addressSpace, 'ISA95JobOrderDataType'))
  const asOrderAndState = fromBody(jobType(addressSpace, 'ISA95JobOrderAndStateDataType'))
  const asResponse = fromBody(jobType(addressSpace, 'ISA95JobResponseDataType'))
  const order = once((job) => asOrder(documentBody(addressSpace, job.order)))
  // A structure without optional fields is its fields one after the other (Part 6 §5.2.6).
  const orderAndState = once((job) =>
    asOrderAndState(Buffer.concat([documentBody(addressSpace, job.order), statesBody(addressSpace, job.state)])),
  )
  const response = once((job) => job.response && asResponse(responseBody(addressSpace, job, job.response)))
  return {
    orders: (jobs) => arrayOf(jobs.map(orderAndState)),
    responses: (jobs) => arrayOf(jobs.flatMap((job) => response(job) ?? [])),
    order,
    response,
  }
}

function once<Made extends ExtensionObject | undefined>(make: (job: Job) => Made): (job: Job) => Made {
  const known = new WeakMap<Job, Made>()
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
