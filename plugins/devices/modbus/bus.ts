import { NotConnected, Rejected, Status, TimedOut } from 'millrace/plugin'
import type { Line } from '../line/line.ts'
import { pause, type Time } from '../line/time.ts'
import { Doubt, type Probe } from './doubt.ts'
import { exceptionOf } from './exceptions.ts'
import { DamagedAnswer, Exchange, type Modbus, type Send } from './exchange.ts'
import type { Framing } from './framing.ts'
import { type Turn, Turns } from './turns.ts'

/** How a bus behaves. */
export interface BusOptions {
  readonly line: Line
  readonly framing: Framing
  readonly time: Time
  /** Silence between an answer and the next request. */
  readonly frameGapMs: number
  /** Milliseconds that one character takes; 0 where that does not matter. */
  readonly characterMs: number
  /** Whether answers carry the number of their request, so that a late one cannot be taken for another. */
  readonly hasTransactions: boolean
  /** What is known of the units; it outlives the bus, because a late answer may come when the line is open again. */
  readonly units: Units
}

/** How a unit is asked. */
export interface UnitSettings {
  readonly unit: number
  /** How long its answer may take to begin. */
  readonly responseTimeoutMs: number
  /** How often it is asked while it does not answer and others share the bus. */
  readonly probeMs: number
}

/** What is known of the units on a line, by their number. */
export type Units = Map<number, UnitState>

/** Asks the unit whose turn it is. */
export type Ask = <T>(send: Send<T>) => Promise<T>

/** A unit that uses a bus, from one device entry. */
export interface Member {
  /** Waits for its turn and does `work`; nobody else is on the bus until it has ended. Writes go first. */
  use<T>(kind: 'read' | 'write', work: (ask: Ask) => Promise<T>): Promise<T>
  /** Takes back what waits. May be called again. */
  leave(): void | Promise<void>
}

interface Job extends Turn {
  readonly settings: UnitSettings
  readonly work: (ask: Ask) => Promise<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

interface UnitState {
  /** Requests in a row that it did not answer. */
  silences: number
  /** Monotonic time before which it is left alone, while others need the bus. */
  restsUntil: number
  doubt: Doubt | undefined
}

/** So many requests in a row without an answer, and a unit is asked seldom. */
const silencesMax = 3
const waitingMax = 256
/** A damaged answer shows that the unit is there, so a read is asked once more. */
const attemptsMax = 2
/** No answer comes later than so many timeouts. */
const lateTimeouts = 10

/** The units on one line, one request at a time. */
export class Bus {
  readonly #options: BusOptions
  readonly #exchange: Exchange
  readonly #turns = new Turns<Job>()
  readonly #members = new Set<UnitSettings>()
  /** Units that were silent since anybody answered last. */
  readonly #silent = new Set<number>()
  #isServing = false
  #lostBecause: string | undefined

  constructor(options: BusOptions) {
    this.#options = options
    this.#exchange = new Exchange(options)
    void options.line.lost.then((reason) => {
      this.#lostBecause = reason
      for (const job of this.#turns.remove(() => true)) job.reject(new NotConnected(reason))
    })
  }

  /** Resolves with the reason when the line is lost or closed. */
  get lost(): Promise<string> {
    return this.#options.line.lost
  }

  /** Adds a user of a unit; two device entries may be the same unit. */
  join(wanted: UnitSettings): Member {
    const settings = { ...wanted }
    this.#members.add(settings)
    return {
      use: (kind, work) => this.#queued({ settings, unit: settings.unit, isWrite: kind === 'write' }, work),
      leave: () => {
        this.#members.delete(settings)
        const unwanted = this.#turns.remove((job) => job.settings === settings)
        for (const job of unwanted) job.reject(new NotConnected('the connection was closed'))
      },
    }
  }

  /** Closes the line; resolves when it is free for somebody else. */
  close(): Promise<void> {
    return this.#options.line.close()
  }

  #queued<T>(turn: Pick<Job, 'settings' | 'unit' | 'isWrite'>, work: (ask: Ask) => Promise<T>): Promise<T> {
    if (this.#lostBecause !== undefined) return Promise.reject(new NotConnected(this.#lostBecause))
    if (!this.#members.has(turn.settings)) return Promise.reject(new NotConnected('the connection was closed'))
    if (this.#turns.lengthOf(turn.unit) >= waitingMax) {
      const message = `${waitingMax} requests wait for unit ${turn.unit}; ask it less often`
      return Promise.reject(new Rejected(message, { status: Status.BadResourceUnavailable }))
    }
    return new Promise<T>((resolve, reject) => {
      this.#turns.add({ ...turn, work, resolve: resolve as (result: unknown) => void, reject })
      if (!this.#isServing) void this.#serve()
    })
  }

  async #serve(): Promise<void> {
    this.#isServing = true
    for (let job = this.#turns.next(); job; job = this.#turns.next()) {
      try {
        job.resolve(await this.#do(job))
      } catch (error) {
        job.reject(error)
      }
    }
    this.#isServing = false
  }

  async #do({ settings, isWrite, work }: Job): Promise<unknown> {
    const { line, time } = this.#options
    const unit = this.#unit(settings.unit)
    const restMs = unit.restsUntil - time.monotonic()
    if (unit.silences >= silencesMax && restMs > 0 && this.#isShared) {
      const when = `it is asked again in ${Math.ceil(restMs / 1000)} s`
      throw new TimedOut(`unit ${settings.unit} on ${line.name} does not answer; ${when}`)
    }
    return work(async (send) => {
      if (unit.doubt) await this.#settle(settings, unit.doubt)
      return this.#attempt(settings, send, isWrite ? 1 : attemptsMax)
    })
  }

  async #attempt<T>(settings: UnitSettings, send: Send<T>, attempts: number): Promise<T> {
    try {
      return await this.#ask(settings, send)
    } catch (error) {
      if (!(error instanceof DamagedAnswer) || attempts <= 1) throw error
      return this.#attempt(settings, send, attempts - 1)
    }
  }

  async #ask<T>(settings: UnitSettings, send: Send<T>): Promise<T> {
    const { time, frameGapMs } = this.#options
    await pause(time, this.#exchange.lastByteAt + frameGapMs - time.monotonic())
    try {
      const answer = await this.#exchange.ask(settings.unit, send, settings.responseTimeoutMs)
      this.#answered(settings)
      return answer
    } catch (error) {
      if (exceptionOf(error) !== undefined) this.#answered(settings)
      else this.#notAnswered(settings, error)
      throw error
    }
  }

  #answered(settings: UnitSettings): void {
    this.#unit(settings.unit).silences = 0
    this.#silent.clear()
  }

  #notAnswered(settings: UnitSettings, error: unknown): void {
    const { time, hasTransactions, line } = this.#options
    const unit = this.#unit(settings.unit)
    const now = time.monotonic()
    if (!hasTransactions) unit.doubt ??= new Doubt(this.#exchange.lastRequest, now)
    if (!(error instanceof TimedOut)) return
    unit.silences++
    unit.restsUntil = now + settings.probeMs
    this.#silent.add(settings.unit)
    // Nobody answers any more: it may be the connection itself, which does not tell when a serial server was restarted.
    const isDead = [...this.#members].every(({ unit }) => this.#silent.has(unit))
    if (isDead && unit.silences >= silencesMax) void line.close()
  }

  /** Finds out what answers may still come, before anything is asked that they could be taken for. */
  async #settle(settings: UnitSettings, doubt: Doubt): Promise<void> {
    const { time } = this.#options
    const { responseTimeoutMs } = settings
    const isLongAgo = time.monotonic() - doubt.since > lateTimeouts * responseTimeoutMs
    if (!isLongAgo) {
      try {
        await this.#ask(settings, (modbus) => probe(modbus, doubt.next()))
      } catch (error) {
        if (exceptionOf(error) === undefined) throw error
        if (doubt.isExceptionAmbiguous) await pause(time, responseTimeoutMs)
      }
    }
    this.#unit(settings.unit).doubt = undefined
  }

  get #isShared(): boolean {
    return new Set([...this.#members].map(({ unit }) => unit)).size > 1
  }

  #unit(number: number): UnitState {
    const known = this.#options.units.get(number)
    if (known) return known
    const unit: UnitState = { silences: 0, restsUntil: 0, doubt: undefined }
    this.#options.units.set(number, unit)
    return unit
  }
}

function probe(modbus: Modbus, { functionCode, address, count }: Probe): Promise<unknown> {
  switch (functionCode) {
    case 1:
      return modbus.readCoils(address, count)
    case 2:
      return modbus.readDiscreteInputs(address, count)
    case 4:
      return modbus.readInputRegisters(address, count)
    default:
      return modbus.readHoldingRegisters(address, count)
  }
}
