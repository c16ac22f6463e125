import { randomBytes } from 'node:crypto'

/** A read that can go on: a position, never data. */
export interface Continuation<Place> {
  readonly nodeId: string
  readonly place: Place
}

/**
 * The continuation points of the sessions (Part 4 §7.9). When a request needs more than a session may have, points of earlier
 * requests go, the oldest first; points of the request itself do not, so that no more than the limit can come from one.
 */
export class ContinuationPoints<Place> {
  readonly #max: number
  readonly #bySession = new WeakMap<object, Map<string, Continuation<Place> & { readonly request: object }>>()

  constructor(max: number) {
    this.#max = max
  }

  /** Keeps a place and returns the point for it; undefined when the request has used all of them itself. */
  keep(session: object, request: object, { nodeId, place }: Continuation<Place>): Buffer | undefined {
    const points = this.#bySession.get(session) ?? new Map()
    this.#bySession.set(session, points)
    if (points.size >= this.#max) {
      const [oldest] = [...points].find(([, point]) => point.request !== request) ?? []
      if (oldest === undefined) return undefined
      points.delete(oldest)
    }
    const id = randomBytes(16)
    points.set(id.toString('hex'), { nodeId, place, request })
    return id
  }

  /** Takes a point; it serves once. Undefined when the session has no such point for the node. */
  take(session: object, nodeId: string, id: Buffer): Place | undefined {
    const points = this.#bySession.get(session)
    const point = points?.get(id.toString('hex'))
    if (point?.nodeId !== nodeId) return undefined
    points?.delete(id.toString('hex'))
    return point.place
  }
}
