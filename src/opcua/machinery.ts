import type { UAObject, UAObjectType } from 'node-opcua'
import { type Equipment, levelRank } from '../model/equipment.ts'
import { type MachineNameplate, missingForMachine } from '../model/nameplate.ts'
import { bindItemState } from './machinery-state.ts'
import { optionalProperties, showMachineNameplate } from './nameplate.ts'
import { namespaceOf, namespaceUris } from './namespaces.ts'
import { objectTypeOf, type SpaceContext } from './space-context.ts'

/** Tells whether equipment is a work unit of ISA-95, of whatever kind: what OPC 40001-1 calls a MachineryItem. */
export function isWorkUnit({ level }: Equipment): boolean {
  return levelRank[level] === levelRank.WorkUnit
}

/**
 * Shows a work unit as a MachineryItem: MachineryBuildingBlocks with the MachineryItemState, and what its nameplate says.
 *
 * Only with manufacturer, serial number and product instance URI, the mandatory members of `MachineIdentificationType`
 * (OPC 40001-1 §8.6), it has an Identification and is listed in `Objects/Machines`.
 */
export function addMachinery(context: SpaceContext, node: UAObject, equipment: Equipment): void {
  if (!isWorkUnit(equipment)) return
  const blocks = addBuildingBlocks(context, node)
  bindItemState(context, addItemState(context, blocks), equipment.path)
  const { nameplate } = equipment
  if (!nameplate || missingForMachine(nameplate).length > 0) return
  const identification = addIdentification(context, node, nameplate)
  blocks.addReference({ referenceType: 'HasAddIn', nodeId: identification.nodeId })
  machines(context).addReference({ referenceType: 'Organizes', nodeId: node.nodeId })
}

function addBuildingBlocks(context: SpaceContext, node: UAObject): UAObject {
  return objectTypeOf(context, 'FolderType').instantiate({
    browseName: qualified(context, namespaceUris.machinery, 'MachineryBuildingBlocks'),
    displayName: 'MachineryBuildingBlocks',
    description: 'What the machine offers of OPC 40001.',
    namespace: context.namespace,
    nodeId: `s=${String(node.nodeId.value)}.MachineryBuildingBlocks`,
    componentOf: node,
  })
}

function addItemState(context: SpaceContext, blocks: UAObject): UAObject {
  return addIn(context, blocks, objectTypeOf(context, 'MachineryItemState_StateMachineType', namespaceUris.machinery), {
    browseName: qualified(context, namespaceUris.machinery, 'MachineryItemState'),
    displayName: 'MachineryItemState',
    description: 'What the machine is doing, as its pipelines and devices tell.',
  })
}

function addIdentification(context: SpaceContext, node: UAObject, nameplate: MachineNameplate): UAObject {
  const type = objectTypeOf(context, 'MachineIdentificationType', namespaceUris.machinery)
  const identification = addIn(context, node, type, {
    browseName: qualified(context, namespaceUris.devices, 'Identification'),
    displayName: 'Identification',
    description: 'What stands on the nameplate.',
    optionals: [...optionalProperties(nameplate)],
  })
  showMachineNameplate(identification, nameplate)
  return identification
}

type AddInOptions = Pick<
  Parameters<UAObjectType['instantiate']>[0],
  'browseName' | 'displayName' | 'description' | 'optionals'
> & { readonly displayName: string }

/** Adds an object by HasAddIn (Part 3 §7.19): a part with a fixed name that its type says. */
export function addIn(context: SpaceContext, parent: UAObject, type: UAObjectType, options: AddInOptions): UAObject {
  return type.instantiate({
    ...options,
    namespace: context.namespace,
    nodeId: `s=${String(parent.nodeId.value)}.${options.displayName}`,
    references: [{ referenceType: 'HasAddIn', isForward: false, nodeId: parent.nodeId }],
  })
}

function machines({ addressSpace }: SpaceContext): UAObject {
  const node = addressSpace.findNode(`ns=${namespaceOf(addressSpace, namespaceUris.machinery).index};i=1001`)
  if (!node) throw new Error('OPC 40001-1 lacks Machines')
  return node as UAObject
}

/** A BrowseName of a standard namespace. */
export function qualified({ addressSpace }: SpaceContext, uri: string, name: string) {
  return { namespaceIndex: namespaceOf(addressSpace, uri).index, name }
}
