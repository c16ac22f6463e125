import {
  type BrowseRequest,
  type CreateSessionRequest,
  type CreateSubscriptionRequest,
  type ModifySubscriptionRequest,
  type OPCUAServer,
  type ServerSession,
  type StatusCode,
  StatusCodes,
  TimestampsToReturn,
} from 'node-opcua'
import type { Message, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import type { Limits } from '../../model/limits.ts'
import type { Admission } from './admission.ts'
import type { BrowseBudget, ContinuationPoints } from './browse.ts'
import type { Report } from './findings.ts'
import { GUARD_BOUNDS } from './limits.ts'
import { hasTooManyOperations } from './operations.ts'
import { boundKeepAlive, makeRoomOfOrphans } from './orphans.ts'
import type { RateLimits } from './rates.ts'
import { type Judge, serviceOf } from './services.ts'

/** What the judge of requests works with. */
export interface JudgeParts {
  readonly server: OPCUAServer
  readonly limits: Limits
  readonly budget: BrowseBudget
  readonly rates: RateLimits
  readonly report: Report
  readonly admission: Admission
}

/**
 * Makes the request firewall: rates first, then what concerns a request as a whole.
 *
 * What concerns one node or one item of a request is judged where that item is served, so that the others still are.
 */
export function requestJudge(parts: JudgeParts): Judge {
  const registered = new WeakMap<object, number>()
  return (message, channel) => {
    const service = serviceOf(message)
    const session = parts.server.getSession(message.request.requestHeader.authenticationToken)
    const admitted = parts.rates.admit(session ?? channel, service)
    if (!admitted.isGood()) {
      parts.report('rateLimit', service, admitted.name)
      return admitted
    }
    const hasRoom = parts.admission.admit(service)
    if (!hasRoom.isGood()) return hasRoom
    if (session && hasTooManyOperations(service, message.request, parts.limits)) {
      parts.report('operationLimit', service, 'too many operations')
      return StatusCodes.BadTooManyOperations
    }
    const verdict = judgeService(service, message, session, parts, registered)
    if (!verdict.isGood()) parts.report('refusedRequest', service, verdict.name)
    return verdict
  }
}

interface LooseRequest {
  timestampsToReturn?: number
  maxAge?: number
  requestedPublishingInterval?: number
  itemsToCreate?: readonly unknown[] | null
  nodesToRegister?: readonly unknown[] | null
  nodesToUnregister?: readonly unknown[] | null
}

function judgeService(
  service: string,
  message: Message,
  session: ServerSession | null,
  parts: JudgeParts,
  registered: WeakMap<object, number>,
): StatusCode {
  const request = message.request as unknown as LooseRequest
  if (request.timestampsToReturn !== undefined && !(request.timestampsToReturn in TimestampsToReturn)) {
    return StatusCodes.BadTimestampsToReturnInvalid
  }
  if (request.maxAge !== undefined && !(request.maxAge >= 0)) return StatusCodes.BadMaxAgeInvalid
  const interval = request.requestedPublishingInterval
  // Part 4 5.13.2: the server revises the interval; what is no number is revised to the shortest.
  if (interval !== undefined && !Number.isFinite(interval)) request.requestedPublishingInterval = 0
  switch (service) {
    case 'CreateSession':
      welcome(message.request as CreateSessionRequest, parts)
      return StatusCodes.Good
    case 'CreateSubscription':
      if (session) makeRoomOfOrphans(parts.server, { subscriptions: 1 }, parts)
      boundKeepAlive(message.request as CreateSubscriptionRequest)
      return StatusCodes.Good
    case 'ModifySubscription':
      boundKeepAlive(message.request as ModifySubscriptionRequest)
      return StatusCodes.Good
    case 'CreateMonitoredItems':
      if (session) makeRoomOfOrphans(parts.server, { items: request.itemsToCreate?.length ?? 0 }, parts)
      return StatusCodes.Good
    case 'Browse':
      if (session) parts.budget.prepare(message.request as BrowseRequest, pointsOf(session))
      return StatusCodes.Good
    case 'HistoryRead':
      // A value of history without any time would say nothing (Part 4 5.10.3).
      return request.timestampsToReturn === TimestampsToReturn.Neither
        ? StatusCodes.BadTimestampsToReturnInvalid
        : StatusCodes.Good
    case 'RegisterNodes':
    case 'UnregisterNodes':
      return session ? countRegistered(session, request, parts.limits, registered) : StatusCodes.Good
    default:
      return StatusCodes.Good
  }
}

function pointsOf(session: ServerSession): ContinuationPoints {
  return session.continuationPointManager as unknown as ContinuationPoints
}

/** Caps the session's timeout and makes room from sessions whose channel has gone. */
function welcome(request: CreateSessionRequest, { server, limits, report }: JudgeParts): void {
  const { sessionReclaimShare } = GUARD_BOUNDS
  const { sessionTimeout } = limits
  const asked = request.requestedSessionTimeout
  if (!(asked <= sessionTimeout)) {
    request.requestedSessionTimeout = sessionTimeout
    report('sessionTimeoutCapped', 'CreateSession', `asked for ${asked} ms`)
  }
  if (server.currentSessionCount < limits.sessions * sessionReclaimShare) return
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

function countRegistered(
  session: object,
  request: LooseRequest,
  { registeredNodesPerSession }: Limits,
  registered: WeakMap<object, number>,
): StatusCode {
  const change = (request.nodesToRegister?.length ?? 0) - (request.nodesToUnregister?.length ?? 0)
  const count = Math.max(0, (registered.get(session) ?? 0) + change)
  if (count > registeredNodesPerSession) return StatusCodes.BadTooManyOperations
  registered.set(session, count)
  return StatusCodes.Good
}
