import { type AddressSpace, type NodeId, NodeIdType, type OPCUAServer, ServerSession } from 'node-opcua'
import { type Clock, systemClock } from '../../model/clock.ts'
import type { Hook } from '../guard/hooks.ts'

/** SessionsDiagnosticsSummary and its arrays (Part 5 §6.3.5): what shows sessions. */
const summaryIds = [3706, 3707, 3708] as const
/** For how long sessions are shown at once after somebody has looked, in milliseconds. */
const LOOKED_FOR_MS = 600_000

/** How often something was asked for, and was refused, before anybody could see it. */
interface Counter {
  totalCount: number
  errorCount: number
}

/** The parts of a session that have to do with its diagnostics. */
interface Session {
  readonly addressSpace: AddressSpace | null
  readonly status: string
  readonly publishEngine: { readonly subscriptions: readonly object[] } | null
  readonly currentSubscriptionCount: number
  readonly currentMonitoredItemCount: number
  readonly currentPublishRequestInQueue: number
  /** How long ago it was heard of, in milliseconds. */
  readonly clientLastContactTime: number
  readonly _sessionDiagnostics?: Record<string, unknown>
  _createSessionObjectInAddressSpace(): unknown
  _exposeSubscriptionDiagnostics(subscription: object): void
}

/** The sessions of one address space that have no nodes yet, and when somebody last looked for them. */
interface Shelf {
  readonly waiting: Map<Session, Map<string, Counter>>
  lookedMs: number | undefined
  isMaking: boolean
  readonly isWatched: () => boolean
}

const shelves = new WeakMap<AddressSpace, Shelf>()
let stockCreate: ((this: Session) => unknown) | undefined

/**
 * Hooks the making of a session's nodes, some eighty of them, which takes most of the time of opening and closing a session.
 *
 * They are made when somebody looks for sessions. Until then requests are counted as they will be shown, which also takes less than
 * counting in the nodes.
 */
export function sessionHooks(): Hook[] {
  const target = ServerSession.prototype
  const counting = (method: string, count: (counters: Map<string, Counter>, name: string) => void): Hook => ({
    target,
    method,
    wrap: (original) =>
      function (this: Session, name: string) {
        const counters = shelfOf(this)?.waiting.get(this)
        if (counters) count(counters, name)
        else original.call(this, name)
      },
  })
  return [
    {
      target,
      method: '_createSessionObjectInAddressSpace',
      wrap: (original) => {
        stockCreate = original
        return function (this: Session) {
          const shelf = shelfOf(this)
          if (!shelf || shelf.isWatched()) return original.call(this)
          // It is activated again when its user changes.
          if (!Reflect.get(this, 'sessionObject') && !shelf.waiting.has(this)) shelf.waiting.set(this, new Map())
        }
      },
    },
    {
      target,
      method: '_removeSessionObjectFromAddressSpace',
      wrap: (original) =>
        function (this: Session) {
          shelfOf(this)?.waiting.delete(this)
          return original.call(this)
        },
    },
    counting('incrementTotalRequestCount', (counters) => {
      counterOf(counters, 'totalRequestCount').totalCount += 1
    }),
    counting('incrementRequestTotalCounter', (counters, name) => {
      counterOf(counters, propertyOf(name)).totalCount += 1
    }),
    {
      target,
      method: 'incrementRequestErrorCounter',
      wrap: (original) =>
        function (this: Session, name: string) {
          const counters = shelfOf(this)?.waiting.get(this)
          if (counters) counterOf(counters, propertyOf(name)).errorCount += 1
          // It also counts for the server.
          original.call(this, name)
        },
    },
  ]
}

/** Hooks the looking up of nodes of one server, so that its sessions are there for whoever looks. */
export function sessionLookHooks({ engine: { addressSpace } }: OPCUAServer, clock: Clock = systemClock): Hook[] {
  if (!addressSpace) throw new Error('the server has no address space')
  const summary = summaryIds.map((id) => addressSpace.findNode(`i=${id}`))
  const shelf: Shelf = {
    waiting: new Map(),
    lookedMs: undefined,
    isMaking: false,
    isWatched() {
      if (shelf.lookedMs !== undefined && clock.monotonic() - shelf.lookedMs < LOOKED_FOR_MS) return true
      // A monitored item waits for the end of its node.
      return summary.some((node) => node !== null && node.listenerCount('dispose') > 0)
    },
  }
  shelves.set(addressSpace, shelf)
  const looked = (): void => {
    shelf.lookedMs = clock.monotonic()
    makeAll(shelf)
  }
  const isSummary = ({ identifierType, value }: NodeId): boolean =>
    identifierType === NodeIdType.NUMERIC && summaryIds.includes(value as never)
  const looking = (namespace: number, isMeant: (nodeId: NodeId) => boolean): Hook => ({
    target: addressSpace.getNamespace(namespace),
    method: 'findNode2',
    wrap: (original) =>
      function (this: object, nodeId: NodeId) {
        if (!shelf.isMaking && isMeant(nodeId)) looked()
        return original.call(this, nodeId)
      },
  })
  return [looking(0, isSummary), looking(1, ({ identifierType }) => identifierType === NodeIdType.GUID)]
}

function shelfOf({ addressSpace }: Session): Shelf | undefined {
  return addressSpace ? shelves.get(addressSpace) : undefined
}

/** Makes the nodes of all sessions that wait for them, with what was counted, and their subscriptions. */
function makeAll(shelf: Shelf): void {
  shelf.isMaking = true
  try {
    for (const [session, counters] of shelf.waiting) {
      shelf.waiting.delete(session)
      if (session.status === 'closed') continue
      stockCreate?.call(session)
      tell(session, counters)
      for (const subscription of session.publishEngine?.subscriptions ?? []) {
        session._exposeSubscriptionDiagnostics(subscription)
      }
    }
  } finally {
    shelf.isMaking = false
  }
}

/** Shows what was counted, and what the stack brings up to date with each request of the session only. */
function tell(session: Session, counters: ReadonlyMap<string, Counter>): void {
  const { _sessionDiagnostics: shown } = session
  if (!shown) return
  for (const [name, { totalCount, errorCount }] of counters) {
    const counter = shown[name] as Counter | undefined
    if (!counter) continue
    counter.totalCount += totalCount
    counter.errorCount += errorCount
  }
  shown.currentSubscriptionsCount = session.currentSubscriptionCount
  shown.currentMonitoredItemsCount = session.currentMonitoredItemCount
  shown.currentPublishRequestsInQueue = session.currentPublishRequestInQueue
  shown.clientLastContactTime = new Date(systemClock.now() - session.clientLastContactTime)
}

function counterOf(counters: Map<string, Counter>, name: string): Counter {
  const known = counters.get(name)
  if (known) return known
  const counter = { totalCount: 0, errorCount: 0 }
  counters.set(name, counter)
  return counter
}

const properties = new Map<string, string>()

/** How the diagnostics call the counter of a service: `readCount`. */
function propertyOf(service: string): string {
  const known = properties.get(service)
  if (known) return known
  const property = `${service.charAt(0).toLowerCase()}${service.slice(1)}Count`
  properties.set(service, property)
  return property
}
