import type { Socket } from 'node:net'
import { type StatusCode, StatusCodes } from 'node-opcua'
import { ServerTCP_transport } from 'node-opcua-transport'
import type { Connections } from './connections.ts'
import type { Hook } from './hooks.ts'

/** Statuses of the transport that tell a client what it may do better, also before it is known (Part 6 7.1.5). */
const harmless: ReadonlySet<number> = new Set(
  [
    StatusCodes.BadTcpMessageTooLarge,
    StatusCodes.BadTcpMessageTypeInvalid,
    StatusCodes.BadTcpNotEnoughResources,
    StatusCodes.BadTcpServerTooBusy,
    StatusCodes.BadProtocolVersionUnsupported,
    StatusCodes.BadConnectionRejected,
    StatusCodes.BadCommunicationError,
    StatusCodes.BadTimeout,
  ].map(({ value }) => value),
)

/**
 * Hooks the error message that ends a connection: it says a status and nothing else.
 *
 * The stack adds what went wrong inside it, and what the client had sent. Whoever tries to open a channel and fails is told
 * BadSecurityChecksFailed, whatever the reason (Part 4 6.1.3): differences would tell what to try next.
 */
export function errorMessageHooks(connections: Connections): Hook[] {
  return [
    {
      target: ServerTCP_transport.prototype,
      method: 'sendErrorMessage',
      wrap: (original) =>
        function (this: { readonly _socket: Socket | null }, statusCode: StatusCode, _text: string | null) {
          const connection = connections.of(this._socket)
          const isKnown = connection === undefined || connection.channel.isOpened
          const isTold = isKnown || harmless.has(statusCode.value)
          original.call(this, isTold ? statusCode : StatusCodes.BadSecurityChecksFailed, '')
        },
    },
  ]
}
