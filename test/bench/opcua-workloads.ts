import {
  AttributeIds,
  BrowseDirection,
  type ClientSession,
  constructEventFilter,
  type ReferenceDescription,
  resolveNodeId,
  TimestampsToReturn,
} from 'node-opcua'

/** Browses everything below Root, once each node, and gives the number of references. */
export async function browseAll(session: ClientSession): Promise<number> {
  const seen = new Set<string>()
  const wanted = ['i=84']
  let count = 0
  while (wanted.length > 0) {
    const batch = wanted.splice(0, 100)
    const results = await session.browse(batch.map(everythingOf))
    for (const result of results) {
      let references: ReferenceDescription[] = result.references ?? []
      let point = result.continuationPoint
      while (references.length > 0) {
        count += references.length
        for (const { nodeId } of references) {
          const id = nodeId.toString()
          if (seen.has(id)) continue
          seen.add(id)
          wanted.push(id)
        }
        if (!point || point.length === 0) break
        const next = await session.browseNext(point, false)
        references = next.references ?? []
        point = next.continuationPoint
      }
    }
  }
  return count
}

function everythingOf(nodeId: string) {
  return {
    nodeId: resolveNodeId(nodeId),
    referenceTypeId: resolveNodeId('i=31'),
    browseDirection: BrowseDirection.Forward,
    includeSubtypes: true,
    nodeClassMask: 0,
    resultMask: 63,
  }
}

/** Counts the notifications of monitored items. */
export interface Counter {
  readonly count: () => number
  /** Times between what was published, in milliseconds, since the last call. */
  readonly gaps: () => number[]
  end(): Promise<void>
}

/** How many items of one subscription our server takes. */
const itemsMax = 5000

/** What comes together is nearer than this; publishing takes 100 ms. */
const publishGapMs = 30

/** Subscribes to the values of these nodes, reported on change and published ten times a second. */
export async function subscribe(session: ClientSession, nodeIds: readonly string[]): Promise<Counter> {
  let [count, last] = [0, Number.NaN]
  const gaps: number[] = []
  const subscriptions: { terminate(): Promise<void> }[] = []
  for (let from = 0; from < nodeIds.length; from += itemsMax) {
    const subscription = await session.createSubscription2({
      requestedPublishingInterval: 100,
      requestedLifetimeCount: 1000,
      requestedMaxKeepAliveCount: 50,
      maxNotificationsPerPublish: 0,
      publishingEnabled: true,
      priority: 0,
    })
    subscriptions.push(subscription)
    for (let start = from; start < Math.min(from + itemsMax, nodeIds.length); start += 1000) {
      const items = nodeIds
        .slice(start, Math.min(start + 1000, from + itemsMax))
        .map((nodeId) => ({ nodeId: resolveNodeId(nodeId), attributeId: AttributeIds.Value }))
      const group = await subscription.monitorItems(
        items,
        { samplingInterval: 0, queueSize: 10, discardOldest: true },
        TimestampsToReturn.Both,
      )
      group.on('changed', () => {
        count += 1
        const now = performance.now()
        if (now - last > publishGapMs) gaps.push(now - last)
        last = now
      })
    }
  }
  return {
    count: () => count,
    gaps() {
      last = Number.NaN
      return gaps.splice(0)
    },
    async end() {
      for (const subscription of subscriptions) await subscription.terminate()
    },
  }
}

/** Subscribes to the events of the Server object. */
export async function subscribeEvents(session: ClientSession): Promise<Counter> {
  let count = 0
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 100,
    requestedLifetimeCount: 1000,
    requestedMaxKeepAliveCount: 50,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  })
  const item = await subscription.monitor(
    { nodeId: 'i=2253', attributeId: AttributeIds.EventNotifier },
    {
      samplingInterval: 0,
      queueSize: 1000,
      discardOldest: true,
      filter: constructEventFilter(['EventId', 'EventType', 'SourceNode', 'Message', 'Severity', 'Time']),
    },
    TimestampsToReturn.Both,
  )
  item.on('changed', () => {
    count += 1
  })
  return { count: () => count, gaps: () => [], end: () => subscription.terminate() }
}
