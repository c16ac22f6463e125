import {
  AttributeIds,
  type CallMethodResult,
  coerceLocalizedText,
  coerceNodeId,
  DataType,
  type ExtensionObject,
  type NumericRange,
  Variant,
  VariantArrayType,
  type VariantLike,
} from 'node-opcua'
import type { JobTypeName } from '../../../src/opcua/jobs/job-types.ts'
import type { Client } from '../bench.ts'

export const jobControlUri = 'http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/'

/** Numbers of the data types in the NodeSet of OPC 10031-4 V2. */
const typeIds: Readonly<Record<JobTypeName | 'ISA95MaterialDataType' | 'ISA95PropertyDataType', number>> = {
  ISA95EquipmentDataType: 3005,
  ISA95JobOrderAndStateDataType: 3015,
  ISA95JobOrderDataType: 3008,
  ISA95JobResponseDataType: 3013,
  ISA95MaterialDataType: 3010,
  ISA95ParameterDataType: 3003,
  ISA95PropertyDataType: 3002,
  ISA95StateDataType: 3006,
  ISA95WorkMasterDataType: 3007,
}

/** What a method answered: the name of the status, the ReturnStatus, and what came before it. */
export interface Answered {
  readonly status: string
  readonly bits: bigint | undefined
  readonly first: unknown
  readonly arguments: readonly string[]
}

/** What an MES does with the job control of one piece of equipment. */
export interface JobClient {
  readonly client: Client
  make(type: keyof typeof typeIds, fields: object): Promise<ExtensionObject>
  /** A job order for a pipeline. */
  order(id: string, pipeline: string, fields?: object): Promise<ExtensionObject>
  parameter(ID: string, value: VariantLike, more?: object): Promise<ExtensionObject>
  /** Calls a method of JobOrderControl with a structure. */
  give(method: string, order: unknown, comment?: string): Promise<Answered>
  /** Calls a method of JobOrderControl with a JobOrderID. */
  ask(method: string, id: string | null, comment?: string): Promise<Answered>
  responseOf(id: string): Promise<Answered>
  responsesIn(states: readonly unknown[]): Promise<Answered>
  state(number: number, browsePath?: object): Promise<ExtensionObject>
  /** The value of a member, such as `JobOrderControl.JobOrderList`. */
  read(member: string, range?: NumericRange): Promise<Record<string, unknown>[]>
  /** The states in JobOrderList by JobOrderID. */
  states(): Promise<Readonly<Record<string, string>>>
  node(member: string): string
}

/** Looks at the JobManagement of equipment as an MES does. */
export async function jobClient(client: Client, equipment: string): Promise<JobClient> {
  const { session } = client
  const index = (await session.readNamespaceArray()).indexOf(jobControlUri)
  const node = (member: string): string =>
    client.id(`eq/${equipment}.JobManagement${member === '' ? '' : `.${member}`}`)
  const make: JobClient['make'] = async (type, fields) =>
    session.constructExtensionObject(coerceNodeId(typeIds[type], index), fields as never)
  const call = async (object: string, method: string, inputArguments: VariantLike[]): Promise<Answered> => {
    const objectId = node(object)
    const methodId = `${objectId}.${method}`
    return answeredBy(await session.call({ objectId, methodId, inputArguments } as never))
  }
  const read: JobClient['read'] = async (member, range) => {
    const asked = { nodeId: node(member), attributeId: AttributeIds.Value, ...(range ? { indexRange: range } : {}) }
    const { value, statusCode } = await session.read(asked)
    if (!statusCode.isGood()) throw new Error(`${member} is ${statusCode.name}`)
    return value.value as Record<string, unknown>[]
  }
  const comments = (text: string): VariantLike => ({
    dataType: DataType.LocalizedText,
    arrayType: VariantArrayType.Array,
    value: text === '' ? [] : [coerceLocalizedText(text)!],
  })
  return {
    client,
    make,
    node,
    read,
    order: async (id, pipeline, fields = {}) =>
      make('ISA95JobOrderDataType', {
        jobOrderID: id,
        workMasterID: [await make('ISA95WorkMasterDataType', { ID: pipeline })],
        ...fields,
      }),
    parameter: (ID, value, more = {}) => make('ISA95ParameterDataType', { ID, value: new Variant(value), ...more }),
    give: (method, order, comment = '') =>
      call('JobOrderControl', method, [{ dataType: DataType.ExtensionObject, value: order }, comments(comment)]),
    ask: (method, id, comment = '') =>
      call('JobOrderControl', method, [{ dataType: DataType.String, value: id }, comments(comment)]),
    responseOf: (id) =>
      call('JobOrderResults', 'RequestJobResponseByJobOrderID', [{ dataType: DataType.String, value: id }]),
    responsesIn: (states) =>
      call('JobOrderResults', 'RequestJobResponseByJobOrderState', [
        { dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: [...states] },
      ]),
    state: (stateNumber, browsePath) =>
      make('ISA95StateDataType', {
        stateText: 'asked',
        stateNumber,
        ...(browsePath === undefined ? {} : { browsePath }),
      }),
    async states() {
      const rows = (await read('JobOrderControl.JobOrderList')) as unknown as {
        readonly jobOrder: { readonly jobOrderID: string }
        readonly state: readonly { readonly stateText: { readonly text: string } }[]
      }[]
      return Object.fromEntries(rows.map(({ jobOrder, state }) => [jobOrder.jobOrderID, state[0]!.stateText.text]))
    },
  }
}

function answeredBy({ statusCode, outputArguments, inputArgumentResults }: CallMethodResult): Answered {
  const outputs = outputArguments ?? []
  const words = outputs.at(-1)?.value as [number, number] | undefined
  return {
    status: statusCode.name,
    bits: words && (BigInt(words[0]) << 32n) + BigInt(words[1]),
    first: outputs[0]?.value as unknown,
    arguments: (inputArgumentResults ?? []).map(({ name }) => name),
  }
}
