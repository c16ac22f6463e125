import {
  type ClientSession,
  DataType,
  DataValue,
  type HistoryModifiedData,
  HistoryUpdateRequest,
  type HistoryUpdateResponse,
  type HistoryUpdateResult,
  StatusCode,
  StatusCodes,
  UserTokenType,
  Variant,
  type VariantLike,
} from 'node-opcua'
import { getStatusCodeFromCode } from 'node-opcua-status-code'
import { DeleteAtTimeDetails, DeleteRawModifiedDetails, PerformUpdateType, UpdateDataDetails } from 'node-opcua-types'
import type { Client } from '../bench.ts'
import { at, type HistoryBench, startHistoryBench, users } from './history-bench.ts'
import { historyRead, rawDetails } from './reading.ts'

/** What came of one element of a request, by the names of the status codes. */
export interface Updated {
  readonly status: string
  readonly operations: readonly string[]
}

/** A session that can send any request. */
interface Transacts {
  performMessageTransaction(request: HistoryUpdateRequest): Promise<HistoryUpdateResponse>
}

/** Sends one HistoryUpdate with the given elements; a fault is thrown by the client. */
export async function historyUpdate(session: ClientSession, ...historyUpdateDetails: object[]): Promise<Updated[]> {
  const request = new HistoryUpdateRequest({ historyUpdateDetails: historyUpdateDetails as never })
  const response = await (session as unknown as Transacts).performMessageTransaction(request)
  return (response.results ?? []).map(updatedOf)
}

function updatedOf({ statusCode, operationResults }: HistoryUpdateResult): Updated {
  return { status: statusCode.name, operations: (operationResults ?? []).map(({ name }) => name) }
}

/** A value with its source time in seconds of the test, or a date. */
export function dataValue(time: number | Date | null, value: VariantLike | number, status: number | StatusCode = 0) {
  const made = new DataValue(null)
  made.value = new Variant(typeof value === 'number' ? { dataType: DataType.Double, value } : value)
  made.statusCode = status instanceof StatusCode ? status : getStatusCodeFromCode(status)
  made.sourceTimestamp = typeof time === 'number' ? at(time) : time
  return made
}

/** A value without one, which a Bad status may have. */
export const noValue: VariantLike = { dataType: DataType.Null }

/** Puts values into history. */
export function putting(kind: keyof typeof PerformUpdateType, nodeId: string, updateValues: readonly DataValue[]) {
  return new UpdateDataDetails({
    nodeId,
    performInsertReplace: PerformUpdateType[kind],
    updateValues: [...updateValues],
  })
}

/** Deletes a range of history, or what is known of changes in it. */
export function deletingRange(
  nodeId: string,
  { start, end, isModified = false }: { start: Date | null; end: Date | null; isModified?: boolean },
) {
  return new DeleteRawModifiedDetails({
    nodeId,
    isDeleteModified: isModified,
    startTime: start as Date,
    endTime: end as Date,
  })
}

/** Deletes the values of some times. */
export function deletingAt(nodeId: string, reqTimes: readonly (Date | null)[]) {
  return new DeleteAtTimeDetails({ nodeId, reqTimes: [...reqTimes] as Date[] })
}

/** A change as a test compares it. */
export interface Change {
  readonly time: number
  readonly value: unknown
  readonly user: string | null
  readonly kind: number
}

/** The pages of a read of what was changed. */
export async function changesOf(
  session: ClientSession,
  nodeId: string,
  { start = at(-1e6), end = at(1e6), count = 0 }: { start?: Date; end?: Date; count?: number } = {},
): Promise<Change[][]> {
  const pages: Change[][] = []
  let continuationPoint: Buffer | undefined
  do {
    const details = rawDetails({ start, end, count, isModified: true })
    const [result] = await historyRead(session, details, [{ nodeId, continuationPoint }])
    if (!result || result.statusCode.isBad()) throw new Error(result?.statusCode.name)
    const { dataValues, modificationInfos } = result.historyData as HistoryModifiedData
    pages.push(
      (dataValues ?? []).map(({ sourceTimestamp, value }, index) => ({
        time: sourceTimestamp?.getTime() ?? Number.NaN,
        value: value.value as unknown,
        user: modificationInfos?.[index]?.userName ?? null,
        kind: modificationInfos?.[index]?.updateType ?? 0,
      })),
    )
    continuationPoint = result.continuationPoint?.length > 0 ? result.continuationPoint : undefined
  } while (continuationPoint)
  return pages
}

/** A status without a value. */
export const badSensor = StatusCodes.BadSensorFailure

/** Who may do everything with history. */
export const admin = { type: UserTokenType.UserName, userName: 'ConfigureAdmin', password: 'ConfigureAdmin' } as const

/** A served plant whose history a client may change. */
export interface Updatable {
  readonly bench: HistoryBench
  readonly client: Client
  /** The NodeId of the output `volume`. */
  readonly volume: string
  nodeOf(output: string): string
  /** Forgets everything, and what was changed of it. */
  clear(): Promise<void>
}

/** Serves a plant, and logs a client in that may change its history. */
export async function startUpdatable(): Promise<Updatable> {
  const bench = await startHistoryBench({ anonymous: 'none', users })
  const client = await bench.connect({ user: admin })
  const nodeOf = (output: string): string => client.id(`pipe/fill.Outputs.${output}`)
  const [author, middle] = [{ user: 'nobody', at: 0 }, at(25_000).getTime()]
  return {
    bench,
    client,
    volume: nodeOf('volume'),
    nodeOf,
    async clear() {
      for (const tag of bench.kept.keys()) {
        await bench.store.modify({ kind: 'delete', tag, from: 0, to: 1e15 }, author)
        await bench.store.modify({ kind: 'deleteModified', tag, from: 0, to: middle }, author)
        await bench.store.modify({ kind: 'deleteModified', tag, from: middle, to: 1e15 }, author)
      }
    },
  }
}
