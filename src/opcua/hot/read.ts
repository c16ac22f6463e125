import {
  AttributeIds,
  type BaseNode,
  DataType,
  DataValue,
  type ISessionContext,
  NodeClass,
  NumericRange,
  type OPCUAServer,
  PermissionType,
  type ReadRequest,
  ReadValueId,
  StatusCodes,
  type TimestampsToReturn,
  type UAVariable,
} from 'node-opcua'
import { apply_timestamps_no_copy } from 'node-opcua-data-value'
import { getCurrentClock, isMinDate, type PreciseClock } from 'node-opcua-date-time'
import type { Message, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import type { AnyMethod, Hook } from '../guard/hooks.ts'
import { readsPlainly } from '../roles.ts'
import { Access } from './access.ts'
import { QuickAnswer } from './answer.ts'
import { type Times, timesByChoice } from './encode.ts'
import { nodeFinder } from './nodes.ts'
import { QuickReadRequest, type Wanted } from './read-request.ts'
import { activeSession, noteAnswer, noteRequest } from './session.ts'

/** From this on any value will do, however old it is (Part 4 §5.10.2). */
const AGE_ANY = 0x7fff_ffff
const CURRENT_READ = 1
/** What a request without an index range asks for. */
const wholeRange = new NumericRange()

const allTimes: Times = { source: true, server: true }

/** The parts of a variable that are looked at; the stack's own methods look at the same. */
interface Shown {
  readonly $dataValue: DataValue
  readonly _timestamped_get_func?: unknown
  readonly refreshFunc?: unknown
  readValue: unknown
}

/** One Read that is served. */
interface Reading {
  readonly context: ISessionContext
  readonly access: Access
  readonly choice: TimestampsToReturn
  readonly times: Times
  readonly maxAge: number
  readonly now: PreciseClock
}

/**
 * Hooks Read (Part 4 §5.10.2), so that values which variables show are looked up and encoded, and nothing else is done.
 *
 * Every other attribute is read from its node at once. What is out of the ordinary goes the stack's way: index ranges, nodes
 * that throw, variables that are asked for their value when they are read, requests that are refused as a whole.
 */
export function readHook(server: OPCUAServer): Hook {
  const serve = readService(server)
  return {
    target: server,
    method: '_on_ReadRequest',
    wrap: (original) =>
      function (this: OPCUAServer, message: Message, channel: ServerSecureChannelLayer) {
        const done = serve(message, channel)
        return done === 'stock' ? original.call(this, message, channel) : done
      },
  }
}

/** Makes the service; it gives `stock` for a request that it leaves to the stack, before it has done anything. */
function readService(server: OPCUAServer) {
  const { engine } = server
  const accessor = Reflect.get(engine, 'addressSpaceAccessor') as unknown as Record<'readNode', AnyMethod>
  const { addressSpace } = engine
  if (!addressSpace) throw new Error('the server has no address space')
  const find = nodeFinder(addressSpace)
  const plain = Object.getPrototypeOf(addressSpace.rootFolder.objects.server.serverStatus.currentTime) as Shown
  const limit = engine.serverCapabilities.operationLimits.maxNodesPerRead
  return (message: Message, channel: ServerSecureChannelLayer): 'stock' | undefined | Promise<void> => {
    const request = message.request as unknown as ReadRequest | QuickReadRequest
    const session = activeSession(message)
    const wanted: readonly Wanted[] = request instanceof QuickReadRequest ? request.wanted : (request.nodesToRead ?? [])
    const { maxAge, timestampsToReturn: choice } = request
    const times = timesByChoice[choice]
    if (!session || !times || wanted.length === 0 || wanted.length > limit || !(maxAge >= 0)) return 'stock'
    const nodes = wanted.map(({ nodeId }) => find(session.resolveRegisteredNode(nodeId)))
    if (nodes.some((node, index) => isRefreshed(node, wanted[index] as Wanted))) return 'stock'
    noteRequest(session)
    const context = session.sessionContext
    const now = getCurrentClock()
    context.currentTime = now
    const reading: Reading = { context, access: new Access(context), choice, times, maxAge, now }
    const results = nodes.map((node, index) => {
      const item = wanted[index] as Wanted
      return isShown(node, item, reading, plain.readValue) ? shownBy(node, reading) : readAttribute(node, item, reading)
    })
    const send = (values: DataValue[], which: Times): void => {
      noteAnswer(session, 'Read')
      channel.send_response('MSG', new QuickAnswer(values, which), message)
    }
    if (results.every((result) => result !== undefined)) {
      send(results as DataValue[], times)
      return undefined
    }
    // Something has to be waited for, while what variables show goes on changing.
    const all = results.map((result, index) => {
      const item = wanted[index] as Wanted
      if (!result) return accessor.readNode(context, stockItem(item), maxAge, choice)
      const isOwn = result === (nodes[index] as unknown as Shown | null)?.$dataValue
      return isOwn ? apply_timestamps_no_copy(result.clone(), choice, item.attributeId) : result
    })
    return Promise.all(all).then((values) => send(values, allTimes))
  }
}

/** Whether the variable wants to be asked before its value is read; the stack asks many at once. */
function isRefreshed(node: BaseNode | null, { attributeId }: Wanted): boolean {
  return attributeId === AttributeIds.Value && typeof (node as unknown as Shown | null)?.refreshFunc === 'function'
}

/**
 * Whether a variable simply shows a value that the session may read. The checks are those of the stack; which of them fails
 * is for the stack to say.
 */
function isShown(
  node: BaseNode | null,
  { attributeId, indexRange, dataEncoding }: Wanted,
  { access, times }: Reading,
  plainReadValue: unknown,
): node is UAVariable {
  if (!node || attributeId !== AttributeIds.Value || node.nodeClass !== NodeClass.Variable) return false
  if (!isEmptyRange(indexRange) || (dataEncoding as { name?: string | null } | undefined)?.name) return false
  const { accessLevel, userAccessLevel } = node as UAVariable
  if ((accessLevel & CURRENT_READ) === 0 || ((userAccessLevel ?? CURRENT_READ) & CURRENT_READ) === 0) return false
  const shown = node as unknown as Shown
  if (shown._timestamped_get_func || shown.readValue !== plainReadValue || !readsPlainly(node)) return false
  const { serverTimestamp, value } = shown.$dataValue
  // Copying a structure fills its lists in, and clients may be used to that.
  if (value?.dataType === DataType.ExtensionObject) return false
  if (times.server && (!serverTimestamp || isMinDate(serverTimestamp))) return false
  return access.allows(node, PermissionType.Read)
}

/** The value itself; its server time is the one of this request when the client wants nothing older (Part 4 §5.10.2). */
function shownBy(node: UAVariable, { times, maxAge, now }: Reading): DataValue {
  const { $dataValue } = node as unknown as Shown
  if (times.server) verifyAt($dataValue, maxAge, now)
  return $dataValue
}

function verifyAt(dataValue: DataValue, maxAge: number, now: PreciseClock): boolean {
  const isOld = now.timestamp.getTime() - (dataValue.serverTimestamp?.getTime() ?? 0) > maxAge
  if (!isOld || maxAge >= AGE_ANY) return false
  dataValue.serverTimestamp = now.timestamp
  dataValue.serverPicoseconds = now.picoseconds
  return true
}

/** Any attribute of a node; undefined for what has to go the stack's way. */
function readAttribute(node: BaseNode | null, item: Wanted, reading: Reading): DataValue | undefined {
  if (!isEmptyRange(item.indexRange)) return undefined
  if (!node) return new DataValue({ statusCode: StatusCodes.BadNodeIdUnknown })
  const { choice, times, maxAge, now } = reading
  const { $dataValue } = node as unknown as Partial<Shown>
  try {
    const found = node.readAttribute(reading.context, item.attributeId, wholeRange, item.dataEncoding as never)
    // A variable gives away its own value when that is Bad; it must not lose its times.
    const own = found === $dataValue ? found.clone() : found
    const dataValue = apply_timestamps_no_copy(own, choice, item.attributeId)
    if (!times.server) return dataValue
    if (!dataValue.serverTimestamp || isMinDate(dataValue.serverTimestamp)) {
      dataValue.serverTimestamp = now.timestamp
      dataValue.serverPicoseconds = 0
    } else if (verifyAt(dataValue, maxAge, now) && item.attributeId === AttributeIds.Value) {
      // What is shown is as new, so that nobody sees an older server time afterwards.
      if ($dataValue?.statusCode.isGoodish()) verifyAt($dataValue, maxAge, now)
    }
    return dataValue
  } catch {
    return undefined
  }
}

function isEmptyRange(range: unknown): boolean {
  return !range || (range as NumericRange).isEmpty()
}

/** The form that the stack works with. */
function stockItem(item: Wanted): ReadValueId {
  if (item instanceof ReadValueId) return item
  const { nodeId, attributeId } = item
  return new ReadValueId({ nodeId, attributeId })
}
