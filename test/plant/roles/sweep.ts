import {
  AttributeIds,
  BrowseDirection,
  type ClientSession,
  type CreateMonitoredItemsRequest,
  constructEventFilter,
  DataType,
  NodeClass,
  Variant,
  type WriteValueOptions,
} from 'node-opcua'
import { ReadEventDetails } from 'node-opcua-types'
import type { Client } from '../../opcua/bench.ts'
import { historyRead, rawDetails } from '../../opcua/history/reading.ts'

/** A node of the address space, and what it was found below. */
export interface SweptNode {
  readonly nodeId: string
  readonly nodeClass: NodeClass
  readonly parent: SweptNode | undefined
}

/** A service on nodes, tried on many at once; tells for each whether it was served. */
export type Service = (client: Client, nodes: readonly SweptNode[]) => Promise<readonly boolean[]>

interface Status {
  readonly name: string
  isGood(): boolean
}

const refused = ['BadUserAccessDenied', 'BadNodeIdUnknown', 'BadSecurityModeInsufficient']
const isServed = ({ name }: Status): boolean => !refused.includes(name)

/** As many nodes as one request may name. */
const partSize = 500

/** Asks for all nodes in parts. */
async function inParts<Result>(
  nodes: readonly SweptNode[],
  ask: (part: SweptNode[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const all: Result[] = []
  for (let from = 0; from < nodes.length; from += partSize) all.push(...(await ask(nodes.slice(from, from + partSize))))
  return all
}

const browsing = (nodes: readonly SweptNode[], browseDirection: BrowseDirection) =>
  nodes.map(({ nodeId }) => ({
    ...{ nodeId, browseDirection, referenceTypeId: 'HierarchicalReferences', includeSubtypes: true },
    ...{ resultMask: 63, nodeClassMask: 0 },
  }))

/** All nodes that a client finds from the root along hierarchical references. */
export async function walk({ session }: Client): Promise<readonly SweptNode[]> {
  const root: SweptNode = { nodeId: 'ns=0;i=84', nodeClass: NodeClass.Object, parent: undefined }
  const found = new Map([[root.nodeId, root]])
  for (let wave = [root]; wave.length > 0; ) {
    const results = await inParts(wave, (part) => session.browse(browsing(part, BrowseDirection.Forward)))
    const next: SweptNode[] = []
    for (const [index, { references }] of results.entries()) {
      for (const reference of references ?? []) {
        const nodeId = reference.nodeId.toString()
        if (found.has(nodeId)) continue
        const node: SweptNode = { nodeId, nodeClass: reference.nodeClass, parent: wave[index] }
        found.set(nodeId, node)
        next.push(node)
      }
    }
    wave = next
  }
  return [...found.values()]
}

/** Whether the references from nodes are shown. */
export const browses: Service = ({ session }, nodes) =>
  inParts(nodes, async (part) =>
    (await session.browse(browsing(part, BrowseDirection.Inverse))).map(({ statusCode }) => isServed(statusCode)),
  )

/** Whether an attribute may be read, whatever is in it. */
export const reads =
  (attributeId: AttributeIds): Service =>
  ({ session }, nodes) =>
    inParts(nodes, async (part) =>
      (await session.read(part.map(({ nodeId }) => ({ nodeId, attributeId })))).map((read) =>
        isServed(read.statusCode),
      ),
    )

/** Whether a method is shown as one that the user may call now. */
export const mayCall: Service = ({ session }, nodes) =>
  inParts(nodes, async (part) =>
    (await session.read(part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.UserExecutable })))).map(
      ({ value }) => value.value === true,
    ),
  )

/** Whether an attribute is changed by a text. */
export const writes =
  (attributeId: AttributeIds): Service =>
  ({ session }, nodes) =>
    inParts(nodes, async (part) => {
      const value = { value: new Variant({ dataType: DataType.String, value: 'changed' }) }
      return (await session.write(part.map(({ nodeId }) => ({ nodeId, attributeId, value })))).map((it) => it.isGood())
    })

/** Whether a value can be written that a reader has found there. */
export const writesBack =
  (reader: Client): Service =>
  ({ session }, nodes) =>
    inParts(nodes, async (part) => {
      const attributeId = AttributeIds.Value
      const shown = await reader.session.read(part.map(({ nodeId }) => ({ nodeId, attributeId })))
      const items = part.map(({ nodeId }, index) => ({ nodeId, attributeId, value: { value: shown[index]?.value } }))
      return (await session.write(items as WriteValueOptions[])).map((status) => status.isGood())
    })

/** Whether methods of their parents do something when they are called without knowing what they need. */
export const calls =
  (inputCounts: ReadonlyMap<string, number>): Service =>
  ({ session }, nodes) =>
    inParts(nodes, async (part) => {
      const results = await session.call(
        part.map(({ nodeId, parent }) => ({
          objectId: parent?.nodeId ?? nodeId,
          methodId: nodeId,
          inputArguments: Array.from({ length: inputCounts.get(nodeId) ?? 0 }, () => new Variant()),
        })),
      )
      return results.map(({ statusCode }) => !statusCode.name.startsWith('Bad'))
    })

/** How many arguments each method takes. */
export async function inputCountsOf({ session }: Client, nodes: readonly SweptNode[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { nodeId } of nodes)
    counts.set(nodeId, (await session.getArgumentDefinition(nodeId)).inputArguments.length)
  return counts
}

const lastHour = () => ({ start: new Date(Date.now() - 3_600_000), end: new Date(Date.now() + 60_000) })

/** Whether values are read from the history. */
export const readsHistory: Service = ({ session }, nodes) =>
  inParts(nodes, async (part) =>
    (await historyRead(session, rawDetails(lastHour()), part)).map(({ statusCode }) => statusCode.isGood()),
  )

/** Whether events are read from the history. */
export const readsEvents: Service = ({ session }, nodes) =>
  inParts(nodes, async (part) => {
    const { start, end } = lastHour()
    const filter = constructEventFilter(['EventId'])
    const details = new ReadEventDetails({ startTime: start, endTime: end, numValuesPerNode: 0, filter })
    return (await historyRead(session, details, part)).map(({ statusCode }) => !statusCode.name.startsWith('Bad'))
  })

/** Whether an attribute can be subscribed to. */
export const monitors =
  (attributeId: AttributeIds): Service =>
  async ({ session }, nodes) => {
    const subscription = await session.createSubscription2({
      ...{ requestedPublishingInterval: 50, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 5 },
      ...{ maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 1 },
    })
    const { subscriptionId } = subscription
    try {
      return await inParts(nodes, async (part) => {
        const { results } = await (session as ClientSession & Monitors).createMonitoredItems({
          subscriptionId,
          timestampsToReturn: 2,
          itemsToCreate: part.map(({ nodeId }, clientHandle) => ({
            itemToMonitor: { nodeId, attributeId },
            monitoringMode: 2,
            requestedParameters: {
              ...{ clientHandle, samplingInterval: 0, queueSize: 1, discardOldest: true },
              filter: attributeId === AttributeIds.EventNotifier ? constructEventFilter(['EventId']) : null,
            },
          })),
        } as never)
        return (results ?? []).map(({ statusCode }) => statusCode.isGood())
      })
    } finally {
      await subscription.terminate()
    }
  }

interface Monitors {
  createMonitoredItems(
    request: CreateMonitoredItemsRequest,
  ): Promise<{ results: { readonly statusCode: Status }[] | null }>
}
