import { messageOf } from '../../model/errors.ts'
/** The kinds of things that the guard counts. */
export const FINDING_KINDS = [
  'containedThrow',
  'refusedRequest',
  'refusedItem',
  'browseBudget',
  'rateLimit',
  'undecodable',
  'transportError',
  'handshakeTimeout',
  'messageTimeout',
  'slowReader',
  'sessionTimeoutCapped',
  'sessionReclaimed',
  'connectionRefused',
  'newWorkRefused',
] as const

/** One kind of thing that the guard counts. */
export type FindingKind = (typeof FINDING_KINDS)[number]

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
  readonly #counters = Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0])) as Record<FindingKind, number>
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
