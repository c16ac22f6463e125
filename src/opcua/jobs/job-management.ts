import { DataType, type UAObject, type UAVariable, VariantArrayType } from 'node-opcua'
import type { Equipment } from '../../model/equipment.ts'
import { Status } from '../../model/status.ts'
import { nullVariant } from '../conversion.ts'
import { equipmentObject } from '../equipment-tree.ts'
import { fingerprintOf } from '../fingerprint.ts'
import { setValue } from '../live-values.ts'
import { addIn, qualified } from '../machinery.ts'
import { namespaceUris } from '../namespaces.ts'
import { childOf, objectTypeOf, type SpaceContext } from '../space-context.ts'
import type { JobLists } from './job-lists.ts'
import { bindControl, bindResults, controlMethods } from './job-methods.ts'
import type { JobsView } from './jobs-view.ts'
import { workMasters } from './work-master.ts'

/** Most that a UInt16 says. */
const maxShown = 65535

/** The equipment that takes job orders: what has pipelines itself. */
export function equipmentWithJobs({ view }: SpaceContext): readonly Equipment[] {
  if (!view.jobs) return []
  const owners = new Set(view.pipelines.map(({ equipment }) => equipment))
  return view.equipment.filter(({ path }) => owners.has(path))
}

/** A text that differs when JobManagement of the equipment has to be built again. */
export function jobManagementKey(context: SpaceContext, { path, level }: Equipment): string {
  const pipelines = pipelinesOf(context, path).map(({ id, name, description, parameters }) => [
    ...[id, name, description, parameters],
  ])
  return fingerprintOf([level, pipelines, context.view.jobs?.max ?? 0])
}

/** The object that stands for the results of a piece of equipment, which events about job orders come from. */
export function resultsObject({ namespace }: SpaceContext, path: string): UAObject | null {
  return namespace.findNode(`s=eq/${path}.JobManagement.JobOrderResults`) as UAObject | null
}

/**
 * Adds JobManagement (OPC 40001-3 §8.1) to a piece of equipment: JobOrderControl, which takes job orders for its pipelines, and
 * JobOrderResults. A MachineryItem has the same object among its building blocks, where OPC 40001-3 §6.3 wants it.
 */
export function addJobManagement(
  context: SpaceContext,
  equipment: Equipment,
  { jobs, lists }: { readonly jobs: JobsView; readonly lists: JobLists },
): void {
  const { path } = equipment
  const parent = equipmentObject(context, path)
  const node = addIn(context, parent, objectTypeOf(context, 'JobManagementType', namespaceUris.machineryJobs), {
    browseName: qualified(context, namespaceUris.machineryJobs, 'JobManagement'),
    displayName: 'JobManagement',
    description: 'Takes job orders for the pipelines of this equipment.',
    optionals: [...controlMethods.map((name) => `JobOrderControl.${name}`), 'JobOrderResults.JobOrderResponseList'],
  })
  parent.getChildByName('MachineryBuildingBlocks')?.addReference({ referenceType: 'HasAddIn', nodeId: node.nodeId })
  const control = childOf<UAObject>(node, 'JobOrderControl')
  const results = childOf<UAObject>(node, 'JobOrderResults')
  describeControl(context, control, path, jobs)
  bindControl(context, control, { jobs, equipment: path })
  bindResults(context, results, { jobs, equipment: path })
  lists.show(jobs, path, {
    orders: childOf<UAVariable>(control, 'JobOrderList'),
    responses: childOf<UAVariable>(results, 'JobOrderResponseList'),
  })
}

function describeControl(context: SpaceContext, control: UAObject, path: string, jobs: JobsView): void {
  const texts = (name: string, value: readonly string[]): void =>
    childOf<UAVariable>(control, name).setValueFromSource({
      dataType: DataType.String,
      arrayType: VariantArrayType.Array,
      value: [...value],
    })
  texts('EquipmentID', [path])
  // Material, personnel and physical assets decide nothing here.
  for (const name of ['MaterialClassID', 'MaterialDefinitionID', 'PersonnelID', 'PhysicalAssetID']) texts(name, [])
  const max = { dataType: DataType.UInt16, value: Math.min(jobs.max, maxShown) }
  childOf<UAVariable>(control, 'MaxDownloadableJobOrders').setValueFromSource(max)
  const masters = childOf<UAVariable>(control, 'WorkMaster')
  masters.minimumSamplingInterval = 0
  setValue(masters, workMasters(context.addressSpace, pipelinesOf(context, path)), Status.Good)
  // The object tells of the states of job orders, and has none of its own (OPC 10031-4 V2 §6.2.1.1).
  const state = childOf<UAVariable>(control, 'CurrentState')
  for (const variable of [state, childOf<UAVariable>(state, 'Id')])
    setValue(variable, nullVariant, Status.BadStateNotActive)
}

function pipelinesOf({ view }: SpaceContext, path: string) {
  return view.pipelines.filter(({ equipment }) => equipment === path)
}
