import type { Socket } from 'node:net'
import { MessageBuilder, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import { ServerTCP_transport } from 'node-opcua-transport'
import type { Connection, Connections } from './connections.ts'
import type { Report } from './findings.ts'
import type { AnyMethod, Hook } from './hooks.ts'
import { GUARD_BOUNDS, limitsInUse } from './limits.ts'
import { containOpening, noteOpenings } from './openings.ts'
import { RateLimits } from './rates.ts'
import { turnAway } from './turn-away.ts'
import { takeTurns } from './turns.ts'
import { answerUndecodable } from './undecodable.ts'

/** Callbacks of a server-side transport that its socket calls. */
const SOCKET_CALLBACKS = [
  '_on_socket_data',
  '_on_socket_close',
  '_on_socket_end',
  '_on_socket_error',
  '_on_socket_timeout',
]

/**
 * Hooks the transport and the secure channel of the whole process, on the server's side only.
 *
 * Whatever bytes do to the stack ends that one connection: a packet assembler that reports an error after its listeners
 * were taken away (a second Hello, data behind a Hello), an undecodable request, an unknown security mode in a renewal.
 */
export function channelHooks(connections: Connections, now: () => number, report: Report): Hook[] {
  const transport = ServerTCP_transport.prototype
  const channel = ServerSecureChannelLayer.prototype
  const openings = new RateLimits(now)
  return [
    ...SOCKET_CALLBACKS.map((method) => ({
      target: transport,
      method,
      wrap: (original: AnyMethod) => containSocket(original, method, connections, now, report),
    })),
    {
      target: transport,
      method: '_on_message_chunk_received',
      wrap: (original) => takeTurns(original, (each, work) => contain(each as Transport, connections, report, work)),
    },
    {
      target: transport,
      method: '_on_message_chunk_received',
      wrap: (original) => countChunks(original, connections, report),
    },
    { target: transport, method: '_write_chunk', wrap: (original) => boundQueue(original, report) },
    {
      target: channel,
      method: 'init',
      wrap: (original) =>
        function (this: ServerSecureChannelLayer, socket: Socket, callback: unknown) {
          connections.add(socket, this, now())
          containOpening(this, socket, openings, report)
          original.call(this, socket, callback)
        },
    },
    {
      target: MessageBuilder.prototype,
      method: '_decodeMessageBody',
      wrap: (original) => answerUndecodable(original, () => connections.served, now, report),
    },
    {
      target: MessageBuilder.prototype,
      method: '_decodeMessageBody',
      wrap: (original) => noteOpenings(original, () => connections.served),
    },
  ]
}

interface Transport {
  readonly _socket: Socket | null
  readonly bytesRead: number
}

function containSocket(
  original: AnyMethod,
  method: string,
  connections: Connections,
  now: () => number,
  report: Report,
): AnyMethod {
  return function (this: Transport, ...args: unknown[]) {
    const connection = connections.of(this._socket)
    contain(this, connections, report, () => original.apply(this, args))
    if (method !== '_on_socket_data' || !connection) return
    const isUnderWay = connection.messageBytes > 0 || this.bytesRead > connection.chunkBytes
    connection.messageSinceMs = isUnderWay ? (connection.messageSinceMs ?? now()) : undefined
  }
}

/** Whatever goes wrong ends this connection alone. */
function contain({ _socket: socket }: Transport, connections: Connections, report: Report, work: () => void): void {
  connections.served = connections.of(socket)
  try {
    work()
  } catch (error) {
    report('transportError', 'transport', error)
    socket?.destroy()
  } finally {
    connections.served = undefined
  }
}

function countChunks(original: AnyMethod, connections: Connections, report: Report): AnyMethod {
  return function (this: Transport, chunk: Buffer) {
    const connection = connections.of(this._socket)
    if (connection) {
      connection.chunkBytes += chunk.length
      const isWhole = chunk[3] !== 'C'.charCodeAt(0)
      connection.messageBytes = isWhole ? 0 : connection.messageBytes + chunk.length
      if (isWhole) connection.messageSinceMs = undefined
      else if (!boundUnfinished(connections, connection, report)) return
    }
    original.call(this, chunk)
  }
}

/** Ends the connection that holds most when messages under way are too many bytes; false when it is this one. */
function boundUnfinished(connections: Connections, own: Connection, report: Report): boolean {
  const greediest = connections.greediest(limitsInUse().unfinishedBytes)
  if (!greediest) return true
  report('unfinishedBytes', 'transport', `${greediest.messageBytes} bytes of a message that is not complete`)
  greediest.messageBytes = 0
  turnAway(greediest.socket, 'too many bytes of messages that are not complete')
  return greediest !== own
}

/** Stops reading from a client that does not read, and closes it when too much is waiting for it. */
function boundQueue(original: AnyMethod, report: Report): AnyMethod {
  return function (this: Transport, ...args: unknown[]) {
    original.apply(this, args)
    const socket = this._socket
    if (!socket || socket.destroyed) return
    if (socket.writableLength > GUARD_BOUNDS.socketCloseBytes) {
      report('slowReader', 'transport', `${socket.writableLength} bytes wait for a client that does not read`)
      socket.destroy()
      return
    }
    if (socket.writableLength <= GUARD_BOUNDS.socketPauseBytes || socket.isPaused()) return
    socket.pause()
    socket.once('drain', () => socket.resume())
  }
}
