import type { Socket } from 'node:net'
import { MessageBuilder, ServerSecureChannelLayer } from 'node-opcua-secure-channel'
import { ServerTCP_transport, StatusCodes2 } from 'node-opcua-transport'
import type { Report } from './findings.ts'
import type { AnyMethod, Hook } from './hooks.ts'
import { GUARD_LIMITS } from './limits.ts'

/** Callbacks of a server-side transport that its socket calls. */
const SOCKET_CALLBACKS = [
  '_on_socket_data',
  '_on_socket_close',
  '_on_socket_end',
  '_on_socket_error',
  '_on_socket_timeout',
]

/** What the guard remembers of one connection. */
export interface Connection {
  readonly socket: Socket
  readonly channel: ServerSecureChannelLayer
  /** Since when the connection has no session, or undefined while it has one. */
  sessionlessSinceMs: number | undefined
  /** Bytes of complete chunks handed on so far; the difference to what was read is a chunk under way. */
  chunkBytes: number
  isMidMessage: boolean
  /** When the message under way began, or undefined between messages. */
  messageSinceMs: number | undefined
  /** Bytes the socket had taken at the last sweep, and since when that number stands still. */
  takenBytes: number
  stalledSinceMs: number | undefined
}

/** The connections of all guarded servers of the process. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>()

  get all(): Iterable<Connection> {
    return this.#connections.values()
  }

  add(socket: Socket, channel: ServerSecureChannelLayer, nowMs: number): void {
    const counted = { chunkBytes: 0, isMidMessage: false, messageSinceMs: undefined, takenBytes: 0 }
    this.#connections.set(socket, { ...counted, socket, channel, sessionlessSinceMs: nowMs, stalledSinceMs: undefined })
    socket.once('close', () => this.#connections.delete(socket))
  }

  of(socket: Socket | null): Connection | undefined {
    return socket ? this.#connections.get(socket) : undefined
  }
}

/**
 * Hooks the transport and the secure channel of the whole process, on the server's side only.
 *
 * Whatever bytes do to the stack ends that one connection: a packet assembler that reports an error after its listeners
 * were taken away (a second Hello, data behind a Hello), an undecodable request, an unknown security mode in a renewal.
 */
export function channelHooks(connections: Connections, now: () => number, report: Report): Hook[] {
  const transport = ServerTCP_transport.prototype
  const channel = ServerSecureChannelLayer.prototype
  return [
    ...SOCKET_CALLBACKS.map((method) => ({
      target: transport,
      method,
      wrap: (original: AnyMethod) => containSocket(original, method, connections, now, report),
    })),
    { target: transport, method: '_on_message_chunk_received', wrap: (original) => countChunks(original, connections) },
    { target: transport, method: '_write_chunk', wrap: (original) => boundQueue(original, report) },
    {
      target: channel,
      method: 'init',
      wrap: (original) =>
        function (this: ServerSecureChannelLayer, socket: Socket, callback: unknown) {
          connections.add(socket, this, now())
          containOpening(this, report)
          original.call(this, socket, callback)
        },
    },
    {
      target: MessageBuilder.prototype,
      method: '_decodeMessageBody',
      wrap: (original) => closeUndecodable(original, report),
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
    const socket = this._socket
    try {
      original.apply(this, args)
    } catch (error) {
      report('transportError', 'transport', error)
      socket?.destroy()
    }
    if (method !== '_on_socket_data') return
    const connection = connections.of(socket)
    if (!connection) return
    const isUnderWay = connection.isMidMessage || this.bytesRead > connection.chunkBytes
    connection.messageSinceMs = isUnderWay ? (connection.messageSinceMs ?? now()) : undefined
  }
}

function countChunks(original: AnyMethod, connections: Connections): AnyMethod {
  return function (this: Transport, chunk: Buffer) {
    const connection = connections.of(this._socket)
    if (connection) {
      connection.chunkBytes += chunk.length
      connection.isMidMessage = chunk[3] === 'C'.charCodeAt(0)
      if (!connection.isMidMessage) connection.messageSinceMs = undefined
    }
    original.call(this, chunk)
  }
}

/** Stops reading from a client that does not read, and closes it when too much is waiting for it. */
function boundQueue(original: AnyMethod, report: Report): AnyMethod {
  return function (this: Transport, ...args: unknown[]) {
    original.apply(this, args)
    const socket = this._socket
    if (!socket || socket.destroyed) return
    if (socket.writableLength > GUARD_LIMITS.socketCloseBytes) {
      report('slowReader', 'transport', `${socket.writableLength} bytes wait for a client that does not read`)
      socket.destroy()
      return
    }
    if (socket.writableLength <= GUARD_LIMITS.socketPauseBytes || socket.isPaused()) return
    socket.pause()
    socket.once('drain', () => socket.resume())
  }
}

/** The continuation of a renewal runs in a promise that nobody awaits; its fault closes the channel. */
function containOpening(channel: ServerSecureChannelLayer, report: Report): void {
  const original = channel.beforeHandleOpenSecureChannelRequest
  channel.beforeHandleOpenSecureChannelRequest = () =>
    // A thenable, because only its `then` sees the continuation that has to be contained.
    ({
      // biome-ignore lint/suspicious/noThenProperty: see above.
      then: (proceed: () => unknown) => proceedContained(original.call(channel).then(proceed), channel, report),
    }) as never
}

function proceedContained(done: Promise<unknown>, channel: ServerSecureChannelLayer, report: Report): Promise<unknown> {
  return done.catch((error: unknown) => {
    report('transportError', 'OpenSecureChannel', error)
    channel.close()
  })
}

interface Builder {
  readonly id: string
  listenerCount(event: string): number
  on(event: string, listener: (request: object) => void): void
  _report_error(statusCode: unknown, message: string): boolean
}

/** Part 4 5.3 wants an answer to every request; the stack gives none to an undecodable one, so the channel ends. */
function closeUndecodable(original: AnyMethod, report: Report): AnyMethod {
  return function (this: Builder, body: Buffer) {
    if (this.id.startsWith('server') && this.listenerCount('invalid_message') === 0) {
      this.on('invalid_message', (request) => {
        report('undecodable', 'transport', request.constructor.name)
        // The stack prints the request, token and all; half-decoded ones may even throw when they are printed.
        Object.defineProperty(request, 'toString', { value: () => request.constructor.name })
        this._report_error(StatusCodes2.BadTcpInternalError, 'the request cannot be decoded')
      })
    }
    return original.call(this, body)
  }
}
