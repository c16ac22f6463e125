import type { OPCUAServer, Subscription } from 'node-opcua'
import type { Limits } from '../../model/limits.ts'
import type { Report } from './findings.ts'

/** What the engine of the stack keeps for clients that have gone. */
interface Engine {
  readonly currentSubscriptionCount: number
  readonly _globalCounter: { readonly totalMonitoredItemCount: number }
  readonly _orphanPublishEngine?: { readonly subscriptions: readonly Subscription[] }
  deleteOrphanSubscription(subscription: Subscription): unknown
}

/** What is about to be made. */
interface Wanted {
  readonly subscriptions?: number
  readonly items?: number
}

/**
 * Makes room for new subscriptions and monitored items: of those whose session has ended, which wait to be transferred, the oldest
 * go. Whoever comes and goes could fill the tables otherwise, and keep everybody else out for hours.
 */
export function makeRoomOfOrphans(server: OPCUAServer, { subscriptions = 0, items = 0 }: Wanted, parts: Room): void {
  const engine = server.engine as unknown as Engine
  const { limits, report } = parts
  const isFull = (): boolean =>
    engine.currentSubscriptionCount + subscriptions > limits.subscriptions ||
    engine._globalCounter.totalMonitoredItemCount + items > limits.monitoredItems
  while (isFull()) {
    const [oldest] = engine._orphanPublishEngine?.subscriptions ?? []
    if (!oldest) return
    report('subscriptionReclaimed', 'CreateSubscription', 'its session has ended')
    engine.deleteOrphanSubscription(oldest)
  }
}

/** What making room goes by. */
interface Room {
  readonly limits: Pick<Limits, 'subscriptions' | 'monitoredItems'>
  readonly report: Report
}

/** The longest time between two signs of life of a subscription, in milliseconds: it lives for three of them without its client. */
const keepAliveMsMax = 20 * 60_000
/** Between these the stack revises a publishing interval, in milliseconds. */
const [intervalMsMin, intervalMsMax] = [50, 60_000]

/** The parameters of a subscription that say how long it lives without its client (Part 4 §5.14.2). */
interface Lasting {
  requestedPublishingInterval: number
  requestedMaxKeepAliveCount: number
}

/** Revises the keep-alive count of a subscription: the stack takes up to 12 000 minutes, and lets it live three times as long. */
export function boundKeepAlive(request: Lasting): void {
  const interval = Math.min(Math.max(request.requestedPublishingInterval, intervalMsMin), intervalMsMax)
  const countMax = Math.max(1, Math.floor(keepAliveMsMax / interval))
  request.requestedMaxKeepAliveCount = Math.min(request.requestedMaxKeepAliveCount, countMax)
}
