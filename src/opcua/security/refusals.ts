import {
  type AddressSpace,
  DataType,
  type OPCUAServer,
  type ServerSecureChannelLayer,
  type StatusCode,
} from 'node-opcua'
import { shown, subjectOf } from '../../certificates/certificate.ts'
import type { Verdict } from '../../certificates/judge.ts'
import type { TrustStore } from '../../certificates/store.ts'
import { thumbprintOf } from '../../certificates/thumbprint.ts'
import { systemClock } from '../../model/clock.ts'
import type { AuditSink } from '../events/audit-trail.ts'
import { dateTime, type EventFields, type RaisedTypeName, raise, text } from '../events/raising.ts'
import { statusCodeOf as codeOf } from '../status-codes.ts'
import { statusCodeOf } from './stack-store.ts'

/** A certificate that was refused, and who came with it. */
export interface RefusedClient {
  readonly verdict: Verdict
  /** What was sent. */
  readonly bytes: Uint8Array
  /** Address of the client. */
  readonly address: string
}

/** Hears of a client that is refused. */
export type OnRefused = (refused: RefusedClient) => void

/** The part of a channel of the stack that judges the certificate of a client. */
interface JudgesClient {
  checkCertificate(bytes: Uint8Array | null): Promise<StatusCode>
}

/**
 * Judges the clients that open a channel, and tells of those that are refused.
 *
 * What the client learns is up to the stack, which keeps to Part 4 Table 104: BadSecurityChecksFailed for everything that would
 * tell a stranger what is trusted here.
 */
export function judgeChannels(server: OPCUAServer, store: TrustStore, onRefused: OnRefused): void {
  for (const endpoint of server.endpoints) {
    endpoint.on('newChannel', (channel: ServerSecureChannelLayer) => {
      const judges = channel as unknown as JudgesClient
      judges.checkCertificate = async (bytes) => {
        const verdict = await store.judge(bytes ?? new Uint8Array(), systemClock.now())
        if (verdict.status === 'Good' || !bytes) return statusCodeOf('Good')
        onRefused({ verdict, bytes, address: channel.remoteAddress })
        return statusCodeOf(verdict.status)
      }
    })
  }
}

/** The line of the log: who it was, why, and what lets it in. */
export function refusalLine({ verdict, bytes, address }: RefusedClient, what: string): string {
  const { status, reason, certificate } = verdict
  const thumbprint = thumbprintOf(certificate?.raw ?? bytes)
  const who = certificate ? JSON.stringify(subjectOf(certificate)) : 'an unreadable certificate'
  const how = remedyOf(verdict, thumbprint)
  return `${what}: ${who}, thumbprint ${thumbprint}, from ${shown(address)}: ${status}, ${reason}${how}`
}

function remedyOf({ status, remedy }: Verdict, thumbprint: string): string {
  if (remedy !== undefined) return `; ${remedy}`
  switch (status) {
    case 'BadCertificateUntrusted':
      return `; to accept it: millrace cert trust ${thumbprint}`
    case 'BadCertificateChainIncomplete':
      return '; to accept it: millrace cert trust --issuer and the file of that authority'
    case 'BadCertificateRevocationUnknown':
    case 'BadCertificateIssuerRevocationUnknown':
      return '; to accept it: millrace cert trust and the file of that list'
    default:
      return '; it needs another certificate'
  }
}

const eventTypeByStatus: Readonly<Record<string, RaisedTypeName>> = {
  BadCertificateTimeInvalid: 'CertificateExpiredAuditEventType',
  BadCertificateIssuerTimeInvalid: 'CertificateExpiredAuditEventType',
  BadCertificateUntrusted: 'CertificateUntrustedAuditEventType',
  BadCertificateChainIncomplete: 'CertificateUntrustedAuditEventType',
  BadCertificateRevoked: 'CertificateRevokedAuditEventType',
  BadCertificateIssuerRevoked: 'CertificateRevokedAuditEventType',
  BadCertificateRevocationUnknown: 'CertificateRevokedAuditEventType',
  BadCertificateIssuerRevocationUnknown: 'CertificateRevokedAuditEventType',
  BadCertificateUseNotAllowed: 'CertificateMismatchAuditEventType',
  BadCertificateIssuerUseNotAllowed: 'CertificateMismatchAuditEventType',
  BadCertificateUriInvalid: 'CertificateDataMismatchAuditEventType',
}

/** Bytes of a certificate that an event carries at most: it is sent to all who listen, and kept. */
const eventBytesMax = 16 * 1024

/** Raises the audit event of a refused certificate (Part 5 §6.4.12 and the types below it), and tells the trail. */
export function auditRefusal(addressSpace: AddressSpace, refused: RefusedClient, onAudit?: AuditSink): void {
  const { verdict, bytes, address } = refused
  const { certificate, status, reason } = verdict
  const time = systemClock.now()
  const type = eventTypeByStatus[status] ?? 'CertificateInvalidAuditEventType'
  const source = addressSpace.rootFolder.objects.server
  const code = statusCodeOf(status)
  raise({ addressSpace }, { source, type, time, message: refusalLine(refused, 'client refused') }, () => ({
    ...certificateFields(addressSpace, time),
    status: { dataType: DataType.Boolean, value: false },
    statusCodeId: { dataType: DataType.StatusCode, value: codeOf(code.value) },
    certificate: {
      dataType: DataType.ByteString,
      value: Buffer.from((certificate?.raw ?? bytes).subarray(0, eventBytesMax)),
    },
    ...(type === 'CertificateDataMismatchAuditEventType'
      ? { invalidUri: text(shown(certificate?.uris[0] ?? '', 200)), invalidHostname: text('') }
      : {}),
  }))
  onAudit?.({
    ...{ time, user: '', session: '', action: 'refuse', status: code.value },
    target: thumbprintOf(certificate?.raw ?? bytes),
    details: { subject: certificate ? subjectOf(certificate) : '', address: shown(address), reason },
  })
}

/** What audit events of certificates have in common (Part 5 §6.4.12). */
export function certificateFields(addressSpace: AddressSpace, time: number): EventFields {
  return {
    sourceName: text('Security/Certificate'),
    actionTimeStamp: dateTime(time),
    serverId: text(addressSpace.getNamespace(1).namespaceUri),
    clientAuditEntryId: text(''),
    clientUserId: text(''),
  }
}
