import type { Server, Socket } from 'node:net'
import type { Limits } from '../../model/limits.ts'
import { type AnyMethod, installHooks } from './hooks.ts'
import { turnAway } from './turn-away.ts'

/** Connections beyond the limit that are told why at once, before they are closed; more than these are closed without a word. */
export const toldAtOnce = 32

/** What an endpoint knows of its connections. */
interface Endpoint {
  getChannels(): readonly { readonly hasSession: boolean }[]
}

/**
 * Holds the connections of a listener to the limits, of one address and in all: one more is told BadTcpNotEnoughResources
 * (Part 6 §7.1.5), where the stack closes it after a second without a word. The returned function lets all of them in again.
 *
 * While there are connections without a session the stack gives up the oldest of those for a new one.
 */
export function boundArrivals(
  listener: Server,
  { endpoint, limits, refused }: { endpoint: Endpoint; limits: Limits; refused: () => void },
): () => void {
  const arrivals = new Arrivals(endpoint, limits)
  const wrap = (original: AnyMethod): AnyMethod =>
    function (this: Server, event: string, ...args: unknown[]) {
      const [socket] = args as [Socket]
      if (event !== 'connection' || arrivals.admit(socket)) return original.call(this, event, ...args)
      refused()
      turnAway(socket, 'too many connections')
      return true
    }
  return installHooks([{ target: listener, method: 'emit', wrap }])
}

class Arrivals {
  readonly #endpoint: Endpoint
  readonly #limits: Limits
  readonly #countByAddress = new Map<string, number>()
  #count = 0

  constructor(endpoint: Endpoint, limits: Limits) {
    this.#endpoint = endpoint
    this.#limits = limits
  }

  /** Counts a connection in until it is closed; false when there is no room for it. */
  admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? ''
    const known = this.#countByAddress.get(address) ?? 0
    if (known >= this.#limits.connectionsPerAddress) return false
    const isFull = this.#count >= this.#limits.connections
    if (isFull && this.#endpoint.getChannels().every(({ hasSession }) => hasSession)) return false
    this.#count += 1
    this.#countByAddress.set(address, known + 1)
    socket.once('close', () => this.#leave(address))
    return true
  }

  #leave(address: string): void {
    this.#count -= 1
    const left = (this.#countByAddress.get(address) ?? 1) - 1
    if (left > 0) this.#countByAddress.set(address, left)
    else this.#countByAddress.delete(address)
  }
}
