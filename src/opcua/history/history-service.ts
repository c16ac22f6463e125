import {
  type BaseNode,
  type HistoryReadRequest,
  HistoryReadResult,
  type HistoryReadValueId,
  type ISessionContext,
  type OPCUAServer,
  PermissionType,
  ReadAtTimeDetails,
  ReadEventDetails,
  ReadProcessedDetails,
  ReadRawModifiedDetails,
  type StatusCode,
  StatusCodes,
  TimestampsToReturn,
} from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { isMillraceError } from '../../model/errors.ts'
import type { Limits } from '../../model/limits.ts'
import { Status } from '../../model/status.ts'
import { isIndexRangeSound } from '../guard/ranges.ts'
import { quietLog } from '../quiet-log.ts'
import type { Log } from '../space-context.ts'
import { statusCodeOf } from '../status-codes.ts'
import { toldError } from '../told-error.ts'
import { tenureOf } from '../users/identities.ts'
import { Askers, askedBy, type ReadableHistory } from './askers.ts'
import { ContinuationPoints } from './continuation-points.ts'
import type { EventHistoryView } from './events/event-history-view.ts'
import { hasEventHistory, readEvents } from './events/read-events.ts'
import type { Historized, HistorizedVariables } from './historized-variables.ts'
import type { HistoryView } from './history-view.ts'
import { domainOf, type Place, pageMaxOf } from './places.ts'
import { readAtTime, readProcessed } from './read-computed.ts'
import { type Answer, readModified, readRaw } from './read-raw.ts'

/** What the service works with. */
export interface HistoryServiceParts {
  readonly history: HistoryView | undefined
  readonly events: EventHistoryView | undefined
  readonly variables: HistorizedVariables
  readonly limits: Limits
  readonly log: Log
}

/** One node of a request. */
interface Item {
  readonly request: HistoryReadRequest
  readonly node: HistoryReadValueId
  readonly index: number
}

/**
 * Serves HistoryRead (Part 11 §6.5) instead of the stack, which pages by loading everything. Each node has an answer of its
 * own; continuation points belong to the session and its user, and are positions.
 */
export function installHistoryRead(server: OPCUAServer, parts: HistoryServiceParts): void {
  const service = new HistoryService(server, parts)
  const accessor = Reflect.get(server.engine, 'addressSpaceAccessor') as object
  Reflect.set(accessor, 'historyRead', (context: ISessionContext, request: HistoryReadRequest) =>
    service.read(context, request),
  )
}

class HistoryService {
  readonly #server: OPCUAServer
  readonly #parts: HistoryServiceParts
  readonly #tell: ReturnType<typeof quietLog>
  readonly #points: ContinuationPoints<Place>
  readonly #askers = new Askers()

  constructor(server: OPCUAServer, parts: HistoryServiceParts) {
    this.#server = server
    this.#parts = parts
    this.#points = new ContinuationPoints(parts.limits.historyContinuationPoints)
    this.#tell = quietLog(parts.log, systemClock)
  }

  /** One result for each node, in order. They are read one after the other: a page of each is in memory, and no more. */
  async read(context: ISessionContext, request: HistoryReadRequest): Promise<HistoryReadResult[]> {
    const results: HistoryReadResult[] = []
    const { signal } = this.#askers.of(context.session ?? this)
    for (const [index, node] of (request.nodesToRead ?? []).entries()) {
      // Nobody hears the answer any more.
      if (signal.aborted) results.push(bad(StatusCodes.BadSessionClosed))
      else results.push(await this.#readNode(context, { request, node, index }))
    }
    return results
  }

  async #readNode(context: ISessionContext, item: Item): Promise<HistoryReadResult> {
    const { request, node } = item
    const session = context.session ? tenureOf(context.session) : this
    const key = node.nodeId.toString()
    const point = node.continuationPoint
    if (request.releaseContinuationPoints) {
      if (point && point.length > 0) this.#points.take(session, key, point)
      return bad(StatusCodes.Good)
    }
    const reading = this.#reading(context, item)
    if (typeof reading !== 'function') return bad(reading)
    let place: Place | undefined
    if (point && point.length > 0) {
      place = this.#points.take(session, key, point)
      if (!place) return bad(StatusCodes.BadContinuationPointInvalid)
    }
    const answer = await this.#answer(key, session, () => reading(place))
    if (!answer.next) return new HistoryReadResult({ statusCode: answer.status, historyData: answer.data ?? null })
    const continuationPoint = this.#points.keep(session, request, { nodeId: key, place: answer.next })
    if (!continuationPoint) return bad(StatusCodes.BadNoContinuationPoints)
    return new HistoryReadResult({ statusCode: answer.status, historyData: answer.data ?? null, continuationPoint })
  }

  /** How a node is read from a place on, or why it is not read at all. */
  #reading(context: ISessionContext, item: Item): Reading | StatusCode {
    const { request, node } = item
    const { addressSpace } = this.#server.engine
    const found = addressSpace?.findNode(node.nodeId)
    if (!addressSpace || !found) return StatusCodes.BadNodeIdUnknown
    const { history, events, variables } = this.#parts
    const { historyReadDetails: details } = request
    if (details instanceof ReadEventDetails) {
      if (!events || !hasEventHistory(addressSpace, found)) return StatusCodes.BadHistoryOperationUnsupported
      if (!context.checkPermission(found, PermissionType.ReadHistory)) return StatusCodes.BadUserAccessDenied
      const reader = { history: events, addressSpace, context, node: found }
      const nodes = request.nodesToRead?.length ?? 0
      return (place) => (place && place.kind !== 'events' ? mismatch : readEvents(reader, details, { place, nodes }))
    }
    const historized = variables.find(node.nodeId)
    if (!history || !historized) return StatusCodes.BadHistoryOperationUnsupported
    const asked = askedBy(history, this.#askers.of(context.session ?? this))
    return valueRefusal(context, item, found) ?? ((place) => readOne({ history: asked, historized }, item, place))
  }

  /** What a node gets; whatever goes wrong with it is its own answer. */
  async #answer(node: string, session: object, read: () => Promise<Answer> | Answer): Promise<Answer> {
    try {
      return await read()
    } catch (error) {
      if (this.#askers.of(session).signal.aborted) return { status: StatusCodes.BadSessionClosed }
      // While the historian is in trouble every read of every client fails for the same reason.
      const kind = isMillraceError(error) ? error.code : String(error)
      this.#tell(kind, `the history of ${node} cannot be read: ${toldError(error)}`)
      const status = isMillraceError(error) ? (error.status ?? Status.BadResourceUnavailable) : Status.BadInternalError
      return { status: statusCodeOf(status) }
    }
  }
}

/** Reads one node from a place on. */
type Reading = (place: Place | undefined) => Promise<Answer> | Answer

const mismatch: Answer = { status: StatusCodes.BadContinuationPointInvalid }

/** Why the values of a historized variable are not read; undefined when they are. */
function valueRefusal(context: ISessionContext, { request, node }: Item, found: BaseNode): StatusCode | undefined {
  if (!context.checkPermission(found, PermissionType.ReadHistory)) return StatusCodes.BadUserAccessDenied
  if (!isIndexRangeSound(node.indexRange as never)) return StatusCodes.BadIndexRangeInvalid
  const encoding = node.dataEncoding?.name
  if (encoding && encoding !== 'Default Binary') return StatusCodes.BadDataEncodingInvalid
  // Only source times are kept (ServerTimestampSupported is false, Part 11 §5.4.2).
  return request.timestampsToReturn === TimestampsToReturn.Server ? StatusCodes.BadTimestampNotSupported : undefined
}

function readOne(
  { history, historized }: { readonly history: ReadableHistory; readonly historized: Historized },
  { request, node, index }: Item,
  place: Place | undefined,
): Promise<Answer> | Answer {
  const { historyReadDetails: details } = request
  const nodes = request.nodesToRead ?? []
  const indexRange = node.indexRange as never
  const page = { pageMax: pageMaxOf(nodes.length), indexRange }
  if (details instanceof ReadRawModifiedDetails) {
    const begun = place ?? beginning(details, page.pageMax)
    if ('status' in begun) return begun
    if (begun.kind === 'raw' && !details.isReadModified) return readRaw(history, historized, begun, indexRange)
    return begun.kind === 'modified' ? readModified(history, historized, begun, indexRange) : mismatch
  }
  if (details instanceof ReadAtTimeDetails) {
    if (place && place.kind !== 'atTime') return mismatch
    return readAtTime(history, historized, details, { ...page, index: place?.index ?? 0 })
  }
  if (details instanceof ReadProcessedDetails) {
    if (place && place.kind !== 'processed') return mismatch
    if (details.aggregateType?.length !== nodes.length) return { status: StatusCodes.BadAggregateListMismatch }
    const aggregateId = details.aggregateType[index]
    return readProcessed(history, historized, { details, aggregateId }, { ...page, index: place?.index ?? 0 })
  }
  return { status: StatusCodes.BadHistoryOperationUnsupported }
}

/** Where a raw or modified read begins, or why it cannot. */
function beginning(details: ReadRawModifiedDetails, pageMax: number): Place | Answer {
  const domain = domainOf(details, pageMax)
  // Bounds of what was modified would have no meaning (Part 11 §6.5.3.3).
  if (!domain || (details.isReadModified && details.returnBounds)) return { status: StatusCodes.BadInvalidArgument }
  const begin = { domain, after: undefined, returned: 0 }
  if (details.isReadModified) return { kind: 'modified', ...begin }
  return { kind: 'raw', ...begin, withBounds: details.returnBounds, isAtEnd: false }
}

function bad(statusCode: StatusCode): HistoryReadResult {
  return new HistoryReadResult({ statusCode })
}
