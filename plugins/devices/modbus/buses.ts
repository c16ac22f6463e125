import { NotConnected } from 'millrace/plugin'
import { type LineAddress, nameOfLine } from '../line/address.ts'
import type { Bus, Member, UnitSettings, Units } from './bus.ts'

/** A bus that somebody wants. */
export interface BusWish {
  readonly address: LineAddress
  /** Everything in which two users of one bus must agree, as a text. */
  readonly settings: string
  readonly unit: UnitSettings
  /** Aborted when the bus is no longer wanted. */
  readonly signal: AbortSignal
  readonly open: (signal: AbortSignal, units: Units) => Promise<Bus>
}

interface Entry {
  readonly settings: string
  readonly controller: AbortController
  readonly opened: Promise<Bus>
  userCount: number
}

/**
 * The buses that are open, by the name of their line. Devices that name the same line share one: a serial port can be opened
 * once only, and many gateways take few connections. A bus is closed when its last user has left.
 */
export class Buses {
  readonly #entryByName = new Map<string, Entry>()
  /** Lines that are being closed; a line cannot be opened again before. */
  readonly #closings = new Map<string, Promise<void>>()
  /** What is known of the units on each line that was ever open; as many as the plant has. */
  readonly #unitsByName = new Map<string, Units>()

  /** How many buses are open or being opened. */
  get size(): number {
    return this.#entryByName.size
  }

  /** Joins a bus, and opens it when nobody has; `leave` of the member closes it again when nobody else is left. */
  async join({ address, settings, unit, signal, open }: BusWish): Promise<Member> {
    signal.throwIfAborted()
    const name = nameOfLine(address)
    const entry = this.#entryByName.get(name) ?? this.#add(name, settings, open)
    if (entry.settings !== settings) {
      throw new Error(`${name} is in use with ${entry.settings}, not with ${settings}; give all its devices the same`)
    }
    entry.userCount++
    let isIn = true
    const leave = (): Promise<void> => {
      if (!isIn) return this.#closings.get(name) ?? Promise.resolve()
      isIn = false
      entry.userCount--
      return entry.userCount === 0 ? this.#end(name, entry) : Promise.resolve()
    }
    try {
      const member = (await unlessAborted(entry.opened, signal)).join(unit)
      return {
        use: member.use,
        leave: () => {
          member.leave()
          return leave()
        },
      }
    } catch (error) {
      void leave()
      throw error
    }
  }

  #add(name: string, settings: string, open: BusWish['open']): Entry {
    const controller = new AbortController()
    const closed = this.#closings.get(name) ?? Promise.resolve()
    const units: Units = this.#unitsByName.get(name) ?? new Map()
    this.#unitsByName.set(name, units)
    const opened = closed.then(() => open(controller.signal, units))
    const entry: Entry = { settings, controller, opened, userCount: 0 }
    this.#entryByName.set(name, entry)
    opened.then(
      (bus) => bus.lost.then(() => this.#end(name, entry)),
      () => this.#end(name, entry),
    )
    return entry
  }

  #end(name: string, entry: Entry): Promise<void> {
    if (this.#entryByName.get(name) !== entry) return this.#closings.get(name) ?? Promise.resolve()
    this.#entryByName.delete(name)
    entry.controller.abort(new NotConnected(`${name} is not wanted any more`))
    const closing: Promise<void> = entry.opened
      .then(
        (bus) => bus.close(),
        () => {},
      )
      .then(() => {
        if (this.#closings.get(name) === closing) this.#closings.delete(name)
      })
    this.#closings.set(name, closing)
    return closing
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
