import {
  AttributeIds,
  type BaseNode,
  DataType,
  type ISessionContext,
  NodeClass,
  type OPCUAServer,
  PermissionType,
  type StatusCode,
  StatusCodes,
  type UAVariable,
  type Variant,
  WriteResponse,
  type WriteValue,
} from 'node-opcua'
import { getCurrentClock } from 'node-opcua-date-time'
import type { Message, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import type { AnyMethod, Hook } from '../guard/hooks.ts'
import { nodeFinder } from './nodes.ts'
import { activeSession, noteAnswer, noteRequest } from './session.ts'

type WrittenStatus = StatusCode | Promise<StatusCode>

/** The parts of the stack's accessor that a Write goes through; others hook them too. */
interface Accessor {
  write(context: ISessionContext, items: readonly WriteValue[]): Promise<StatusCode[]>
  writeNode(context: ISessionContext, item: WriteValue): WrittenStatus
}

interface Writable {
  writeAttribute: unknown
  writeValue(
    context: ISessionContext,
    dataValue: unknown,
    range: unknown,
    done: (error: Error | null, status?: StatusCode) => void,
  ): void
}

/**
 * Hooks Write (Part 4 §5.10.4), from the innermost on, so that whatever is put around the writing of one node stays there.
 *
 * Values of variables go to the variable at once. The stack asks for the types of all structures first, and makes a session of
 * its own, with a random id, to look for structures in each value; here only values that may hold one go its way.
 */
export function writeHooks(server: OPCUAServer): Hook[] {
  const { engine } = server
  const { addressSpace } = engine
  if (!addressSpace) throw new Error('the server has no address space')
  const accessor = Reflect.get(engine, 'addressSpaceAccessor') as unknown as Accessor
  const find = nodeFinder(addressSpace)
  const plain = Object.getPrototypeOf(addressSpace.rootFolder.objects.server.serverStatus.currentTime) as Writable
  return [
    {
      target: accessor,
      method: 'writeNode',
      wrap: (original) =>
        function (this: Accessor, context: ISessionContext, item: WriteValue): WrittenStatus {
          const node = isUsual(item) ? find(item.nodeId) : null
          if (!isVariable(node) || (node as unknown as Writable).writeAttribute !== plain.writeAttribute) {
            return original.call(this, context, item)
          }
          return writeValue(node, context, item)
        },
    },
    {
      target: accessor,
      method: 'write',
      wrap: () =>
        async function (this: Accessor, context: ISessionContext, items: readonly WriteValue[]) {
          context.currentTime = getCurrentClock()
          const results: StatusCode[] = []
          // One after the other, as a client may rely on the order of what it writes in one request.
          for (const item of items) {
            const result = this.writeNode(context, item)
            results.push(result instanceof Promise ? await result : result)
          }
          return results
        },
    },
    { target: server, method: '_on_WriteRequest', wrap: (original) => serveWrite(server, accessor, original) },
  ]
}

function serveWrite(server: OPCUAServer, accessor: Accessor, original: AnyMethod): AnyMethod {
  const limit = server.engine.serverCapabilities.operationLimits.maxNodesPerWrite
  return function (this: OPCUAServer, message: Message, channel: ServerSecureChannelLayer) {
    const session = activeSession(message)
    const items = (message.request as unknown as { readonly nodesToWrite: WriteValue[] | null }).nodesToWrite ?? []
    if (!session || items.length === 0 || items.length > limit) return original.call(this, message, channel)
    noteRequest(session)
    for (const item of items) item.nodeId = session.resolveRegisteredNode(item.nodeId)
    return accessor.write(session.sessionContext, items).then((results) => {
      const response = new WriteResponse(null as never)
      response.results = results
      response.diagnosticInfos = []
      noteAnswer(session, 'Write')
      channel.send_response('MSG', response, message)
    })
  }
}

function isVariable(node: BaseNode | null): node is UAVariable {
  return node?.nodeClass === NodeClass.Variable
}

/** Whether a Value is written that cannot hold a structure. */
function isUsual({ attributeId, value }: WriteValue): boolean {
  return attributeId === AttributeIds.Value && isWithoutStructure(value?.value)
}

/** Types whose values may hold structures that the stack has to look into. */
const holders: ReadonlySet<DataType | undefined> = new Set([
  undefined,
  DataType.ExtensionObject,
  DataType.DataValue,
  DataType.Variant,
])

/** Whether there is a value, and nothing in it that the stack has to resolve before it is used. */
export function isWithoutStructure(variant: Variant | null | undefined): boolean {
  return !holders.has(variant?.dataType)
}

function writeValue(node: UAVariable, context: ISessionContext, { value, indexRange }: WriteValue): WrittenStatus {
  if (!context.checkPermission(node, PermissionType.Write)) return StatusCodes.BadUserAccessDenied
  return new Promise<StatusCode>((resolve, reject) => {
    const target = node as unknown as Writable
    target.writeValue(context, value, indexRange, (error, status) => {
      if (error) reject(error)
      else resolve(status ?? StatusCodes.Good)
    })
  })
}
