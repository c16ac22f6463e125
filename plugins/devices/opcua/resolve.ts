import { Rejected, Status } from 'millrace/plugin'
import {
  AttributeIds,
  BrowseDirection,
  BrowsePath,
  DataType as Builtin,
  type ClientSession,
  NodeId,
  resolveNodeId,
} from 'node-opcua-client'
import { type Address, type Namespace, parseAddress } from './address.ts'
import type { BuiltinName } from './values.ts'

/** Why a node cannot be used: the status of the server, or ours, and the reason in words. */
export interface Refusal {
  readonly status: number
  readonly reason: string
}

/** A node of the server, or why it cannot be had. */
export type Resolved = { readonly nodeId: NodeId } | { readonly refusal: Refusal }

/** What a variable is. `builtin` is absent for a variable of an abstract type, whose values bring their own. */
export interface VariableFacts {
  readonly builtin?: BuiltinName | undefined
  readonly valueRank: number
}

/** Requests of the server that ask about many nodes, cut so that it accepts them. */
export interface Limits {
  readonly read: number
  readonly browse: number
  readonly translate: number
  readonly monitor: number
}

/** What is asked at once of a server that tells no limit. */
const operationsMax = 1000
const superTypesMax = 32
const hierarchicalReferences = 'i=33'
const aggregates = 'i=44'
const namespaceArray = 'i=2255'

/** The operation limits of a server; a server without any gets requests of a thousand operations. */
export async function limitsOf(session: ClientSession): Promise<Limits> {
  const nodesToRead = limitNodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }))
  const told = await session.read(nodesToRead)
  const [read = 0, browse = 0, translate = 0, monitor = 0] = told.map(({ statusCode, value }) => {
    const limit = statusCode.isGood() ? Number(value.value) : 0
    // 0 says that there is no limit (Part 5 §6.3.11).
    return limit > 0 ? Math.min(limit, operationsMax) : operationsMax
  })
  return { read, browse, translate, monitor }
}

/** MaxNodesPerRead, MaxNodesPerBrowse, MaxNodesPerTranslateBrowsePathsToNodeIds and MaxMonitoredItemsPerCall. */
const limitNodes = ['i=11705', 'i=11710', 'i=11712', 'i=11714'] as const

/** Asks about all items in requests of at most `size`, one after the other, and gives all answers in order. */
export async function inParts<T, R>(
  items: readonly T[],
  size: number,
  ask: (part: T[]) => Promise<readonly R[] | null | undefined>,
): Promise<R[]> {
  const answers: R[] = []
  for (let start = 0; start < items.length; start += size) {
    const part = items.slice(start, start + size)
    const given = await ask(part)
    if (given?.length !== part.length) throw new Error(`the server answered ${given?.length ?? 0} of ${part.length}`)
    answers.push(...given)
  }
  return answers
}

/** Finds nodes by their addresses; the indexes of namespaces are those that the server has now. */
export async function resolveAll(
  session: ClientSession,
  texts: readonly string[],
  limits: Limits,
): Promise<readonly Resolved[]> {
  const namespaces = await namespacesOf(session)
  const addresses = texts.map((text) => placed(parseAddress(text), namespaces))
  const paths = addresses.flatMap((each) => ('path' in each ? [each.path] : []))
  const found = await inParts(paths, limits.translate, (part) => session.translateBrowsePath(part))
  let next = 0
  return addresses.map((each, index) => {
    if (!('path' in each)) return each
    const { statusCode, targets } = found[next++] as (typeof found)[number]
    const text = texts[index] ?? ''
    if (!statusCode.isGood()) return refused(statusCode.value, `${text}: the server answered ${statusCode.name}`)
    const [target, ...others] = targets ?? []
    const isHere = target && target.targetId.serverIndex === 0 && target.remainingPathIndex === 0xffffffff
    if (!isHere) return refused(Status.BadNotFound, `${text} leads to another server`)
    if (others.length > 0)
      return refused(Status.BadNotFound, `${text} leads to ${others.length + 1} nodes; give a NodeId`)
    const { identifierType, value, namespace } = target.targetId
    return { nodeId: new NodeId(identifierType, value, namespace) }
  })
}

async function namespacesOf(session: ClientSession): Promise<readonly string[]> {
  const { value, statusCode } = await session.read({ nodeId: namespaceArray, attributeId: AttributeIds.Value })
  if (statusCode.isGood() && Array.isArray(value.value)) return value.value as string[]
  throw new Error(`the server does not tell its namespaces: ${statusCode.name}`)
}

function placed(
  address: Address | { readonly complaint: string },
  namespaces: readonly string[],
): Resolved | { readonly path: BrowsePath } {
  if ('complaint' in address) return refused(Status.BadConfigurationError, address.complaint)
  const used = address.kind === 'node' ? [address.namespace] : address.steps.map(({ namespace }) => namespace)
  const missing = used.find((namespace) => typeof namespace === 'string' && !namespaces.includes(namespace))
  if (missing !== undefined) return refused(Status.BadNodeIdUnknown, `the server has no namespace ${missing}`)
  const indexOf = (namespace: Namespace) => (typeof namespace === 'string' ? namespaces.indexOf(namespace) : namespace)
  if (address.kind === 'node')
    return { nodeId: resolveNodeId(`ns=${indexOf(address.namespace)};${address.identifier}`) }
  const elements = address.steps.map(({ namespace, name, by }) => ({
    referenceTypeId: resolveNodeId(by === 'hierarchy' ? hierarchicalReferences : aggregates),
    includeSubtypes: true,
    isInverse: false,
    targetName: { namespaceIndex: indexOf(namespace), name },
  }))
  return { path: new BrowsePath({ startingNode: resolveNodeId('i=84'), relativePath: { elements } }) }
}

function refused(status: number, reason: string): { readonly refusal: Refusal } {
  return { refusal: { status, reason } }
}

/** The data types and ranks of variables, in order. */
export async function factsOf(
  session: ClientSession,
  nodeIds: readonly NodeId[],
  limits: Limits,
): Promise<readonly (VariableFacts | { readonly refusal: Refusal })[]> {
  const nodesToRead = nodeIds.flatMap((nodeId) => [
    { nodeId, attributeId: AttributeIds.DataType },
    { nodeId, attributeId: AttributeIds.ValueRank },
  ])
  const values = await inParts(nodesToRead, limits.read, (part) => session.read(part))
  const rows = nodeIds.map((nodeId, index) => ({ nodeId, type: values[2 * index], rank: values[2 * index + 1] }))
  const typeIds = rows.flatMap(({ type }) => (type?.statusCode.isGood() ? [type.value.value as NodeId] : []))
  const builtinByType = await builtinsOf(session, typeIds, limits)
  return rows.map(({ nodeId, type, rank }) => {
    const status = type?.statusCode
    if (!status?.isGood())
      return refused(status?.value ?? Status.BadNotFound, `${nodeId}: the server answered ${status?.name}`)
    const valueRank = rank?.statusCode.isGood() ? Number(rank.value.value) : -2
    return { builtin: builtinByType.get(String(type?.value.value)), valueRank }
  })
}

/** Follows data types to the built-in types that they are made of, all at once; an abstract type is left out. */
export async function builtinsOf(
  session: ClientSession,
  typeIds: readonly NodeId[],
  limits: Limits,
): Promise<ReadonlyMap<string, BuiltinName>> {
  const builtinByType = new Map<string, BuiltinName>()
  let open = new Map(typeIds.map((id) => [String(id), id]))
  for (let turn = 0; open.size > 0 && turn < superTypesMax; turn++) {
    const next = new Map<string, NodeId>()
    for (const [type, at] of open) {
      const builtin = builtinAt(at)
      if (builtin === undefined) next.set(type, at)
      else if (builtin !== 'Null') builtinByType.set(type, builtin)
    }
    open = await superTypes(session, next, limits)
  }
  return builtinByType
}

/** The built-in type with this NodeId, `Null` for one above them; undefined for a type that is made of another one. */
function builtinAt({ namespace, value }: NodeId): BuiltinName | undefined {
  if (namespace !== 0 || typeof value !== 'number') return undefined
  if (value === 29) return 'Int32'
  // Number, Integer and UInteger, and BaseDataType, whose values bring their own type.
  if (value === 0 || value === 24 || value === 26 || value === 27 || value === 28) return 'Null'
  return value < 26 ? (Builtin[value] as BuiltinName) : undefined
}

async function superTypes(
  session: ClientSession,
  types: ReadonlyMap<string, NodeId>,
  limits: Limits,
): Promise<Map<string, NodeId>> {
  const entries = [...types]
  const results = await inParts(entries, limits.browse, (part) =>
    session.browse(
      part.map(([, nodeId]) => ({
        nodeId,
        referenceTypeId: 'HasSubtype',
        browseDirection: BrowseDirection.Inverse,
        includeSubtypes: true,
        nodeClassMask: 0,
        resultMask: 0,
      })),
    ),
  )
  return new Map(
    entries.flatMap(([type], index) => {
      const parent = results[index]?.references?.[0]?.nodeId
      return parent ? [[type, parent] as const] : []
    }),
  )
}

/** A refusal as what a write or a call throws. */
export function rejected({ status, reason }: Refusal): Rejected {
  return new Rejected(reason, { status })
}
