import {
  AccessLevelFlag,
  type AddressSpace,
  getSymbols,
  type Namespace,
  NodeClass,
  setSymbols,
  type UAVariable,
} from 'node-opcua'
import { namespaceOf, namespaceUris } from '../namespaces.ts'
import { addAlarmTypes } from './alarm-types.ts'
import { addBreakerType } from './breaker-types.ts'
import { addDeviceTypes } from './device-types.ts'
import { addEnumerations } from './enumerations.ts'
import { addEquipmentTypes } from './equipment-types.ts'
import { addEventTypes } from './event-types.ts'
import { addFaultType } from './fault-types.ts'
import { addGeneratedEvents } from './generated-events.ts'
import { addGuardTypes } from './guard-types.ts'
import { addHealthType } from './health-types.ts'
import { addHistorianType } from './historian-types.ts'
import { addNamespaceMetadata } from './namespace-metadata.ts'
import { addPipelineTypes } from './pipeline-types.ts'
import { addPluginTypes } from './plugin-types.ts'
import { addReferenceTypes } from './reference-types.ts'
import { addRuntimeType } from './runtime-types.ts'
import { addStructures } from './structures.ts'
import type { TypeContext } from './type-context.ts'

/** Version of the types, by semantic versioning; a change that breaks clients gets a new namespace URI instead. */
export const typesVersion = '1.0.0'

/** Day of that version; fixed, so that building again gives the same bytes. */
export const typesPublicationDate = new Date('2026-11-22T00:00:00Z')

/** A row of the table of ids: symbolic name, number, node class. */
export type IdRow = ReturnType<typeof getSymbols>[number]

/**
 * Builds the types namespace in an address space that holds the companion NodeSets, and returns the table of ids.
 *
 * Names that the given table knows keep their numbers; new ones get numbers that were never used.
 */
export function buildTypes(addressSpace: AddressSpace, ids: readonly IdRow[]): IdRow[] {
  const namespace = addressSpace.registerNamespace(namespaceUris.types) as Namespace
  namespace.version = typesVersion
  namespace.publicationDate = typesPublicationDate
  setSymbols(namespace, [...ids])
  const known = new Set(ids.map(([, id]) => id))
  const context = contextOf(addressSpace, namespace)
  addReferenceTypes(namespace)
  addEquipmentTypes(context)
  addDeviceTypes(context)
  addPipelineTypes(context)
  addRuntimeType(context)
  addPluginTypes(context)
  addHistorianType(context)
  addGuardTypes(context)
  addHealthType(context)
  addBreakerType(context)
  addFaultType(context)
  addAlarmTypes(context)
  addGeneratedEvents(namespace, addEventTypes(context))
  addNamespaceMetadata(addressSpace, namespace, { version: typesVersion, publicationDate: typesPublicationDate })
  removePlaceholders(namespace)
  makeReadOnly(namespace)
  return getSymbols(namespace).filter(
    ([, id]) => namespace.findNode(`ns=${namespace.index};i=${id}`) !== null || known.has(id),
  )
}

function contextOf(addressSpace: AddressSpace, namespace: Namespace): TypeContext {
  const enumerations = addEnumerations(namespace)
  return {
    namespace,
    enumerations,
    structures: addStructures(namespace, enumerations),
    devicesIndex: namespaceOf(addressSpace, namespaceUris.devices).index,
    machineryIndex: namespaceOf(addressSpace, namespaceUris.machinery).index,
    typeOf(name, uri) {
      const index = uri === undefined ? 0 : namespaceOf(addressSpace, uri).index
      const type = addressSpace.findObjectType(name, index)
      if (!type) throw new Error(`object type ${name} is missing in ${uri ?? 'namespace 0'}`)
      return type
    },
  }
}

/** Instantiating a member of a type copies placeholders of the member's own type; they say nothing there. */
function removePlaceholders(namespace: Namespace): void {
  for (const node of [...namespace.nodeIterator()]) {
    if (node.browseName.name?.startsWith('<')) namespace.deleteNode(node)
  }
}

/** The stack makes variables of types writable unless told otherwise, copies of standard members too, and instances inherit it. */
function makeReadOnly(namespace: Namespace): void {
  for (const node of namespace.nodeIterator()) {
    if (node.nodeClass !== NodeClass.Variable) continue
    const variable = node as UAVariable
    variable.accessLevel = AccessLevelFlag.CurrentRead
    variable.userAccessLevel = AccessLevelFlag.CurrentRead
  }
}
