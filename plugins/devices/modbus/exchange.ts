import { EventEmitter } from 'node:events'
import { NotConnected, TimedOut } from 'millrace/plugin'
import modbusSerial from 'modbus-serial'
import type { Line } from '../line/line.ts'
import type { Time } from '../line/time.ts'
import { expectedAnswer } from './answer.ts'
import { type Framing, withCrc } from './framing.ts'

/** A client of modbus-serial: it makes requests and reads answers. */
export type Modbus = InstanceType<typeof modbusSerial.default>

/** Asks one thing; the client is set to the right unit. */
export type Send<T> = (modbus: Modbus) => Promise<T>

/** Something came in place of an answer, and none of it can be trusted: a wrong checksum, half a frame, noise. */
export class DamagedAnswer extends Error {
  override readonly name = 'DamagedAnswer'
}

/** What an exchange needs. */
export interface ExchangeOptions {
  readonly line: Line
  readonly framing: Framing
  readonly time: Time
  /** Milliseconds that one character takes on the line; 0 where that does not matter. */
  readonly characterMs: number
}

/** More bytes than that under way to a peer that does not take them, and the line is given up. */
const pendingMax = 65_536

/**
 * One request and its answer at a time. modbus-serial makes and reads the frames; which answer belongs to which request is
 * decided here, because the library takes whatever comes with a fitting length.
 */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #port: Port
  readonly #modbus: Modbus
  #fail: ((error: Error) => void) | undefined
  #isDamaged = false
  #lastByteAt = Number.NEGATIVE_INFINITY
  #request: Buffer = Buffer.alloc(0)
  #isLost = false

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#port = new Port((request) => this.#begin(request))
    this.#modbus = new modbusSerial.default(this.#port)
    this.#modbus.on('error', () => {})
    this.#modbus.open(() => {})
    options.line.listen((bytes) => this.#received(bytes))
    void options.line.lost.then((reason) => {
      this.#isLost = true
      this.#fail?.(new NotConnected(reason))
    })
  }

  /** The last request, without header and checksum. */
  get lastRequest(): Buffer {
    return this.#request
  }

  /** Monotonic time at which the line was last in use. */
  get lastByteAt(): number {
    return this.#lastByteAt
  }

  /**
   * Asks a unit, whose answer has to begin in time. Rejects with TimedOut when nothing comes, with {@link DamagedAnswer} when nothing that comes is usable, with
   * NotConnected when the line is lost, and with the library's error when the unit answers with an exception.
   */
  async ask<T>(unit: number, send: Send<T>, responseTimeoutMs: number): Promise<T> {
    const { line, framing } = this.#options
    if (this.#isLost || line.pendingLength > pendingMax) throw new NotConnected(await this.#giveUp())
    this.#isDamaged = false
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    this.#modbus.setID(unit)
    const answered = send(this.#modbus)
    const cancel = this.#startTimeout(unit, responseTimeoutMs)
    try {
      return await Promise.race([answered, failed])
    } finally {
      cancel()
      this.#fail = undefined
      if (!framing.end()) await this.#giveUp()
    }
  }

  #begin(request: Buffer): void {
    const { line, framing } = this.#options
    this.#request = request
    line.write(framing.begin(request, expectedAnswer(request)))
    this.#lastByteAt = this.#options.time.monotonic()
  }

  #startTimeout(unit: number, responseTimeoutMs: number): () => void {
    const { time, characterMs, line } = this.#options
    const characters = this.#request.length + expectedAnswer(this.#request).length + 4
    return time.after(responseTimeoutMs + characters * characterMs, () => {
      const what = `unit ${unit} on ${line.name}`
      this.#fail?.(
        this.#isDamaged
          ? new DamagedAnswer(`what ${what} answered is damaged; check its cable, speed and parity`)
          : new TimedOut(`${what} did not answer within ${responseTimeoutMs} ms`),
      )
    })
  }

  #received(bytes: Buffer): void {
    const { framing, line, time } = this.#options
    this.#lastByteAt = time.monotonic()
    const verdict = framing.take(bytes)
    switch (verdict.kind) {
      case 'answer':
        this.#port.answered(verdict.frame)
        return
      case 'waiting':
        this.#isDamaged ||= verdict.isDamaged
        return
      case 'wrong':
        this.#fail?.(new Error(`${line.name}: ${verdict.reason}`))
        return
      case 'lost':
        this.#fail?.(new NotConnected(`${line.name}: ${verdict.reason}`))
        void this.#giveUp()
        return
      default:
        verdict satisfies never
    }
  }

  async #giveUp(): Promise<string> {
    const { line } = this.#options
    await line.close()
    return line.lost
  }
}

const crcLength = 2

/**
 * The port that modbus-serial writes to and hears from. It always speaks of the same transaction: the library keeps one entry
 * for each number, for ever, and there is only one request at a time.
 */
class Port extends EventEmitter {
  readonly isOpen = true
  _transactionIdRead = 1
  _transactionIdWrite = 1
  readonly #send: (request: Buffer) => void

  constructor(send: (request: Buffer) => void) {
    super()
    this.#send = send
  }

  open(opened: () => void): void {
    opened()
  }

  write(bytes: Buffer): void {
    this.#send(bytes.subarray(0, -crcLength))
  }

  /** Gives the library a frame that is known to be the answer. */
  answered(frame: Buffer): void {
    this.emit('data', withCrc(frame))
  }
}
