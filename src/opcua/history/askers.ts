import { EventEmitter, setMaxListeners } from 'node:events'
import type { HistoryAsker, HistoryView } from './history-view.ts'

/** The history as one session reads it. */
export type ReadableHistory = Omit<HistoryView, 'historized' | 'modify'>

/** The sessions that have read history; what they wait for is given up when they are closed. */
export class Askers {
  readonly #bySession = new WeakMap<object, HistoryAsker>()

  /** Whoever reads in a session. */
  of(session: object): HistoryAsker {
    const known = this.#bySession.get(session)
    if (known) return known
    const closing = new AbortController()
    // Each read that waits listens, and there may be many.
    setMaxListeners(0, closing.signal)
    if (session instanceof EventEmitter) session.once('session_closed', () => closing.abort())
    const asker = { by: session, signal: closing.signal }
    this.#bySession.set(session, asker)
    return asker
  }
}

/** The history as an asker reads it. */
export function askedBy(history: HistoryView, asker: HistoryAsker): ReadableHistory {
  const { aggregates, aggregateDefaults } = history
  return {
    aggregates,
    aggregateDefaults,
    readPage: (range) => history.readPage(range, asker),
    neighbours: (tag, time) => history.neighbours(tag, time),
    readAtTime: (tag, times, settings) => history.readAtTime(tag, times, settings, asker),
    readProcessed: (range) => history.readProcessed(range, asker),
    readModified: (range) => history.readModified(range),
  }
}
