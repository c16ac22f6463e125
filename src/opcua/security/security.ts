import { hostname } from 'node:os'
import { join } from 'node:path'
import { type AddressSpace, DataType, type OPCUAServer, type ServerSecureChannelLayer } from 'node-opcua'
import { OwnCertificate, type OwnCertificateNews } from '../../certificates/own-certificate.ts'
import { TrustStore } from '../../certificates/store.ts'
import { type CertificateRules, defaultCertificateRules } from '../../model/certificate-rules.ts'
import { type Clock, systemClock } from '../../model/clock.ts'
import { messageOf } from '../../model/errors.ts'
import type { Witnesses } from '../call-witness.ts'
import type { AuditSink } from '../events/audit-trail.ts'
import { dateTime, type EventFields, raise, text } from '../events/raising.ts'
import type { Log } from '../space-context.ts'
import { checkSessionCertificates } from './application-uri.ts'
import { type IsEnded, keepLooking } from './keep-looking.ts'
import { auditRefusal, judgeChannels, type OnRefused, refusalLine } from './refusals.ts'
import { watchRevocationLists } from './revocation-watch.ts'
import { bindServerConfiguration } from './server-configuration.ts'
import type { ServerSecurity } from './server-security.ts'
import { stackStoreOf } from './stack-store.ts'
import { closeUntrusted } from './trusted-channels.ts'

/** How often it is looked after the own certificate, in milliseconds. */
const lookMs = 1000

/** Where the stores lie in the folder of the certificates. */
export const storeFolders = { channels: 'own', users: 'users' } as const

/** What the stores and the own certificate are made of. */
export interface SecurityOptions {
  readonly certificatesFolder: string
  readonly applicationUri: string
  readonly name: string
  /** Host names and addresses of the endpoints. */
  readonly reachedBy: readonly string[]
  /** How long certificates are valid, and which are accepted; the usual rules when it is absent. */
  readonly rules?: CertificateRules | undefined
  readonly log: Log
}

/** Opens the stores and the own certificate, and makes what is missing. Rejects with an error of the file system or `certificate-unusable`. */
export async function openSecurity(options: SecurityOptions): Promise<ServerSecurity> {
  const { certificatesFolder, applicationUri, name, reachedBy, rules = defaultCertificateRules, log } = options
  const acceptsOverdue = rules.acceptsOverdueLists
  const channels = new TrustStore(join(certificatesFolder, storeFolders.channels), 'application', { acceptsOverdue })
  const users = new TrustStore(join(certificatesFolder, storeFolders.users), 'user', { acceptsOverdue })
  await channels.prepare()
  await users.prepare()
  const identity = { applicationUri, name, hosts: [...new Set([...reachedBy, hostname()])] }
  const now = () => systemClock.now()
  const own = await OwnCertificate.open({ folder: channels.folder, identity, reachedBy, rules, log, now })
  const stackStores = { serverCertificateManager: stackStoreOf(channels), userCertificateManager: stackStoreOf(users) }
  return { channels, users, own, stackStores }
}

/** What guarding the server needs besides. */
export interface GuardedBy {
  readonly log: Log
  /** Takes lines that clients cause, and holds repeated ones back. */
  readonly tell: (kind: string, message: string) => void
  readonly onAudit?: AuditSink | undefined
  /** Looks at the folders every second; without it only when a client connects. */
  readonly isWatching: boolean
  /** Those who hear what clients call. */
  readonly witnesses: Witnesses
  readonly clock?: Clock
}

/** Judges the clients of a server that is complete, and follows what becomes of certificates. The returned function ends it. */
export function guardChannels(
  server: OPCUAServer,
  addressSpace: AddressSpace,
  security: ServerSecurity,
  { log, tell, onAudit, isWatching, witnesses, clock = systemClock }: GuardedBy,
): () => void {
  const { channels, users, own } = security
  const onNews = (news: OwnCertificateNews) => tellNews(server, addressSpace, news, log)
  const heard =
    (what: string): OnRefused =>
    (refused) => {
      const { certificate, status } = refused.verdict
      tell(`${what} ${certificate?.thumbprint ?? ''} ${status}`, refusalLine(refused, what))
      auditRefusal(addressSpace, refused, onAudit)
    }
  judgeChannels(server, channels, heard('client refused'))
  verifyByChannel(server)
  checkSessionCertificates(server, heard('client refused'))
  useOwn(server)
  const ends = [bindServerConfiguration(server, { addressSpace, security, witnesses, log, onNews })]
  if (isWatching) {
    ends.push(
      closeUntrusted(server, {
        ...{ channels, users, clock },
        onChannelClosed: heard('channel closed'),
        onSessionClosed: heard('session of a user closed'),
      }),
      followOwn(own, { clock, log, onNews }),
      watchRevocationLists({ addressSpace, stores: [channels, users], log, clock }),
    )
  }
  return () => {
    for (const end of ends) end()
  }
}

function followOwn(
  own: OwnCertificate,
  { clock, log, onNews }: { clock: Clock; log: Log; onNews: (news: OwnCertificateNews) => void },
): () => void {
  let lastError = ''
  const look = async (isEnded: IsEnded): Promise<void> => {
    const news = await own.look()
    if (!isEnded()) for (const each of news) onNews(each)
    lastError = ''
  }
  const onFailure = (error: unknown): void => {
    if (messageOf(error) !== lastError) log('error', `the certificate of the server: ${messageOf(error)}`)
    lastError = messageOf(error)
  }
  return keepLooking(look, { clock, everyMs: lookMs, onFailure })
}

function tellNews(server: OPCUAServer, addressSpace: AddressSpace, news: OwnCertificateNews, log: Log): void {
  const { kind, certificate, message } = news
  if (kind === 'renewed') {
    useOwn(server)
    log('warn', message)
  } else log(news.daysLeft <= 7 ? 'error' : 'warn', message)
  const source = addressSpace.rootFolder.objects.server
  const common = { thumbprint: text(certificate.thumbprint), expirationDate: dateTime(certificate.notAfter) }
  const fields = (): EventFields =>
    kind === 'renewed'
      ? { ...common, oldThumbprint: text(news.old) }
      : { ...common, daysLeft: { dataType: DataType.UInt32, value: news.daysLeft } }
  const type = kind === 'renewed' ? 'ServerCertificateRenewedEventType' : 'ServerCertificateExpiresEventType'
  raise({ addressSpace }, { source, type, message, time: systemClock.now() }, fields)
}

/**
 * Lets the server use what stands in its files now, and no later: it reads them once, so that they may be taken away. Channels that are
 * open keep the certificate that they were opened with.
 */
function useOwn(server: OPCUAServer): void {
  server.invalidateCachedCertificates()
  server.getCertificateChain()
  server.getPrivateKey()
  for (const endpoint of server.endpoints) {
    endpoint.invalidateCertificates()
    endpoint.getCertificateChain()
    endpoint.getCertificateProvider().getPrivateKey()
  }
}

/** The parts of the stack's server that check who opened a session, and who logs in with a certificate (Part 4 §5.7.3.2). */
interface VerifiesClients {
  verifyClientSignature(session: unknown, channel: ServerSecureChannelLayer, signature: unknown): boolean
  isValidX509IdentityToken(channel: ServerSecureChannelLayer, ...more: unknown[]): unknown
}

/** Clients sign with the certificate that the server had when their channel was opened; the stack compares with the newest one. */
function verifyByChannel(server: OPCUAServer): void {
  const verifies = server as unknown as VerifiesClients
  const { verifyClientSignature, isValidX509IdentityToken } = verifies
  const asOf = (channel: ServerSecureChannelLayer): OPCUAServer =>
    Object.create(server, { getCertificate: { value: () => channel.getCertificate() } })
  verifies.verifyClientSignature = (session, channel, signature) =>
    verifyClientSignature.call(asOf(channel), session, channel, signature)
  verifies.isValidX509IdentityToken = (channel, ...more) =>
    isValidX509IdentityToken.call(asOf(channel), channel, ...more)
}
