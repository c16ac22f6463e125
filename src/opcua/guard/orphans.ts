import type { OPCUAServer, Subscription } from 'node-opcua'
import type { Limits } from '../../model/limits.ts'
import type { Report } from './findings.ts'
import type { Hook } from './hooks.ts'

/** What the engine of the stack keeps for clients that have gone. */
interface Engine {
  readonly currentSubscriptionCount: number
  readonly _globalCounter: { readonly totalMonitoredItemCount: number }
  readonly _orphanPublishEngine?: Orphans
  deleteOrphanSubscription(subscription: Subscription): unknown
}

/** The subscriptions whose session has ended. */
interface Orphans {
  readonly subscriptions: readonly Subscription[]
  /** Those that have ended with something left to tell. */
  readonly _closed_subscriptions: Subscription[]
  on_close_subscription(subscription: Subscription): void
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

/**
 * Lets subscriptions go that end without a session.
 *
 * The stack keeps what has something left to tell until it is asked for it, and here nobody ever asks: each would stay for as
 * long as the server runs, with its session.
 */
export function orphanHook(engine: object): Hook {
  const known = new WeakSet<Orphans>()
  return {
    target: engine,
    method: 'closeSession',
    wrap: (original) =>
      function (this: Engine, ...given: unknown[]) {
        const result = original.apply(this, given)
        const orphans = this._orphanPublishEngine
        if (orphans && !known.has(orphans)) {
          known.add(orphans)
          forgetClosed(orphans)
        }
        return result
      },
  }
}

function forgetClosed(orphans: Orphans): void {
  const close = orphans.on_close_subscription
  orphans.on_close_subscription = (subscription) => {
    close.call(orphans, subscription)
    for (const closed of orphans._closed_subscriptions.splice(0)) closed.dispose()
  }
}
