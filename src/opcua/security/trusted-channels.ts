import type { OPCUAServer, ServerSecureChannelLayer } from 'node-opcua'
import type { TrustStore } from '../../certificates/store.ts'
import { type Clock, systemClock } from '../../model/clock.ts'
import type { OnRefused } from './refusals.ts'

/** How often it is looked whether the lists have changed, in milliseconds. */
const lookMs = 1000

/** How often clients are judged again although the lists are the same: certificates expire. */
const judgeAgainMs = 30_000

/**
 * Closes the channels of clients that would not be let in any more: their certificate was removed, rejected or revoked, or has
 * expired. A channel is judged by nobody else once it is open, also when it is renewed.
 *
 * The returned function ends it.
 */
export function closeUntrustedChannels(
  server: OPCUAServer,
  { store, onClosed, clock }: { readonly store: TrustStore; readonly onClosed: OnRefused; readonly clock: Clock },
): () => void {
  let version: number | undefined
  let judgedMs = clock.monotonic()
  let isEnded = false
  const look = async (): Promise<void> => {
    await store.lists()
    const now = clock.monotonic()
    const isChanged = version !== undefined && version !== store.version
    version = store.version
    if (!isChanged && now - judgedMs < judgeAgainMs) return
    judgedMs = now
    for (const channel of server.endpoints.flatMap((endpoint) => endpoint.getChannels())) {
      if (!isEnded) await judgeAgain(server, channel, store, onClosed)
    }
  }
  const again = (): void => {
    look()
      .catch(() => undefined)
      .finally(() => {
        if (!isEnded) cancel = clock.after(lookMs, again)
      })
  }
  let cancel = clock.after(0, again)
  return () => {
    isEnded = true
    cancel()
  }
}

async function judgeAgain(
  server: OPCUAServer,
  channel: ServerSecureChannelLayer,
  store: TrustStore,
  onClosed: OnRefused,
): Promise<void> {
  const bytes = channel.clientCertificate
  if (!bytes || !channel.isOpened) return
  const verdict = await store.judge(bytes, systemClock.now())
  if (verdict.status === 'Good') return
  onClosed({ verdict, bytes, address: channel.remoteAddress })
  // A session without its channel could be taken up on another one.
  for (const session of server.engine.getSessions()) {
    if (session.channel === channel) server.engine.closeSession(session.authenticationToken, true, 'Terminated')
  }
  channel.close()
}
