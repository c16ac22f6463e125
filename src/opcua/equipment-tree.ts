import { DataType, type UAObject, type UAVariable } from 'node-opcua'
import { type Equipment, equipmentLevels } from '../model/equipment.ts'
import { addMachinery, isWorkUnit } from './machinery.ts'
import { namespaceOf, namespaceUris } from './namespaces.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'

/**
 * Adds a piece of ISA-95 equipment to the tree below Objects: `MadeUpOfEquipment` is hierarchical, so every browser shows
 * it. What it is a part of has to be there already; {@link byDepth} gives the order.
 *
 * Equipment that owns devices or pipelines gets the folders for them; a work unit or anything of its rank always does, and is
 * a MachineryItem besides.
 */
export function addPiece(context: SpaceContext, equipment: Equipment): void {
  const { view } = context
  const { path, level, name, description } = equipment
  const isOwner = [...view.devices, ...view.pipelines].some((owned) => owned.equipment === path)
  const slash = path.lastIndexOf('/')
  const parent = slash < 0 ? undefined : equipmentObject(context, path.slice(0, slash))
  const folders = isOwner || isWorkUnit(equipment) ? ['Devices', 'Pipelines'] : []
  const node = objectTypeOf(context, 'PlantElementType', namespaceUris.types).instantiate({
    browseName: path.slice(slash + 1),
    displayName: name,
    description,
    namespace: context.namespace,
    nodeId: `s=eq/${path}`,
    optionals: ['EquipmentLevel', ...folders],
    ...(parent
      ? { references: [{ referenceType: madeUpOf(context), isForward: false, nodeId: parent.nodeId }] }
      : { organizedBy: 'ObjectsFolder' }),
  })
  childOf<UAVariable>(node, 'EquipmentID').setValueFromSource({ dataType: DataType.String, value: path })
  childOf<UAVariable>(node, 'EquipmentLevel').setValueFromSource({
    dataType: DataType.Int32,
    value: equipmentLevels.indexOf(level),
  })
  for (const folder of folders) setNodeVersion(childOf<UAObject>(node, folder))
  context.objectById.set(`eq/${path}`, node)
  addMachinery(context, node, equipment)
}

/** The object of a piece of equipment. */
export function equipmentObject({ objectById }: SpaceContext, path: string): UAObject {
  const node = objectById.get(`eq/${path}`)
  if (!node) throw new Error(`equipment ${path} is not in the plant`)
  return node
}

/** Equipment in an order in which each comes after what it is a part of. */
export function byDepth(equipment: readonly Equipment[]): readonly Equipment[] {
  return [...equipment].sort((a, b) => a.path.split('/').length - b.path.split('/').length)
}

function madeUpOf({ addressSpace }: SpaceContext) {
  const { index } = namespaceOf(addressSpace, namespaceUris.isa95)
  const type = addressSpace.findReferenceType('MadeUpOfEquipment', index)
  if (!type) throw new Error('OPC 10030 lacks MadeUpOfEquipment')
  return type.nodeId
}

/** Sets the first version of a container's content, unless it has one already. */
export function setNodeVersion(container: UAObject): void {
  const version = childOf<UAVariable>(container, 'NodeVersion')
  if (!version.readValue().value.value) version.setValueFromSource({ dataType: DataType.String, value: '1' })
}
