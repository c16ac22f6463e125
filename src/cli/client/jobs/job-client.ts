import {
  AttributeIds,
  coerceLocalizedText,
  DataType,
  DataTypeExtractStrategy,
  type ExtensionObject,
  getExtraDataTypeManager,
  type NodeId,
  Variant,
  VariantArrayType,
} from 'node-opcua-client'
import { type JobReturnStatus, type JobState, jobStateNumber, jobStatus } from '../../../model/job.ts'
import { requireGoodish } from '../errors.ts'
import type { ServerSession } from '../session.ts'
import { findJobUnits, type JobNodes, type JobUnit } from './job-units.ts'
import {
  changedStructure,
  type ListedOrder,
  listedOrder,
  orderStructure,
  stateStructures,
  type ToldResponse,
  toldResponse,
  type WantedOrder,
  type WorkMaster,
  workMasterOf,
} from './structures.ts'
import { bigOf } from './values.ts'

/** Methods about one job order that take its id. */
export type JobMethod = 'Start' | 'RevokeStart' | 'Pause' | 'Resume' | 'Stop' | 'Abort' | 'Cancel' | 'Clear'

/** The job orders of a piece of equipment, seen by a client. What is refused with a ReturnStatus resolves to it; the rest rejects as {@link ServerSession} does. */
export interface JobClient {
  /** Path of the equipment. */
  readonly unit: string
  workMasters(): Promise<readonly WorkMaster[]>
  list(): Promise<readonly ListedOrder[]>
  store(order: WantedOrder, asked: { readonly isAllowed: boolean; readonly comment: string }): Promise<JobReturnStatus>
  update(listed: ListedOrder, order: WantedOrder, comment: string): Promise<JobReturnStatus>
  request(method: JobMethod, id: string, comment: string): Promise<JobReturnStatus>
  /** What has come of a job order, or the ReturnStatus that says why there is nothing. */
  response(id: string): Promise<ToldResponse | JobReturnStatus>
  /** What has come of the job orders in these states. */
  responses(states: readonly JobState[]): Promise<readonly ToldResponse[]>
}

/** Finds the equipment of a plant that takes job orders; see {@link findJobUnits}. */
export async function jobClients(server: ServerSession): Promise<readonly JobClient[]> {
  // Structures are read by the types that the server tells; only those that are met, because all of them take most of a second.
  const session = server.session as unknown as Parameters<typeof getExtraDataTypeManager>[0]
  await server.ask('reading its data types', getExtraDataTypeManager(session, DataTypeExtractStrategy.Lazy))
  return (await findJobUnits(server)).map((unit) => jobClient(server, unit))
}

function jobClient(server: ServerSession, { path, control, results }: JobUnit): JobClient {
  const call = async (nodes: JobNodes, method: string, inputs: readonly Variant[]): Promise<readonly Variant[]> => {
    const request = { objectId: nodes.object, methodId: nodes.child(method), inputArguments: [...inputs] }
    return (await server.call(method, request)).outputArguments ?? []
  }
  const order = (structure: ExtensionObject) => new Variant({ dataType: DataType.ExtensionObject, value: structure })
  const changing = async (method: string, about: Variant, comment: string): Promise<JobReturnStatus> =>
    returnStatus(await call(control, method, [about, commentVariant(comment)]), 0)
  return {
    unit: path,
    workMasters: async () => (await rowsOf(server, control.child('WorkMaster'))).map(workMasterOf),
    list: async () => (await rowsOf(server, control.child('JobOrderList'))).map(listedOrder),
    async store(wanted, { isAllowed, comment }) {
      const structure = await orderStructure(server, { ...wanted, equipment: path })
      return changing(isAllowed ? 'StoreAndStart' : 'Store', order(structure), comment)
    },
    async update(listed, wanted, comment) {
      return changing('Update', order(await changedStructure(server, listed, wanted)), comment)
    },
    request: (method, id, comment) => changing(method, stringVariant(id), comment),
    async response(id) {
      const outputs = await call(results, 'RequestJobResponseByJobOrderID', [stringVariant(id)])
      const status = returnStatus(outputs, 1)
      return status === jobStatus.done ? toldResponse(outputs[0]?.value) : status
    },
    async responses(states) {
      const value = await stateStructures(server, states.map(jobStateNumber))
      const input = new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value })
      const [responses] = await call(results, 'RequestJobResponseByJobOrderState', [input])
      return ((responses?.value ?? []) as readonly unknown[]).map(toldResponse)
    },
  }
}

function returnStatus(outputs: readonly Variant[], index: number): JobReturnStatus {
  return bigOf(outputs[index]?.value ?? [0, 0])
}

function stringVariant(value: string): Variant {
  return new Variant({ dataType: DataType.String, value })
}

function commentVariant(comment: string): Variant {
  const value = comment === '' ? [] : [coerceLocalizedText(comment)]
  return new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value })
}

async function rowsOf(server: ServerSession, nodeId: NodeId): Promise<readonly unknown[]> {
  const what = `reading ${nodeId.toString()}`
  const found = await server.ask(what, server.session.read({ nodeId, attributeId: AttributeIds.Value }))
  requireGoodish(found.statusCode, what, server)
  return (found.value.value ?? []) as readonly unknown[]
}
