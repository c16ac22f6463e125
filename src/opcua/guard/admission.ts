import type { Server } from 'node:net'
import { type OPCUAServer, type StatusCode, StatusCodes } from 'node-opcua'
import type { Limits } from '../../model/limits.ts'
import { boundArrivals, toldAtOnce } from './arrivals.ts'
import type { Report } from './findings.ts'
import type { Hook } from './hooks.ts'

/** Services that make new state for a client. */
const makingState: ReadonlySet<string> = new Set([
  'CreateSession',
  'CreateSubscription',
  'CreateMonitoredItems',
  'TransferSubscriptions',
  'RegisterNodes',
])

/** The part of an endpoint of the stack that listens; it gets another listener when it is restored. */
interface Endpoint {
  readonly _server: Server | undefined
  readonly maxConnections: number
  getChannels(): readonly { readonly hasSession: boolean }[]
}

/**
 * Lets new connections and new state in, or refuses them while the machine has no room for more.
 *
 * What the listener refuses ends before the stack sees it: the stack would hold each for a second and print a line about it.
 */
export class Admission {
  readonly #server: OPCUAServer
  readonly #report: Report
  readonly #limits: Limits
  /** How to leave each listener as it was. */
  readonly #listening = new Map<Server, () => void>()
  #isRefusing = false

  constructor(server: OPCUAServer, limits: Limits, report: Report) {
    this.#server = server
    this.#limits = limits
    this.#report = report
  }

  /** Refuses from now on, or lets in again. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
    this.look()
  }

  /** Good, or the answer to a request for which there is no room (Part 4 7.38.2). */
  admit(service: string): StatusCode {
    if (!this.#isRefusing || !makingState.has(service)) return StatusCodes.Good
    this.#report('newWorkRefused', service, 'too little memory, or too few file handles')
    return StatusCodes.BadResourceUnavailable
  }

  /** Tells the listeners that are there now. */
  look(): void {
    for (const endpoint of this.#server.endpoints as unknown as readonly Endpoint[]) {
      const listener = endpoint._server
      if (!listener) continue
      // More than the table holds: for one the stack makes room by closing the oldest one without a session, or it is told.
      listener.maxConnections = this.#isRefusing ? 0 : endpoint.maxConnections + toldAtOnce
      if (this.#listening.has(listener)) continue
      listener.on('drop', this.#dropped)
      const bounds = { endpoint, limits: this.#limits, refused: this.#dropped }
      this.#listening.set(listener, boundArrivals(listener, bounds))
      listener.once('close', () => this.#listening.delete(listener))
    }
  }

  /** Hooks the refusal of a connection for which the stack finds no room: it prints a line for each. */
  hooks(): Hook[] {
    return this.#server.endpoints.map((endpoint) => ({
      target: endpoint,
      method: '_prevent_DDOS_Attack',
      wrap: (original) => {
        const dropped = this.#dropped
        return function (this: object, establish: () => void, deny: () => void) {
          original.call(this, establish, () => {
            dropped()
            quietly(deny)
          })
        }
      },
    }))
  }

  /** Counts no more. */
  stop(): void {
    for (const [listener, letAllIn] of this.#listening) {
      listener.off('drop', this.#dropped)
      letAllIn()
    }
    this.#listening.clear()
  }

  readonly #dropped = (): void => this.#report('connectionRefused', 'transport', 'no connection is free')
}

/** Does something without what it prints; nothing else runs meanwhile. */
function quietly(work: () => void): void {
  const { log } = console
  console.log = () => undefined
  try {
    work()
  } finally {
    console.log = log
  }
}
