import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type BaseNode,
  type BrowsePath,
  BrowsePathResult,
  coerceExpandedNodeId,
  type ISessionContext,
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
 * Lets TranslateBrowsePathsToNodeIds find only what its caller may browse (Part 4 §5.9.4), and through nothing else; the stack finds
 * everything for everybody, so that names could be tried out.
 */
export function coverBrowsePaths(server: OPCUAServer): void {
  const caller = new AsyncLocalStorage<ISessionContext | undefined>()
  const engine = server.engine as unknown as Translates
  const translate = engine.translateBrowsePath.bind(server.engine)
  engine.translateBrowsePath = async (path) => {
    const session = caller.getStore()
    return (session && followed(server, path, session)) ?? translate(path)
  }
  const service = server as unknown as Serves
  const serve = service._on_TranslateBrowsePathsToNodeIdsRequest.bind(server)
  service._on_TranslateBrowsePathsToNodeIdsRequest = (message, channel) =>
    caller.run(message.session?.sessionContext, () => serve(message, channel))
}

/**
 * Follows a path from node to node, each of which its caller has to see; undefined for one that is not sound, which the stack says
 * something about. A node that is reached in several ways is followed once.
 */
function followed({ engine: { addressSpace } }: OPCUAServer, path: BrowsePath, session: ISessionContext) {
  const elements = path.relativePath.elements ?? []
  const start = addressSpace?.findNode(path.startingNode)
  if (!addressSpace || !start || elements.length === 0 || !elements.every(({ targetName }) => targetName?.name)) {
    return undefined
  }
  const seen = (nodes: readonly (BaseNode | null)[]): BaseNode[] =>
    nodes.filter((node) => node !== null).filter((node) => session.checkPermission(node, PermissionType.Browse))
  let nodes = seen([start])
  for (const [index, element] of elements.entries()) {
    const found = nodes.flatMap((node) => node.browseNodeByTargetName(element, index === elements.length - 1))
    nodes = seen([...new Set(found.map((nodeId) => addressSpace.findNode(nodeId)))])
  }
  if (nodes.length === 0) return new BrowsePathResult({ statusCode: StatusCodes.BadNoMatch })
  // The whole path was followed (Part 4 §5.9.4.2).
  const targets = nodes.map(({ nodeId }) => ({
    targetId: coerceExpandedNodeId(nodeId),
    remainingPathIndex: 0xffff_ffff,
  }))
  return new BrowsePathResult({ statusCode: StatusCodes.Good, targets })
}
