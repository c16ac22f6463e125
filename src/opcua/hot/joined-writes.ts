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
