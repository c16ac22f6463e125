import type { Namespace, UAObjectType } from 'node-opcua'
import { namespaceUris } from '../namespaces.ts'
import { addPart, addProperty } from './members.ts'
import type { TypeContext } from './type-context.ts'

/**
 * Adds `PlantElementType`: one type for every level of the hierarchy, because a type of its own per level would add
 * nothing that a template could use. OPC 10030 has no ID attribute, hence `EquipmentID`.
 */
export function addEquipmentTypes(context: TypeContext): void {
  const { namespace, typeOf } = context
  const type = namespace.addObjectType({
    browseName: 'PlantElementType',
    description: 'A piece of equipment of the ISA-95 hierarchy, of the level that EquipmentLevel says.',
    subtypeOf: typeOf('EquipmentType', namespaceUris.isa95),
  })
  addProperty(namespace, type, {
    name: 'EquipmentID',
    description: 'Path of the equipment in the hierarchy; the ID that job orders name.',
    dataType: 'String',
  })
  addVersionedFolder(namespace, type, {
    name: 'Devices',
    description: 'Devices that belong to this equipment.',
    folder: typeOf('FolderType'),
  })
  addVersionedFolder(namespace, type, {
    name: 'Pipelines',
    description: 'Pipelines that run for this equipment.',
    folder: typeOf('FolderType'),
  })
  addBuildingBlocks(context, type)
}

/** The folder in which OPC 40001 looks for what a machinery item can do; job management is added to instances. */
function addBuildingBlocks({ namespace, typeOf, machineryIndex }: TypeContext, type: UAObjectType): void {
  const folder = addPart(namespace, type, {
    name: `${machineryIndex}:MachineryBuildingBlocks`,
    description: 'Building blocks of OPC 40001 that the equipment offers.',
    type: typeOf('FolderType'),
    rule: 'Optional',
  })
  addPart(namespace, folder, {
    name: `${machineryIndex}:MachineryItemState`,
    description: 'Whether the equipment works.',
    type: typeOf('MachineryItemState_StateMachineType', namespaceUris.machinery),
    rule: 'Optional',
    isAddIn: true,
  })
}

function addVersionedFolder(
  namespace: Namespace,
  type: UAObjectType,
  { name, description, folder }: { name: string; description: string; folder: UAObjectType },
): void {
  const node = addPart(namespace, type, { name, description, type: folder, rule: 'Optional' })
  addNodeVersion(namespace, node)
}

/** Adds the standard property that says which version of a container's content a client sees (Part 3 §5.2.1). */
export function addNodeVersion(namespace: Namespace, node: Parameters<typeof addProperty>[1]): void {
  addProperty(namespace, node, {
    name: '0:NodeVersion',
    description: 'Changes when a child is added or removed.',
    dataType: 'String',
  })
}
