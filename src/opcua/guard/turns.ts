import type { Socket } from 'node:net'
import type { AnyMethod } from './hooks.ts'
import { GUARD_BOUNDS } from './limits.ts'

interface Transport {
  readonly _socket: Socket | null
}

/** What a connection has had of a turn of the event loop, and what of it waits for the next one. */
interface Turn {
  usedMs: number
  /** The next turn is waited for. */
  isTimed: boolean
  readonly waiting: Buffer[]
}

/**
 * Lets a connection have a few milliseconds in each turn of the event loop: a client that sends many large requests at once would keep
 * everybody else waiting for all of them. What is left of its requests follows in the next turns, in order; nothing more is read from
 * its socket until then. `contain` keeps what goes wrong there within the connection.
 */
export function takeTurns(original: AnyMethod, contain: (transport: object, work: () => void) => void): AnyMethod {
  const turns = new WeakMap<object, Turn>()

  function serve(transport: Transport, turn: Turn, chunk: Buffer): void {
    const startMs = performance.now()
    try {
      original.call(transport, chunk)
    } finally {
      turn.usedMs += performance.now() - startMs
      if (!turn.isTimed) {
        turn.isTimed = true
        setImmediate(next, transport, turn)
      }
    }
  }

  function next(transport: Transport, turn: Turn): void {
    turn.isTimed = false
    turn.usedMs = 0
    const wasWaiting = turn.waiting.length > 0
    while (turn.usedMs < GUARD_BOUNDS.turnMs) {
      const chunk = turn.waiting.shift()
      // What came before the end of a connection is not served behind it.
      if (!chunk || !transport._socket) break
      contain(transport, () => serve(transport, turn, chunk))
    }
    if (wasWaiting && turn.waiting.length === 0) readOn(transport._socket)
  }

  return function (this: Transport, chunk: Buffer) {
    const turn = turns.get(this) ?? { usedMs: 0, isTimed: false, waiting: [] }
    turns.set(this, turn)
    if (turn.waiting.length === 0 && turn.usedMs < GUARD_BOUNDS.turnMs) {
      serve(this, turn, chunk)
      return
    }
    turn.waiting.push(chunk)
    this._socket?.pause()
  }
}

/** A client that does not read what it was sent is not read from either. */
function readOn(socket: Socket | null): void {
  if (!socket) return
  if (socket.writableLength > GUARD_BOUNDS.socketPauseBytes) socket.once('drain', () => socket.resume())
  else socket.resume()
}
