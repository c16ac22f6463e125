import { DataType, type UAObject, type UAVariable } from 'node-opcua'
import { type Equipment, equipmentLevels } from '../model/equipment.ts'
import { addMachinery, isWorkUnit } from './machinery.ts'
import { namespaceOf, namespaceUris } from './namespaces.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'

/**
 * Adds the ISA-95 equipment as a tree below Objects: `MadeUpOfEquipment` is hierarchical, so every browser shows it.
 *
 * Equipment that owns devices or pipelines gets the folders for them; a work unit or anything of its rank always does, and is a MachineryItem besides.
 */
export function addEquipment(context: SpaceContext): void {
  const { view } = context
  const owners = new Set([...view.devices, ...view.pipelines].map(({ equipment }) => equipment))
  const byDepth = [...view.equipment].sort((a, b) => a.path.split('/').length - b.path.split('/').length)
  for (const equipment of byDepth) addPiece(context, equipment, owners.has(equipment.path))
}

/** The object of a piece of equipment. */
export function equipmentObject({ objectById }: SpaceContext, path: string): UAObject {
  const node = objectById.get(`eq/${path}`)
  if (!node) throw new Error(`equipment ${path} is not in the plant`)
  return node
}

function addPiece(context: SpaceContext, equipment: Equipment, isOwner: boolean): void {
  const { path, level, name, description } = equipment
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

function madeUpOf({ addressSpace }: SpaceContext) {
  const { index } = namespaceOf(addressSpace, namespaceUris.isa95)
  const type = addressSpace.findReferenceType('MadeUpOfEquipment', index)
  if (!type) throw new Error('OPC 10030 lacks MadeUpOfEquipment')
  return type.nodeId
}

/** Sets the first version of a container's content. */
export function setNodeVersion(container: UAObject): void {
  childOf<UAVariable>(container, 'NodeVersion').setValueFromSource({ dataType: DataType.String, value: '1' })
}
