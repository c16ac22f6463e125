import { type ExtensionObject, resolveNodeId } from 'node-opcua-client'
import { type JobResult, type JobState, jobResults, jobStateOf } from '../../../model/job.ts'
import type { ServerSession } from '../session.ts'
import { type JobValue, jobValueOf, type ParameterStructure, parameterFields } from './values.ts'

/** URI of OPC 10031-4 V2. */
export const jobControlUri = 'http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/'

/** Numbers of the data types of OPC 10031-4 V2 in its NodeSet. */
const typeNumbers = { jobOrder: 3008, state: 3006 } as const

/** A job order, as somebody wants it. What is undefined is left out, and when it is updated left as it is. */
export interface WantedOrder {
  readonly id: string
  readonly pipeline?: string | undefined
  readonly parameters?: readonly JobValue[] | undefined
  readonly equipment?: string | undefined
  readonly priority?: number | undefined
  readonly startTime?: Date | undefined
  readonly endTime?: Date | undefined
  readonly description?: string | undefined
}

/** A job order as a list shows it. */
export interface ListedOrder {
  readonly id: string
  readonly pipeline: string
  readonly state: JobState | undefined
  readonly priority: number
  readonly startTime?: Date | undefined
  readonly endTime?: Date | undefined
  readonly description?: string | undefined
  readonly parameters: readonly JobValue[]
  /** The structure itself, to be sent again. */
  readonly structure: ExtensionObject
}

/** What has come of a job order. */
export interface ToldResponse {
  readonly id: string
  /** JobResponseID, which is the id of the run. */
  readonly run: string
  readonly state: JobState | undefined
  readonly startTime?: Date | undefined
  readonly endTime?: Date | undefined
  readonly result: JobResult | undefined
  readonly reason: string
  readonly outputs: readonly JobValue[]
  readonly equipment: readonly string[]
}

/** What a unit can do, and with which parameters. */
export interface WorkMaster {
  readonly id: string
  readonly description: string
  readonly parameters: readonly JobValue[]
}

interface Text {
  readonly text?: string | null
}

interface OrderStructure {
  jobOrderID?: string | null
  description?: readonly Text[] | null
  workMasterID?: readonly { readonly ID?: string | null }[] | null
  startTime?: Date | null
  endTime?: Date | null
  priority?: number | null
  jobOrderParameters?: readonly ParameterStructure[] | null
}

interface StateStructure {
  readonly stateNumber: number
}

interface ResponseStructure {
  readonly jobResponseID?: string | null
  readonly jobOrderID?: string | null
  readonly startTime?: Date | null
  readonly endTime?: Date | null
  readonly jobState?: readonly StateStructure[] | null
  readonly jobResponseData?: readonly ParameterStructure[] | null
  readonly equipmentActuals?: readonly { readonly ID?: string | null }[] | null
}

/** The structure ISA95JobOrderDataType of a job order. */
export async function orderStructure(server: ServerSession, wanted: WantedOrder): Promise<ExtensionObject> {
  const { id, pipeline, parameters, equipment, priority, startTime, endTime, description } = wanted
  return construct(server, 'jobOrder', {
    jobOrderID: id,
    ...(description === undefined ? {} : { description: [{ text: description }] }),
    ...(pipeline === undefined ? {} : { workMasterID: [{ ID: pipeline }] }),
    ...(priority === undefined ? {} : { priority }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(endTime === undefined ? {} : { endTime }),
    ...(parameters?.length ? { jobOrderParameters: parameters.map(parameterFields) } : {}),
    ...(equipment === undefined ? {} : { equipmentRequirements: [{ ID: equipment }] }),
  })
}

/** The structure of a job order with what is to change in it. */
export async function changedStructure(
  server: ServerSession,
  listed: ListedOrder,
  wanted: WantedOrder,
): Promise<ExtensionObject> {
  const order = listed.structure as ExtensionObject & OrderStructure
  const fresh = (await orderStructure(server, wanted)) as ExtensionObject & OrderStructure
  for (const field of ['description', 'workMasterID', 'startTime', 'endTime', 'priority'] as const) {
    if (fresh[field] !== undefined && fresh[field] !== null) Object.assign(order, { [field]: fresh[field] })
  }
  const changed = fresh.jobOrderParameters ?? []
  if (changed.length === 0) return order
  const names = new Set(changed.map(({ ID }) => ID))
  order.jobOrderParameters = [...(order.jobOrderParameters ?? []).filter(({ ID }) => !names.has(ID)), ...changed]
  return order
}

/** Structures ISA95StateDataType, by which responses are asked for; only the numbers count. */
export function stateStructures(server: ServerSession, numbers: readonly number[]): Promise<ExtensionObject[]> {
  const structures = numbers.map((stateNumber) =>
    construct(server, 'state', { stateNumber, stateText: { text: jobStateOf(stateNumber) ?? '' } }),
  )
  return Promise.all(structures)
}

/** A row of JobOrderList (ISA95JobOrderAndStateDataType). */
export function listedOrder(row: unknown): ListedOrder {
  const { jobOrder, state } = row as { jobOrder: ExtensionObject & OrderStructure; state?: StateStructure[] | null }
  return {
    id: jobOrder.jobOrderID ?? '',
    pipeline: jobOrder.workMasterID?.[0]?.ID ?? '',
    state: jobStateOf(state?.[0]?.stateNumber ?? 0),
    priority: jobOrder.priority ?? 0,
    startTime: jobOrder.startTime ?? undefined,
    endTime: jobOrder.endTime ?? undefined,
    description: jobOrder.description?.[0]?.text || undefined,
    parameters: (jobOrder.jobOrderParameters ?? []).map(jobValueOf),
    structure: jobOrder,
  }
}

/** What a structure ISA95JobResponseDataType says. */
export function toldResponse(structure: unknown): ToldResponse {
  const response = structure as ResponseStructure
  const data = (response.jobResponseData ?? []).map(jobValueOf)
  const [result, reason] = ['JobResult', 'ReasonForStateChange'].map(
    (id) => data.find(({ name }) => name === id)?.value,
  )
  return {
    id: response.jobOrderID ?? '',
    run: response.jobResponseID ?? '',
    state: jobStateOf(response.jobState?.[0]?.stateNumber ?? 0),
    startTime: response.startTime ?? undefined,
    endTime: response.endTime ?? undefined,
    result: typeof result === 'number' ? jobResults[result] : undefined,
    reason: Array.isArray(reason) ? String(reason[0] ?? '') : String(reason ?? ''),
    outputs: data.filter(({ name }) => name !== 'JobResult' && name !== 'ReasonForStateChange'),
    equipment: (response.equipmentActuals ?? []).map(({ ID }) => ID ?? ''),
  }
}

/** What a structure ISA95WorkMasterDataType says. */
export function workMasterOf(structure: unknown): WorkMaster {
  const master = structure as { ID?: string; description?: Text | null; parameters?: ParameterStructure[] | null }
  return {
    id: master.ID ?? '',
    description: master.description?.text ?? '',
    parameters: (master.parameters ?? []).map(jobValueOf),
  }
}

async function construct(
  server: ServerSession,
  type: keyof typeof typeNumbers,
  fields: Record<string, unknown>,
): Promise<ExtensionObject> {
  const index = await server.namespaceIndex(jobControlUri)
  const dataType = resolveNodeId(`ns=${index};i=${typeNumbers[type]}`)
  return server.ask('reading its data types', server.session.constructExtensionObject(dataType, fields))
}
