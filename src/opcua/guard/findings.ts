import { messageOf } from '../../model/errors.ts'

/** The kinds of things that the guard counts. */
export const findingTable = {
  containedThrow: 'Faults of services, methods, getters and timers that were kept from ending the program.',
  refusedRequest: 'Requests that ask what cannot be, such as an age that is no number.',
  refusedItem: 'Nodes and monitored items of requests that ask what cannot be, such as an impossible index range.',
  browseBudget: 'Nodes that were not browsed because a request had used up its references or continuation points.',
  operationLimit: 'Requests with more operations than their service takes.',
  rateLimit: 'Requests that came faster than their service takes them.',
  callLimit: 'Method calls that were refused because too many were under way.',
  undecodable: 'Requests that cannot be decoded.',
  encodingLimit: 'Requests with an array, a string or a nesting beyond the limits.',
  transportError: 'Connections that were closed because of bytes that are no OPC UA.',
  handshakeTimeout: 'Connections that were closed because they had no session in time.',
  messageTimeout: 'Connections that were closed because a message was not finished in time.',
  unfinishedBytes: 'Connections that were closed because messages that had not arrived in full took too much memory.',
  slowReader: 'Connections that were closed because the client did not take its answers.',
  sessionLimit: 'Sessions that were refused because there were too many of the user or in all.',
  sessionTimeoutCapped: 'Sessions that asked for a longer timeout than they got.',
  sessionReclaimed: 'Sessions without a connection that were ended to make room.',
  subscriptionReclaimed: 'Subscriptions without a session that were ended to make room.',
  connectionRefused:
    'Connections that were turned away: there were too many, or file handles or memory about to run out.',
  newWorkRefused:
    'Requests for new sessions, subscriptions or items that were refused because memory was about to run out.',
  refusedLogin: 'Logins that were refused.',
} as const

/** One kind of thing that the guard counts. */
export type FindingKind = keyof typeof findingTable

const kinds = Object.keys(findingTable) as readonly FindingKind[]

/** One thing that the guard contained, refused or closed. */
export interface GuardFinding {
  readonly kind: FindingKind
  /** The service, method or timer in which it happened: `Read`, `MonitoredItem`, `transport`. */
  readonly where: string
  /** One line without tokens, stacks or paths. */
  readonly detail: string
}

/** How often each kind has happened since the guard was installed. */
export type GuardCounters = Readonly<Record<FindingKind, number>>

/** Takes note of a finding. */
export type Report = (kind: FindingKind, where: string, detail: unknown) => void

/** Counts findings and hands them on; a listener that throws is ignored, since it runs inside services. */
export class Findings {
  readonly #counters = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<FindingKind, number>
  readonly #onFinding: ((finding: GuardFinding) => void) | undefined

  constructor(onFinding?: (finding: GuardFinding) => void) {
    this.#onFinding = onFinding
  }

  get counters(): GuardCounters {
    return { ...this.#counters }
  }

  /** Counts one finding; `detail` may be a caught value of any kind. */
  readonly report: Report = (kind, where, detail) => {
    this.#counters[kind] += 1
    try {
      this.#onFinding?.({ kind, where, detail: oneLine(detail) })
    } catch {
      // The listener belongs to somebody else; its fault must not become a fault of the service.
    }
  }
}

/** The first line of an error or a text, at most 200 characters, without control characters. */
export function oneLine(detail: unknown): string {
  const text = messageOf(detail)
  const line = text.slice(0, 400).split('\n', 1)[0] ?? ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach a log.
  return line.replaceAll(/[\u0000-\u001f\u007f]/g, ' ').slice(0, 200)
}
