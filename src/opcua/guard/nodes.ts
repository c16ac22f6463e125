import {
  AccessLevelFlag,
  type AddressSpace,
  type BaseNode,
  CallMethodResult,
  type CallMethodResultOptions,
  DataValue,
  HistoryReadResult,
  type ISessionContext,
  NodeClass,
  type NodeId,
  PermissionType,
  type StatusCode,
  StatusCodes,
  type UAVariable,
} from 'node-opcua'
import type { Report } from './findings.ts'
import { type AnyMethod, type Hook, ownerOf } from './hooks.ts'
import { isEncodable } from './mend.ts'
import { isIndexRangeSound } from './ranges.ts'

/**
 * Hooks the functions that serve one node of a request, so that a fault of one node is the answer for that node only.
 *
 * `accessor` is the engine's address-space accessor; its `readNode`, `writeNode`, `callMethod` and `historyReadNode`
 * are called once per node.
 */
export function nodeHooks(accessor: object, addressSpace: AddressSpace, report: Report): Hook[] {
  const refuse = (service: string): StatusCode => {
    report('refusedItem', service, 'impossible index range')
    return StatusCodes.BadIndexRangeInvalid
  }
  return [
    perNode(accessor, 'readNode', (original, self, args) => {
      const item = args[1] as { indexRange?: never }
      if (!isIndexRangeSound(item.indexRange)) return badValue(refuse('Read'))
      return contained(() => original.apply(self, args), report, 'Read', badValue)
    }),
    perNode(accessor, 'writeNode', (original, self, args) => {
      const item = args[1] as { indexRange?: never }
      if (!isIndexRangeSound(item.indexRange)) return refuse('Write')
      return contained(
        () => original.apply(self, args),
        report,
        'Write',
        (status) => status,
      )
    }),
    perNode(accessor, 'callMethod', (original, self, args) =>
      contained(
        () => callSoundly(original, self, args),
        report,
        'Call',
        (statusCode) => ({ statusCode }),
      ),
    ),
    perNode(accessor, 'historyReadNode', (original, self, args) => {
      const item = args[1] as { indexRange?: never; nodeId: never }
      if (!isIndexRangeSound(item.indexRange)) return badHistory(refuse('HistoryRead'))
      const node = addressSpace.findNode(item.nodeId)
      if (node && !hasHistory(node)) return badHistory(StatusCodes.BadHistoryOperationUnsupported)
      return contained(() => original.apply(self, args), report, 'HistoryRead', badHistory)
    }),
    perNode(accessor, 'browseNode', (original, self, args) => {
      const [{ nodeId }, context] = args as [{ nodeId: NodeId }, ISessionContext]
      const node = addressSpace.findNode(nodeId)
      // The permission Browse covers the references from a node too (Part 3 §8.55): whoever has it not is told that nothing is there.
      if (node && !context.checkPermission(node, PermissionType.Browse)) {
        return { statusCode: StatusCodes.BadNodeIdUnknown, references: [] }
      }
      return contained(
        () => original.apply(self, args),
        report,
        'Browse',
        (statusCode) => ({ statusCode, references: [] }),
      )
    }),
  ]
}

/**
 * Hooks the reading of every variable in the process, so that a getter that throws gives a Bad value.
 *
 * Services, samplers, alarms and state machines all read through these methods.
 */
export function variableHooks(addressSpace: AddressSpace, report: Report): Hook[] {
  const variable = addressSpace.rootFolder.objects.server.serverStatus.currentTime as UAVariable
  return [
    {
      target: ownerOf(variable, 'readValue'),
      method: 'readValue',
      wrap: (original) =>
        function (this: UAVariable, ...args: unknown[]) {
          try {
            return original.apply(this, args)
          } catch (error) {
            report('containedThrow', 'getter', error)
            return badValue(StatusCodes.BadInternalError)
          }
        },
    },
    {
      target: ownerOf(variable, 'readValueAsync'),
      method: 'readValueAsync',
      wrap: (original) => containCallback(original, report),
    },
    {
      // The stack refreshes the variables of a Read together and waits for none of them once one has failed.
      target: ownerOf(variable, 'asyncRefresh'),
      method: 'asyncRefresh',
      wrap: (original) => containCallback(original, report),
    },
  ]
}

type ReadCallback = (error: Error | null, value?: DataValue) => void

/** Contains a method of a variable that takes a context or a time, and gives its value to a callback. */
function containCallback(original: AnyMethod, report: Report): AnyMethod {
  return function (this: UAVariable, given: unknown, callback?: ReadCallback) {
    if (callback === undefined) {
      return contained(() => original.call(this, given), report, 'getter', badValue)
    }
    const give: ReadCallback = (error, value) => {
      if (error) report('containedThrow', 'getter', error)
      // All waiting readers are called from one loop: one that throws would leave the others waiting for ever.
      try {
        callback(null, error ? badValue(StatusCodes.BadInternalError) : value)
      } catch (fault) {
        report('containedThrow', 'getter', fault)
      }
    }
    try {
      return original.call(this, given, give)
    } catch (error) {
      give(error as Error)
    }
  }
}

function perNode(
  target: object,
  method: string,
  serve: (original: AnyMethod, self: object, args: unknown[]) => unknown,
): Hook {
  const wrap = (original: AnyMethod): AnyMethod =>
    function (this: object, ...args: unknown[]) {
      return serve(original, this, args)
    }
  return { target, method, wrap }
}

/**
 * Runs one node's service; whatever it throws or rejects with becomes BadInternalError for this node.
 *
 * No async function, because it runs for every node of every request: an answer that is there is given at once.
 */
function contained<Result>(
  serve: () => unknown,
  report: Report,
  where: string,
  bad: (status: StatusCode) => Result,
): unknown {
  const give = (error: unknown): Result => {
    report('containedThrow', where, error)
    return bad(StatusCodes.BadInternalError)
  }
  try {
    const answer = serve()
    return answer instanceof Promise ? answer.catch(give) : answer
  } catch (error) {
    return give(error)
  }
}

/** What a method gives back is put together with the others' results, so it has to be sound by itself. */
async function callSoundly(original: AnyMethod, self: object, args: unknown[]): Promise<CallMethodResultOptions> {
  const result: CallMethodResultOptions = await original.apply(self, args)
  if (!isEncodable(new CallMethodResult(result))) throw new Error('the outputs of the method cannot be encoded')
  return result
}

function hasHistory(node: BaseNode): boolean {
  if (typeof Reflect.get(node, 'historyRead') !== 'function') return false
  if (node.nodeClass !== NodeClass.Variable) return true
  return ((node as UAVariable).accessLevel & AccessLevelFlag.HistoryRead) !== 0
}

function badValue(statusCode: StatusCode): DataValue {
  const now = new Date()
  return new DataValue({ statusCode, sourceTimestamp: now, serverTimestamp: now })
}

function badHistory(statusCode: StatusCode): HistoryReadResult {
  return new HistoryReadResult({ statusCode })
}
