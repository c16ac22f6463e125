import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type BrowsePath,
  BrowsePathResult,
  type ISessionContext,
  type NodeId,
  type OPCUAServer,
  PermissionType,
  StatusCodes,
} from 'node-opcua'

/** Translates paths for whoever asks; the stack does not tell who that is. */
interface Translates {
  translateBrowsePath(path: BrowsePath): Promise<BrowsePathResult>
}

/** The service, whose message knows the session. */
interface Serves {
  _on_TranslateBrowsePathsToNodeIdsRequest(message: Message, channel: unknown): unknown
}

interface Message {
  readonly session?: { readonly sessionContext: ISessionContext } | undefined
}

/**
 * Lets TranslateBrowsePathsToNodeIds find only what its caller may browse (Part 4 §5.9.4); the stack finds everything for everybody,
 * so that names could be tried out.
 */
export function coverBrowsePaths(server: OPCUAServer): void {
  const caller = new AsyncLocalStorage<ISessionContext | undefined>()
  const engine = server.engine as unknown as Translates
  const translate = engine.translateBrowsePath.bind(server.engine)
  engine.translateBrowsePath = async (path) =>
    covered(server, await translate(path), { path, session: caller.getStore() })
  const service = server as unknown as Serves
  const serve = service._on_TranslateBrowsePathsToNodeIdsRequest.bind(server)
  service._on_TranslateBrowsePathsToNodeIdsRequest = (message, channel) =>
    caller.run(message.session?.sessionContext, () => serve(message, channel))
}

function covered(
  { engine }: OPCUAServer,
  result: BrowsePathResult,
  { path, session }: { readonly path: BrowsePath; readonly session: ISessionContext | undefined },
): BrowsePathResult {
  if (!session || !result.statusCode.isGood()) return result
  const isSeen = (nodeId: NodeId): boolean => {
    const node = engine.addressSpace?.findNode(nodeId)
    return node ? session.checkPermission(node, PermissionType.Browse) : true
  }
  const targets = isSeen(path.startingNode)
    ? (result.targets ?? []).filter(({ targetId }) => isSeen(targetId as unknown as NodeId))
    : []
  if (targets.length === 0) return new BrowsePathResult({ statusCode: StatusCodes.BadNoMatch })
  return new BrowsePathResult({ statusCode: result.statusCode, targets })
}
