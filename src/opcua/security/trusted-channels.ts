import { type OPCUAServer, type ServerSecureChannelLayer, type ServerSession, X509IdentityToken } from 'node-opcua'
import type { Verdict } from '../../certificates/judge.ts'
import type { TrustStore } from '../../certificates/store.ts'
import { type Clock, systemClock } from '../../model/clock.ts'
import { type IsEnded, keepLooking } from './keep-looking.ts'
import type { OnRefused } from './refusals.ts'

/** How often it is looked whether the lists have changed, in milliseconds. */
const lookMs = 1000

/** How often clients and people are judged again although the lists are the same: certificates expire. */
const judgeAgainMs = 30_000

/** Whom to judge, and who hears of those that may not stay. */
export interface Watch {
  readonly channels: TrustStore
  readonly users: TrustStore
  readonly onChannelClosed: OnRefused
  readonly onSessionClosed: OnRefused
  readonly clock: Clock
}

/**
 * Closes the channels of clients, and the sessions of people, that would not be let in any more: their certificate was removed,
 * rejected or revoked, or has expired. A channel is judged by nobody else once it is open, also when it is renewed.
 *
 * The returned function ends it.
 */
export function closeUntrusted(server: OPCUAServer, watch: Watch): () => void {
  const { channels, users, onChannelClosed, onSessionClosed, clock } = watch
  const isDue = [channels, users].map((store) => dueOf(store, clock)) as [Due, Due]
  const look = async (isEnded: IsEnded): Promise<void> => {
    if (await isDue[0]()) {
      for (const channel of server.endpoints.flatMap((endpoint) => endpoint.getChannels())) {
        if (!isEnded()) await judgeChannel(server, channel, channels, onChannelClosed)
      }
    }
    if (await isDue[1]()) {
      for (const session of server.engine.getSessions()) {
        if (!isEnded()) await judgeUser(server, session, users, onSessionClosed)
      }
    }
  }
  return keepLooking(look, { clock, everyMs: lookMs })
}

type Due = () => Promise<boolean>

/** Tells whether it is time to judge again: the lists are others than the last time, or it is long ago. */
function dueOf(store: TrustStore, clock: Clock): Due {
  let version: number | undefined
  let judgedMs = clock.monotonic()
  return async () => {
    await store.lists()
    const now = clock.monotonic()
    const isChanged = version !== undefined && version !== store.version
    version = store.version
    if (!isChanged && now - judgedMs < judgeAgainMs) return false
    judgedMs = now
    return true
  }
}

async function judgeChannel(
  server: OPCUAServer,
  channel: ServerSecureChannelLayer,
  store: TrustStore,
  onClosed: OnRefused,
): Promise<void> {
  const bytes = channel.clientCertificate
  if (!bytes || !channel.isOpened) return
  const verdict = await verdictOnOpen(store, bytes)
  if (verdict.status === 'Good') return
  onClosed({ verdict, bytes, address: channel.remoteAddress })
  // A session without its channel could be taken up on another one.
  for (const session of server.engine.getSessions()) {
    if (session.channel === channel) server.engine.closeSession(session.authenticationToken, true, 'Terminated')
  }
  channel.close()
}

/** A revocation list that is overdue keeps new clients out; those that were let in before, and run a plant, are not cut off by it. */
function verdictOnOpen(store: TrustStore, bytes: Uint8Array): Promise<Verdict> {
  return store.verdict(bytes, systemClock.now(), true)
}

async function judgeUser(
  server: OPCUAServer,
  session: ServerSession,
  store: TrustStore,
  onClosed: OnRefused,
): Promise<void> {
  const { userIdentityToken: token, authenticationToken } = session
  if (!(token instanceof X509IdentityToken)) return
  const bytes = token.certificateData
  const verdict = await verdictOnOpen(store, bytes)
  if (verdict.status === 'Good') return
  onClosed({ verdict, bytes, address: session.channel?.remoteAddress ?? '' })
  if (server.engine.getSession(authenticationToken)) server.engine.closeSession(authenticationToken, true, 'Terminated')
}
