import type { Socket } from 'node:net'
import type { ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import {
  MessageSecurityMode,
  OpenSecureChannelRequest,
  SecurityTokenRequestType,
} from 'node-opcua-service-secure-channel'
import type { Connection } from './connections.ts'
import type { Report } from './findings.ts'
import type { AnyMethod } from './hooks.ts'
import type { RateLimits } from './rates.ts'

/** What is known of the openings of a channel. */
interface Openings {
  /** The requests that were read and have not been answered yet, in their order. */
  readonly asked: Pick<OpenSecureChannelRequest, 'requestType' | 'securityMode'>[]
  hasToken: boolean
}

const openingsByChannel = new WeakMap<object, Openings>()

function openingsOf(channel: object): Openings {
  const known = openingsByChannel.get(channel) ?? { asked: [], hasToken: false }
  openingsByChannel.set(channel, known)
  return known
}

/** The part of the stack's assembler of messages that tells what it has read. */
interface Builder {
  readonly id: string
  on(event: 'message', listener: (request: object) => void): void
}

/** Notes what each opening asks for: where it is answered, that is known no more. */
export function noteOpenings(original: AnyMethod, connection: () => Connection | undefined): AnyMethod {
  const known = new WeakSet<Builder>()
  return function (this: Builder, body: Buffer) {
    if (this.id.startsWith('server') && !known.has(this)) {
      known.add(this)
      this.on('message', (request) => {
        const channel = connection()?.channel
        if (channel && request instanceof OpenSecureChannelRequest) openingsOf(channel).asked.push(request)
      })
    }
    return original.call(this, body)
  }
}

/** The stack refuses what is no mode, with an answer. */
function isMode(mode: MessageSecurityMode | undefined): boolean {
  return (
    mode === MessageSecurityMode.None ||
    mode === MessageSecurityMode.Sign ||
    mode === MessageSecurityMode.SignAndEncrypt
  )
}

/**
 * Contains the continuation of an opening or a renewal, which runs in a promise that nobody awaits; its fault closes the channel.
 *
 * The stack keeps a timer for each token until its lifetime is over, and forgets it when another token is issued on the same
 * channel; it holds the channel then, and the program when it is to end. So a channel gets its first token once, it is renewed
 * no more often than anybody needs and with the security that it has (Part 4 §5.6.2), and one whose connection has ended meanwhile gets none.
 */
export function containOpening(
  channel: ServerSecureChannelLayer,
  socket: Socket,
  rates: RateLimits,
  report: Report,
): void {
  const original = channel.beforeHandleOpenSecureChannelRequest
  const ifWanted = (proceed: () => unknown) => () => {
    const openings = openingsOf(channel)
    const { requestType, securityMode } = openings.asked.shift() ?? {}
    const isIssue = requestType === SecurityTokenRequestType.Issue
    if (socket.destroyed) return
    if (openings.hasToken && isMode(securityMode) && securityMode !== channel.securityMode) {
      report('transportError', 'OpenSecureChannel', 'a channel is renewed with another security mode')
      channel.close()
      return
    }
    if (!(isIssue && openings.hasToken) && rates.admit(channel, 'OpenSecureChannel').isGood()) {
      openings.hasToken = true
      return proceed()
    }
    report('rateLimit', 'OpenSecureChannel', 'a channel is opened again and again')
    channel.close()
  }
  channel.beforeHandleOpenSecureChannelRequest = () =>
    // A thenable, because only its `then` sees the continuation that has to be contained.
    ({
      // biome-ignore lint/suspicious/noThenProperty: see above.
      then: (proceed: () => unknown) =>
        original
          .call(channel)
          .then(ifWanted(proceed))
          .catch((error: unknown) => {
            report('transportError', 'OpenSecureChannel', error)
            channel.close()
          }),
    }) as never
}
