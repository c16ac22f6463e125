import { type AddressSpace, BinaryStream, DataType, type ExtensionObject, Variant } from 'node-opcua'
import type { JobOrder } from '../../model/job.ts'
import { type EncodedValue, isEncoded } from '../../model/value.ts'
import { renumber, valueFrom } from '../encoded-values.ts'
import { namespaceUrisOf } from '../history/events/event-codec.ts'
import { bodyOf, jobType } from './job-types.ts'

/** An index that no server has: what a namespace that is gone becomes. */
const nowhere = 65535

/** A job order as the client gave it, in a form that can be kept: its bytes, and the namespaces that they name. */
export function documentOf(addressSpace: AddressSpace, order: ExtensionObject): EncodedValue {
  const variant = new Variant({ dataType: DataType.ExtensionObject, value: order })
  const value = valueFrom(variant, namespaceUrisOf(addressSpace))
  if (!isEncoded(value)) throw new Error('a job order has no encoding')
  return value
}

const bodies = new WeakMap<JobOrder, Uint8Array>()

/**
 * The body of an ISA95JobOrderDataType that says what the client has said. Indices of namespaces are those of now, also when they
 * were others when it was given; in what was a structure of an unknown type to us even then they stay as they were.
 */
export function documentBody(addressSpace: AddressSpace, order: JobOrder): Uint8Array {
  const known = bodies.get(order)
  if (known) return known
  const { document } = order
  const body = (isEncoded(document) ? liveBody(addressSpace, document) : undefined) ?? bareBody(addressSpace, order)
  bodies.set(order, body)
  return body
}

/** What is known of an order without its document. */
function bareBody(addressSpace: AddressSpace, { id, pipeline }: JobOrder): Uint8Array {
  const master = new (jobType(addressSpace, 'ISA95WorkMasterDataType'))({ ID: pipeline })
  return bodyOf(new (jobType(addressSpace, 'ISA95JobOrderDataType'))({ jobOrderID: id, workMasterID: [master] }))
}

/** Undefined when it cannot be read any more: one such order must not keep the others from being shown. */
function liveBody(addressSpace: AddressSpace, { namespaces, body }: EncodedValue): Uint8Array | undefined {
  const live = namespaceUrisOf(addressSpace)
  if (namespaces.every((uri, index) => live[index + 1] === uri)) return body
  try {
    const order = new (jobType(addressSpace, 'ISA95JobOrderDataType'))()
    order.decode(new BinaryStream(Buffer.from(body)))
    renumber(order, (index) => {
      const uri = namespaces[index - 1]
      if (uri === undefined) return index
      const now = live.indexOf(uri)
      return now < 0 ? nowhere : now
    })
    return bodyOf(order)
  } catch {
    return undefined
  }
}
