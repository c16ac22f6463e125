import { NotConnected } from 'millrace/plugin'
import {
  AttributeIds,
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  MonitoringMode,
  type StatusCode,
  TimestampsToReturn,
  type TransferSubscriptionsResponse,
} from 'node-opcua-client'
import type { Config, TagConfig } from './config.ts'
import { inParts, type Limits } from './resolve.ts'
import type { Session } from './session.ts'
import { failed, type ServedTag, type TagReading, type UsableTag } from './tags.ts'

/** A subscription of the server, as it is kept while its connection is away. */
export interface Subscription {
  readonly id: number
  /** The longest time between two answers to Publish. */
  readonly keepAliveMs: number
  /** Tags by client handle; a handle is the place in this list plus one. */
  readonly monitored: readonly TagConfig[]
  /** Sequence number of the last message that was received. */
  lastNumber: number | undefined
  /** Numbers of messages that are to be acknowledged. */
  readonly acknowledgements: Set<number>
  /** The last reading of each tag, by name. */
  readonly latest: Map<string, TagReading>
}

/** About how often a server without news says that it is there, so that a silent line is noticed within seconds. */
const keepAliveMs = 1000

/**
 * Creates a subscription with an item for each tag that is read. An item that the server refuses makes its own tag fail; the
 * others live.
 */
export async function subscribe(
  session: Session,
  { config, tags, limits }: { readonly config: Config; readonly tags: readonly ServedTag[]; readonly limits: Limits },
): Promise<{ readonly subscription: Subscription; readonly refused: Readonly<Record<string, TagReading>> }> {
  const { publishingInterval, sessionTimeout } = config
  const keepAliveCount = Math.max(1, Math.round(keepAliveMs / publishingInterval))
  const answer = await session.createSubscription({
    requestedPublishingInterval: publishingInterval,
    requestedMaxKeepAliveCount: keepAliveCount,
    // Longer than the session, so that it can be transferred to the next one.
    requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.ceil((2 * sessionTimeout) / publishingInterval)),
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 0,
  })
  const { subscriptionId, revisedPublishingInterval, revisedMaxKeepAliveCount } = answer
  const monitored = tags.filter((tag): tag is UsableTag => 'nodeId' in tag && tag.config.access !== 'write')
  const items = monitored.map((tag, index) => itemOf(tag, { config, clientHandle: index + 1 }))
  const results = await inParts(items, limits.monitor, async (itemsToCreate) => {
    const { results } = await session.createMonitoredItems({
      subscriptionId,
      timestampsToReturn: TimestampsToReturn.Both,
      itemsToCreate,
    })
    return results
  })
  const refused = results.flatMap(({ statusCode }, index) => {
    const name = monitored[index]?.config.name ?? ''
    if (statusCode.isGoodish()) return []
    const reason = `${monitored[index]?.config.node}: the server does not monitor it: ${statusCode.name}`
    return [[name, failed({ status: statusCode.value, reason })]]
  })
  return {
    subscription: {
      id: subscriptionId,
      keepAliveMs: revisedPublishingInterval * revisedMaxKeepAliveCount,
      monitored: monitored.map((tag) => tag.config),
      lastNumber: undefined,
      acknowledgements: new Set(),
      latest: new Map(),
    },
    refused: Object.fromEntries(refused) as Record<string, TagReading>,
  }
}

function itemOf(
  { config: tag, nodeId }: UsableTag,
  { config, clientHandle }: { readonly config: Config; readonly clientHandle: number },
) {
  const { samplingInterval = config.publishingInterval } = config
  return {
    itemToMonitor: { nodeId, attributeId: AttributeIds.Value },
    monitoringMode: MonitoringMode.Reporting,
    requestedParameters: {
      clientHandle,
      samplingInterval: tag.samplingInterval ?? samplingInterval,
      queueSize: tag.queueSize ?? config.queueSize,
      discardOldest: true,
      filter: filterOf(tag),
    },
  }
}

/** A filter only where the tag wishes for one: not every server knows filters. */
function filterOf({ deadband, deadbandType, trigger }: TagConfig): DataChangeFilter | null {
  if (deadband === undefined && trigger === 'StatusValue') return null
  const kind = deadbandType === 'percent' ? DeadbandType.Percent : DeadbandType.Absolute
  return new DataChangeFilter({
    trigger: DataChangeTrigger[trigger],
    deadbandType: deadband === undefined ? DeadbandType.None : kind,
    deadbandValue: deadband ?? 0,
  })
}

/** Moves a subscription over from a session that has ended; false when the server has not kept it, or does not do that. */
export async function transfer(session: Session, { id }: Subscription): Promise<boolean> {
  try {
    const request = { subscriptionIds: [id], sendInitialValues: false }
    // Of its two signatures the type system sees the one with a callback.
    const answer = (await session.transferSubscriptions(request)) as unknown as TransferSubscriptionsResponse
    return answer.results?.[0]?.statusCode.isGood() ?? false
  } catch {
    // Whether it is unknown, forbidden or unsupported, a new subscription does as well.
    return false
  }
}

/** The fact behind a status with which a server ends a subscription. */
export function ended({ name }: StatusCode): NotConnected {
  return new NotConnected(`the server has ended the subscription: ${name}`)
}
