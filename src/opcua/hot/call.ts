import {
  type AddressSpace,
  BrowseDirection,
  type CallMethodRequest,
  CallMethodResult,
  type CallMethodResultOptions,
  CallResponse,
  type DataValue,
  type ISessionContext,
  NodeClass,
  type NodeId,
  type OPCUAServer,
  resolveOpaqueOnAddressSpace,
  SessionContext,
  StatusCodes,
  sameNodeId,
  type UAMethod,
  type UAObject,
  type UAVariable,
  type Variant,
  verifyArguments_ArgumentList,
} from 'node-opcua'
import type { Message, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import type { Argument } from 'node-opcua-types'
import type { AnyMethod, Hook } from '../guard/hooks.ts'
import { type FindNode, nodeFinder } from './nodes.ts'
import { activeSession, noteAnswer, noteRequest } from './session.ts'
import { isWithoutStructure } from './write.ts'

type Result = CallMethodResultOptions

/** The parts of the stack's accessor that a Call goes through; others hook them too. */
interface Accessor {
  call(context: ISessionContext, items: readonly CallMethodRequest[]): Promise<Result[]>
  callMethod(context: ISessionContext, item: CallMethodRequest): Result | Promise<Result>
}

/**
 * Hooks Call (Part 4 §5.12.2), from the innermost on, so that whatever is put around the call of one method stays there.
 *
 * A method of the object that it is called on, with arguments without structures, is executed at once. The stack collects all
 * methods of the object first, twice, and reads what the arguments have to be anew. Every other call goes its way.
 */
export function callHooks(server: OPCUAServer): Hook[] {
  const { engine } = server
  const { addressSpace } = engine
  if (!addressSpace) throw new Error('the server has no address space')
  const accessor = Reflect.get(engine, 'addressSpaceAccessor') as unknown as Accessor
  const find = nodeFinder(addressSpace)
  return [
    {
      target: accessor,
      method: 'callMethod',
      wrap: (original) =>
        async function (this: Accessor, context: ISessionContext, item: CallMethodRequest) {
          const inputs = item.inputArguments ?? []
          const method = inputs.every(isWithoutStructure) ? ownMethod(find, item) : undefined
          if (!method) return await original.call(this, context, item)
          const verdict = verifyArguments_ArgumentList(addressSpace, inputsOf(find, method), inputs)
          if (verdict.statusCode.isNotGood()) return verdict
          const object = find(item.objectId) as UAObject
          const result = await execute(addressSpace, context, { method, object, inputs })
          result.inputArgumentResults ??= verdict.inputArgumentResults ?? []
          return result
        },
    },
    {
      target: accessor,
      method: 'call',
      wrap: () =>
        async function (this: Accessor, context: ISessionContext, items: readonly CallMethodRequest[]) {
          const results: Result[] = []
          for (const item of items) results.push(await this.callMethod(context, item))
          return results
        },
    },
    { target: server, method: '_on_CallRequest', wrap: (original) => serveCall(server, accessor, original) },
  ]
}

function serveCall(server: OPCUAServer, accessor: Accessor, original: AnyMethod): AnyMethod {
  const limit = server.engine.serverCapabilities.operationLimits.maxNodesPerMethodCall
  return function (this: OPCUAServer, message: Message, channel: ServerSecureChannelLayer) {
    const session = activeSession(message)
    const { requestHeader } = message.request
    const items =
      (message.request as unknown as { readonly methodsToCall: CallMethodRequest[] | null }).methodsToCall ?? []
    const context = session?.sessionContext
    const isUsual = items.length > 0 && items.length <= limit && requestHeader.returnDiagnostics === 0
    if (!session || !isUsual || !(context instanceof SessionContext)) return original.call(this, message, channel)
    noteRequest(session)
    return accessor.call(context.withRequestHeader(requestHeader) as ISessionContext, items).then((results) => {
      const response = new CallResponse(null as never)
      response.results = results.map(resultOf)
      response.diagnosticInfos = []
      noteAnswer(session, 'Call')
      channel.send_response('MSG', response, message)
    })
  }
}

function resultOf(found: Result): CallMethodResult {
  const { statusCode, inputArgumentResults, inputArgumentDiagnosticInfos, outputArguments } = found
  return new CallMethodResult({
    statusCode,
    inputArgumentResults,
    inputArgumentDiagnosticInfos,
    outputArguments,
  } as Result)
}

/** The method, when it is a component of the object and has a body of its own; then no other can be meant. */
function ownMethod(find: FindNode, { objectId, methodId }: CallMethodRequest): UAMethod | undefined {
  const object = find(objectId)
  const method = find(methodId) as UAMethod | null
  if (object?.nodeClass !== NodeClass.Object || method?.nodeClass !== NodeClass.Method || !method.isBound())
    return undefined
  const owners = method.findReferencesEx('HasComponent', BrowseDirection.Inverse)
  return owners.some(({ nodeId }) => sameNodeId(nodeId, objectId)) ? method : undefined
}

/** What the arguments of a method have to be, and the value of its property that said so. */
interface Declared {
  readonly property: UAVariable | null
  readonly dataValue: DataValue | undefined
  readonly inputs: Argument[]
}

const declaredByMethod = new WeakMap<UAMethod, Declared>()

/** The declared inputs of a method: those of the method of its type, if that is there. */
function inputsOf(find: FindNode, method: UAMethod): Argument[] {
  const declarationId = method.methodDeclarationId as NodeId | undefined
  const found = declarationId && find(declarationId)
  const declaration = found?.nodeClass === NodeClass.Method ? (found as UAMethod) : method
  const known = declaredByMethod.get(declaration)
  if (known && isValid(known, find)) return known.inputs
  const property = declaration.getChildByName('InputArguments') as UAVariable | null
  const inputs = declaration.getInputArguments() as Argument[]
  declaredByMethod.set(declaration, { property, dataValue: shownBy(property), inputs })
  return inputs
}

/** A method without arguments has no property for them, and is looked at anew each time. */
function isValid({ property, dataValue }: Declared, find: FindNode): boolean {
  return property !== null && find(property.nodeId) === property && shownBy(property) === dataValue
}

function shownBy(property: UAVariable | null): DataValue | undefined {
  return (property as unknown as { readonly $dataValue: DataValue } | null)?.$dataValue
}

interface Executes {
  execute(object: UAObject, inputs: Variant[], context: ISessionContext): Promise<Result>
}

async function execute(
  addressSpace: AddressSpace,
  context: ISessionContext,
  { method, object, inputs }: { readonly method: UAMethod; readonly object: UAObject; readonly inputs: Variant[] },
): Promise<Result> {
  try {
    const result = await (method as unknown as Executes).execute(object, inputs, context)
    const outputs = (result.outputArguments ?? []) as Variant[]
    if (!outputs.every(isWithoutStructure)) await resolveOpaqueOnAddressSpace(addressSpace, outputs)
    return result
  } catch {
    return { statusCode: StatusCodes.BadInternalError, inputArgumentResults: [] }
  }
}
