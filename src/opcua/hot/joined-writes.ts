import type { Socket } from 'node:net'
import { ServerTCP_transport } from 'node-opcua-transport'
import type { Hook } from '../guard/hooks.ts'

interface Transport {
  readonly _socket: Socket | null
}

/**
 * Hooks the sending of chunks, so that what is answered in one turn of the event loop goes to the socket in one system call:
 * the chunks of a large answer, and the answers to requests that have come together.
 */
export function joinedWritesHooks(): Hook[] {
  const target = ServerTCP_transport.prototype
  const held = new WeakSet<Socket>()
  const release = (socket: Socket | null): void => {
    if (!socket || !held.delete(socket)) return
    socket.uncork()
  }
  return [
    {
      target,
      method: '_write_chunk',
      wrap: (original) =>
        function (this: Transport, ...given: unknown[]) {
          const { _socket: socket } = this
          if (socket && !held.has(socket) && typeof socket.cork === 'function') {
            held.add(socket)
            socket.cork()
            process.nextTick(release, socket)
          }
          return original.apply(this, given)
        },
    },
    // Both destroy the socket, and the last answer has to be on its way.
    ...['disconnect', 'dispose'].map((method) => ({
      target,
      method,
      wrap: (original: (...given: unknown[]) => unknown) =>
        function (this: Transport, ...given: unknown[]) {
          release(this._socket)
          return original.apply(this, given)
        },
    })),
  ]
}
