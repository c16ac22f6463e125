import type { Socket } from 'node:net'
import type { ServerSecureChannelLayer } from 'node-opcua-secure-channel'

/** What the guard remembers of one connection. */
export interface Connection {
  readonly socket: Socket
  readonly channel: ServerSecureChannelLayer
  /** Since when the connection has no session, or undefined while it has one. */
  sessionlessSinceMs: number | undefined
  /** Bytes of complete chunks handed on so far; the difference to what was read is a chunk under way. */
  chunkBytes: number
  /** Bytes of the message under way, as far as its chunks are complete. */
  messageBytes: number
  /** When the message under way began, or undefined between messages. */
  messageSinceMs: number | undefined
  /** Bytes the socket had taken at the last sweep, and since when that number stands still. */
  takenBytes: number
  stalledSinceMs: number | undefined
}

/** The connections of all guarded servers of the process. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>()
  /** The connection whose bytes are being looked at. */
  served: Connection | undefined

  get all(): Iterable<Connection> {
    return this.#connections.values()
  }

  add(socket: Socket, channel: ServerSecureChannelLayer, nowMs: number): void {
    const counted = { chunkBytes: 0, messageBytes: 0, messageSinceMs: undefined, takenBytes: 0 }
    this.#connections.set(socket, { ...counted, socket, channel, sessionlessSinceMs: nowMs, stalledSinceMs: undefined })
    socket.once('close', () => this.#connections.delete(socket))
  }

  /** The connection that holds most of the messages that have not arrived in full, when all of them are too many bytes. */
  greediest(bytesMax: number): Connection | undefined {
    let total = 0
    let most: Connection | undefined
    for (const connection of this.#connections.values()) {
      total += connection.messageBytes
      if (connection.messageBytes > (most?.messageBytes ?? 0)) most = connection
    }
    return total > bytesMax ? most : undefined
  }

  of(socket: Socket | null): Connection | undefined {
    return socket ? this.#connections.get(socket) : undefined
  }
}
