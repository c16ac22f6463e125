import type { Socket } from 'node:net'
import { ServerTCP_transport } from 'node-opcua-transport'
import type { Hook } from '../guard/hooks.ts'

/**
 * Hooks the sending of chunks, so that what is answered in one turn of the event loop goes to the socket in one system call:
 * the chunks of a large answer, and the answers to requests that have come together.
 */
export function joinedWritesHook(): Hook {
  const held = new WeakSet<Socket>()
  return {
    target: ServerTCP_transport.prototype,
    method: '_write_chunk',
    wrap: (original) =>
      function (this: { readonly _socket: Socket | null }, ...given: unknown[]) {
        const { _socket: socket } = this
        if (socket && isLast(given[0])) {
          const sent = original.apply(this, given)
          // The stack destroys the connection in this same turn, and what is held would go with it.
          if (held.has(socket)) socket.uncork()
          return sent
        }
        if (socket && !held.has(socket) && typeof socket.cork === 'function') {
          held.add(socket)
          socket.cork()
          process.nextTick(() => {
            held.delete(socket)
            socket.uncork()
          })
        }
        return original.apply(this, given)
      },
  }
}

/** Whether a chunk is an error message, after which there is nothing else (Part 6 §7.1.2.5). */
function isLast(chunk: unknown): boolean {
  return Buffer.isBuffer(chunk) && chunk.toString('latin1', 0, 3) === 'ERR'
}
