import type { UAObject } from 'node-opcua'
import { namespaceOf, namespaceUris } from './namespaces.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'

/**
 * Adds DI's group `Operational` to a device: it organizes the tags and the methods, which stay flat in ParameterSet and
 * MethodSet (OPC 10000-100 §5.4).
 */
export function addOperational(context: SpaceContext, node: UAObject): UAObject {
  const { index } = namespaceOf(context.addressSpace, namespaceUris.devices)
  return objectTypeOf(context, 'FunctionalGroupType', namespaceUris.devices).instantiate({
    browseName: { namespaceIndex: index, name: 'Operational' },
    displayName: 'Operational',
    description: 'Tags and methods for normal operation.',
    namespace: context.namespace,
    nodeId: `s=${String(node.nodeId.value)}.Operational`,
    componentOf: node,
  })
}

/**
 * Lets a group organize everything that lies in a set.
 *
 * The reference is added at the member: at the group, the stack would go through all its references each time.
 */
export function organizeAll(group: UAObject, set: UAObject): void {
  for (const member of set.getComponents()) {
    member.addReference({ referenceType: 'Organizes', isForward: false, nodeId: group.nodeId })
  }
}

/** Lets a group organize some of an object's members, as far as there are such. */
export function organize(group: UAObject, node: UAObject, names: readonly string[]): void {
  for (const name of names)
    group.addReference({ referenceType: 'Organizes', nodeId: childOf<UAObject>(node, name).nodeId })
}
