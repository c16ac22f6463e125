import type { AddressSpace, IEventData, NodeId, Variant } from 'node-opcua'
import type { Storable } from '../../../sqlite/value-codec.ts'
import { ConditionEvent } from '../../alarms/condition-event.ts'
import type { KeptEvent } from './event-history-view.ts'
import { eventPathsOf } from './event-paths.ts'
import { storeVariant } from './variant-codec.ts'

/** The field that holds the NodeId of the condition; its path is empty, as in a client's select clause (Part 9 §5.5.2.13). */
export const conditionIdPath = ''

/** Where an event was raised. */
export interface Raiser {
  readonly notifier: string
  readonly equipment: string
}

/** An event with all its fields as plain data; undefined for one without an EventId or a type, which none should be. */
export function keptEventOf(addressSpace: AddressSpace, event: IEventData, raiser: Raiser): KeptEvent | undefined {
  const values = event instanceof ConditionEvent ? event.values() : valuesOf(addressSpace, event)
  const [id, type] = [values.get('EventId')?.value, values.get('EventType')?.value as NodeId | null | undefined]
  if (!Buffer.isBuffer(id) || id.length === 0 || !type) return undefined
  const time = values.get('Time')?.value
  const namespaces = namespaceUrisOf(addressSpace)
  const fields: Record<string, Storable> = {}
  for (const [path, variant] of values) {
    const stored = storeVariant(variant)
    if (stored !== null) fields[path] = stored
  }
  return {
    eventId: id.toString('hex'),
    time: time instanceof Date ? time.getTime() : 0,
    type: { uri: namespaces[type.namespace] ?? '', id: type.toString().replace(/^ns=\d+;/, '') },
    ...raiser,
    severity: Number(values.get('Severity')?.value ?? 1),
    namespaces,
    fields,
  }
}

const urisBySpace = new WeakMap<AddressSpace, readonly string[]>()

/** The namespaces of an address space by index. One that is there never changes, so a list serves as long as none is added. */
export function namespaceUrisOf(addressSpace: AddressSpace): readonly string[] {
  const namespaces = addressSpace.getNamespaceArray()
  const known = urisBySpace.get(addressSpace)
  if (known?.length === namespaces.length) return known
  const uris = namespaces.map(({ namespaceUri }) => namespaceUri)
  urisBySpace.set(addressSpace, uris)
  return uris
}

/** The values of an event of the stack, which has them as members. */
function valuesOf(addressSpace: AddressSpace, event: IEventData): ReadonlyMap<string, Variant> {
  const values = new Map<string, Variant>()
  for (const { member, path } of eventPathsOf(addressSpace, event.getEventDataSource().nodeId)) {
    const value = Reflect.get(event, member) as Variant | undefined
    if (value) values.set(path, value)
  }
  return values
}
