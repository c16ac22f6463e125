import type { CreateSessionRequest, OPCUAServer, ServerSession, Subscription } from 'node-opcua'
import type { ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import type { Limits } from '../../model/limits.ts'
import type { Report } from './findings.ts'
import type { Hook } from './hooks.ts'
import { GUARD_BOUNDS } from './limits.ts'

/** What is asked for room. */
interface Room {
  readonly server: OPCUAServer
  readonly limits: Limits
  readonly report: Report
}

/** The parts of the engine of the stack that know of subscriptions whose session has ended. */
interface Orphanage {
  readonly _orphanPublishEngine?: Orphans
  readonly _globalCounter: { readonly totalMonitoredItemCount: number }
  deleteOrphanSubscription(subscription: Subscription): unknown
}

/** What keeps subscriptions whose session has ended. */
interface Orphans {
  readonly subscriptions: readonly Subscription[]
  _closed_subscriptions: Subscription[]
  on_close_subscription(subscription: Subscription): void
}

/** Caps the session's timeout and makes room from sessions whose channel has gone. */
export function welcome(request: CreateSessionRequest, { server, limits, report }: Room): void {
  const { sessionTimeoutMs, reclaimShare } = GUARD_BOUNDS
  const asked = request.requestedSessionTimeout
  if (!(asked <= sessionTimeoutMs)) {
    request.requestedSessionTimeout = sessionTimeoutMs
    report('sessionTimeoutCapped', 'CreateSession', `asked for ${asked} ms`)
  }
  if (server.currentSessionCount < limits.sessions * reclaimShare) return
  const abandoned = server.engine.getSessions().find(hasLostChannel)
  if (!abandoned) return
  report('sessionReclaimed', 'CreateSession', 'its channel is gone')
  server.engine.closeSession(abandoned.authenticationToken, false, 'Forcing')
}

/** Says whether nobody can use a session at the moment: it has no channel any more. */
export function hasLostChannel(session: ServerSession): boolean {
  const channel = session.channel as ServerSecureChannelLayer | undefined
  return !channel || channel.aborted
}

/** What a client asks of the life of a subscription (Part 4 §5.14.2). */
interface Lifetime {
  requestedPublishingInterval?: number
  requestedMaxKeepAliveCount?: number
}

/**
 * Keeps a subscription from outliving its client for more than an hour.
 *
 * The stack bounds lifetimes to that, but never below three times the keep-alive, which it lets grow to weeks.
 */
export function boundLifetime(request: Lifetime): void {
  const { requestedPublishingInterval = 0, requestedMaxKeepAliveCount = 0 } = request
  const most = Math.floor(GUARD_BOUNDS.keepAliveMs / Math.max(1, requestedPublishingInterval))
  request.requestedMaxKeepAliveCount = Math.min(requestedMaxKeepAliveCount, Math.max(1, most))
}

/** Makes room for a subscription: the oldest one whose session has ended goes when the table is nearly full. */
export function roomForSubscription(room: Room): void {
  const { server, limits } = room
  if (server.currentSubscriptionCount >= limits.subscriptions * GUARD_BOUNDS.reclaimShare) reclaimOne(room)
}

/** Makes room for so many monitored items, from subscriptions whose session has ended. */
export function roomForItems(count: number, room: Room): void {
  const items = (room.server.engine as unknown as Orphanage)._globalCounter
  while (items.totalMonitoredItemCount + count > room.limits.monitoredItems * GUARD_BOUNDS.reclaimShare) {
    if (!reclaimOne(room)) return
  }
}

function reclaimOne({ server, report }: Room): boolean {
  const engine = server.engine as unknown as Orphanage
  const abandoned = engine._orphanPublishEngine?.subscriptions[0]
  if (!abandoned) return false
  engine.deleteOrphanSubscription(abandoned)
  report('subscriptionReclaimed', 'CreateSubscription', 'its session has ended')
  return true
}

/**
 * Lets subscriptions go that end without a session.
 *
 * The stack keeps what has something left to say until it is asked for it, and here nobody ever asks: each would stay for as
 * long as the server runs, with its session.
 */
export function orphanHook(engine: object): Hook {
  const known = new WeakSet<Orphans>()
  return {
    target: engine,
    method: 'closeSession',
    wrap: (original) =>
      function (this: Orphanage, ...given: unknown[]) {
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
