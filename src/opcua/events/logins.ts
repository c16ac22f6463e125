import { DataType, NodeId, type ServerSession, UserNameIdentityToken, VariantArrayType } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { Status } from '../../model/status.ts'
import type { SpaceContext } from '../space-context.ts'
import { identityOf, roleIdsOf } from '../users/identities.ts'
import type { Login, LoginWitness } from '../users/logins.ts'
import { nodeId } from './audit-fields.ts'
import type { AuditRecord, AuditSink } from './audit-trail.ts'
import { boundedText } from './plain-value.ts'
import { dateTime, type EventFields, raise, text } from './raising.ts'

/** Raises an audit event for each login, each refused one and the end of each session, and tells a sink of them. */
export function hearLogins(context: SpaceContext, sink: AuditSink | undefined): LoginWitness {
  const { server } = context.addressSpace.rootFolder.objects
  return {
    login(login) {
      const time = systemClock.now()
      const { user, before, address, status } = login
      const message = messageOf(login)
      const severity = status.isGood() ? undefined : refusedSeverity
      const type = 'SessionActivateAuditEventType'
      raise(context, { source: server, type, time, message, severity }, () => activateFields(context, login, time))
      sink?.({
        ...recordOf('login', login.session, user),
        time,
        status: status.value,
        details: { address, ...(before === undefined ? {} : { before }) },
      })
    },
    logout(session, user, reason) {
      const time = systemClock.now()
      const message = `the session of ${user} has ended`
      raise(context, { source: server, type: 'SessionEndAuditEventType', time, message }, () => ({
        ...sessionFields(context, { session, user, time, isGood: true }),
        sourceName: text(`Session/${reason}`),
      }))
      const address = boundedText(session.channel?.remoteAddress ?? '', 64)
      sink?.({ ...recordOf('logout', session, user), time, details: { address } })
    },
  }
}

function messageOf({ user, before, status }: Login): string {
  if (!status.isGood()) return `the login of ${user} was refused: ${status.name}`
  return before === undefined ? `${user} logged in` : `${user} took the session of ${before} over`
}

/** Severity of a login that was refused; one that was let in has that of its type. */
const refusedSeverity = 500

/** The fields of AuditActivateSessionEventType (Part 5 §6.4.10). The password is not among them. */
function activateFields(context: SpaceContext, login: Login, time: number): EventFields {
  const { session, token, user, status, channelId } = login
  const shown =
    token instanceof UserNameIdentityToken
      ? new UserNameIdentityToken({ policyId: token.policyId, userName: boundedText(token.userName ?? '', 200) })
      : token
  const identity = status.isGood() ? identityOf(session) : undefined
  return {
    ...sessionFields(context, { session, user, time, isGood: status.isGood() }),
    sourceName: text('Session/ActivateSession'),
    clientSoftwareCertificates: {
      ...{ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: [] },
    },
    userIdentityToken: { dataType: DataType.ExtensionObject, value: shown },
    secureChannelId: text(channelId),
    currentRoleIds: {
      ...{ dataType: DataType.NodeId, arrayType: VariantArrayType.Array },
      value: identity ? [...roleIdsOf(identity)] : [],
    },
  }
}

/** The fields of AuditSessionEventType (Part 5 §6.4.7) but the name of the source. */
function sessionFields(
  { addressSpace }: SpaceContext,
  made: { session: ServerSession; user: string; time: number; isGood: boolean },
): EventFields {
  return {
    sourceNode: nodeId(addressSpace.rootFolder.objects.server.nodeId),
    actionTimeStamp: dateTime(made.time),
    status: { dataType: DataType.Boolean, value: made.isGood },
    serverId: text(addressSpace.getNamespace(1).namespaceUri),
    clientAuditEntryId: text(''),
    clientUserId: text(made.user),
    sessionId: nodeId(made.session.nodeId ?? new NodeId()),
  }
}

function recordOf(
  action: 'login' | 'logout',
  session: ServerSession,
  user: string,
): Omit<AuditRecord, 'details' | 'time'> {
  const { applicationUri } = session.clientDescription ?? {}
  return {
    user,
    session: session.nodeId?.toString() ?? '',
    action,
    target: boundedText(applicationUri ?? '', 200),
    status: Status.Good,
  }
}
