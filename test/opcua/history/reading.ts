import {
  type ClientSession,
  type HistoryData,
  HistoryReadRequest,
  type HistoryReadResult,
  type NumericRange,
  ReadRawModifiedDetails,
  TimestampsToReturn,
} from 'node-opcua'

/** One value of history as a test compares it. */
export interface Row {
  readonly time: number
  readonly value: unknown
  readonly status: string
}

/** How raw history is read. */
export interface RawOptions {
  readonly start?: Date | undefined
  readonly end?: Date | undefined
  readonly count?: number
  readonly bounds?: boolean
  readonly isModified?: boolean
}

/** A node of a request. */
export interface NodeToRead {
  readonly nodeId: string
  readonly continuationPoint?: Buffer | null | undefined
  readonly indexRange?: NumericRange
}

/** The request options besides details and nodes. */
export interface RequestOptions {
  readonly timestamps?: TimestampsToReturn
  readonly release?: boolean
}

/** Sends one HistoryRead with the given details and returns its results. */
export async function historyRead(
  session: ClientSession,
  historyReadDetails: object,
  nodesToRead: readonly NodeToRead[],
  { timestamps = TimestampsToReturn.Source, release = false }: RequestOptions = {},
): Promise<readonly HistoryReadResult[]> {
  const request = new HistoryReadRequest({
    historyReadDetails: historyReadDetails as never,
    nodesToRead: nodesToRead.map((node) => ({
      ...node,
      continuationPoint: node.continuationPoint ?? undefined,
    })) as never,
    timestampsToReturn: timestamps,
    releaseContinuationPoints: release,
  })
  const response = await session.historyRead(request)
  return response.results ?? []
}

/** Details of a raw read. */
export function rawDetails({ start, end, count = 0, bounds = false, isModified = false }: RawOptions) {
  return new ReadRawModifiedDetails({
    isReadModified: isModified,
    startTime: start ?? null,
    endTime: end ?? null,
    numValuesPerNode: count,
    returnBounds: bounds,
  } as never)
}

/** The rows of one result. */
export function rowsOf(result: HistoryReadResult | undefined): Row[] {
  return ((result?.historyData as HistoryData | null)?.dataValues ?? []).map((each) => ({
    time: each.sourceTimestamp?.getTime() ?? Number.NaN,
    value: each.value?.value as unknown,
    status: each.statusCode.name,
  }))
}

/** The pages of a raw read of one node, until there are no more; it throws the name of a status that is Bad. */
export async function pagesOf(session: ClientSession, nodeId: string, options: RawOptions): Promise<Row[][]> {
  const pages: Row[][] = []
  let continuationPoint: Buffer | undefined
  do {
    const [result] = await historyRead(session, rawDetails(options), [{ nodeId, continuationPoint }])
    if (!result || result.statusCode.isBad()) throw new Error(result?.statusCode.name)
    pages.push(rowsOf(result))
    continuationPoint = result.continuationPoint?.length > 0 ? result.continuationPoint : undefined
  } while (continuationPoint)
  return pages
}

/** Everything that a raw read of one node returns. */
export async function rawOf(session: ClientSession, nodeId: string, options: RawOptions): Promise<Row[]> {
  return (await pagesOf(session, nodeId, options)).flat()
}
