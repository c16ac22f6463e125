import type { Server, Socket } from 'node:net'
import type { OPCUAServer } from 'node-opcua'
import type { Limits } from '../../model/limits.ts'
import type { Report } from './findings.ts'
import type { AnyMethod, Hook } from './hooks.ts'
import { turnAway } from './turn-away.ts'

/** Connections beyond the limit that are told why, before they are closed; more than these are closed without a word. */
const toldAtOnce = 32

/** The part of an endpoint that accepts connections and knows which of them are in use. */
interface Endpoint {
  readonly _server?: Server & { maxConnections: number }
  getChannels(): readonly { readonly hasSession: boolean }[]
}

/**
 * Hooks the arrival of connections: there are so many of one address and so many in all, and one more is told
 * BadTcpNotEnoughResources (Part 6 §7.1.5), where the stack closes it after a second without a word.
 *
 * While there are connections without a session the stack gives up the oldest of those for a new one.
 */
export function arrivalHooks(server: OPCUAServer, limits: Limits, report: Report): Hook[] {
  return (server.endpoints as unknown as readonly Endpoint[]).flatMap((endpoint) => {
    const listener = endpoint._server
    if (!listener) return []
    listener.maxConnections = limits.connections + toldAtOnce
    const arrivals = new Arrivals(endpoint, limits)
    const wrap = (original: AnyMethod): AnyMethod =>
      function (this: Server, event: string, ...args: unknown[]) {
        const [socket] = args as [Socket]
        if (event !== 'connection' || arrivals.admit(socket)) return original.call(this, event, ...args)
        report('connectionLimit', 'transport', 'too many connections')
        turnAway(socket, 'too many connections')
        return true
      }
    return [{ target: listener, method: 'emit', wrap }]
  })
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
    if (this.#count >= this.#limits.connections && this.#endpoint.getChannels().every(({ hasSession }) => hasSession)) {
      return false
    }
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
