import { NotConnected, TimedOut } from 'millrace/plugin'
import type { Line } from '../line/line.ts'
import type { Cancel, Time } from '../line/time.ts'
import type { Framer } from './framer.ts'

/** What a conversation needs. */
export interface ConversationOptions {
  readonly line: Line
  readonly framer: Framer
  readonly time: Time
  readonly silenceMs: number
  readonly responseTimeoutMs: number
  /** Whether the line gives back what is sent. */
  readonly hasEcho: boolean
  /** Hears each frame that nobody waits for. */
  readonly onFrame: (payload: Buffer) => void
}

/** Something that is sent, and how its answer is known: what `accept` makes of a frame, unless that is undefined. */
export interface Question<T> {
  readonly bytes: Buffer
  /** Absent when no answer is to be waited for. */
  readonly accept?: (payload: Buffer) => T | undefined
  readonly isWrite: boolean
  /** For messages: what was asked. */
  readonly what: string
}

interface Waiting {
  readonly isWrite: boolean
  readonly begin: () => Promise<void>
}

const waitingMax = 200

/** Frames on a line, and one question at a time: writes before reads. */
export class Conversation {
  readonly #options: ConversationOptions
  readonly #queue: Waiting[] = []
  #isBusy = false
  #hear: ((payload: Buffer) => boolean) | undefined
  #fail: ((error: Error) => void) | undefined
  #cancelSilence: Cancel | undefined
  #echo: Buffer = Buffer.alloc(0)
  #lostBecause: string | undefined

  constructor(options: ConversationOptions) {
    this.#options = options
    options.line.listen((bytes) => this.#received(bytes))
    void options.line.lost.then((reason) => {
      this.#lostBecause = reason
      this.#cancelSilence?.()
      this.#fail?.(new NotConnected(reason))
    })
  }

  /** Resolves with the reason when the line is lost or closed. */
  get lost(): Promise<string> {
    return this.#options.line.lost
  }

  /** Sends something and resolves to its answer; rejects with TimedOut, or with what `accept` throws. */
  ask<T>(question: Question<T>): Promise<T | undefined> {
    if (this.#queue.length >= waitingMax)
      return Promise.reject(new Error(`${waitingMax} commands wait; ask less often`))
    return new Promise((resolve, reject) => {
      const begin = () => this.#exchange(question).then(resolve, reject)
      const at = question.isWrite ? this.#queue.findIndex(({ isWrite }) => !isWrite) : -1
      this.#queue.splice(at < 0 ? this.#queue.length : at, 0, { isWrite: question.isWrite, begin })
      void this.#next()
    })
  }

  /** Closes the line. */
  close(): Promise<void> {
    this.#cancelSilence?.()
    return this.#options.line.close()
  }

  async #next(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) await next.begin()
    this.#isBusy = false
  }

  async #exchange<T>({ bytes, accept, what }: Question<T>): Promise<T | undefined> {
    const { line, time, framer, responseTimeoutMs, hasEcho } = this.#options
    if (this.#lostBecause !== undefined) throw new NotConnected(this.#lostBecause)
    let cancel: Cancel | undefined
    try {
      return await new Promise<T | undefined>((resolve, reject) => {
        this.#fail = reject
        if (accept) {
          // What came before the question cannot be its answer.
          framer.clear()
          this.#hear = hearing(accept, { resolve, reject })
          const message = `${line.name} did not answer ${what} within ${responseTimeoutMs} ms`
          cancel = time.after(responseTimeoutMs, () => reject(new TimedOut(message)))
        }
        this.#echo = hasEcho ? bytes : Buffer.alloc(0)
        line.write(bytes)
        if (!accept) resolve(undefined)
      })
    } finally {
      cancel?.()
      this.#hear = undefined
      this.#fail = undefined
    }
  }

  #received(received: Buffer): void {
    const { framer, time, silenceMs } = this.#options
    const bytes = this.#withoutEcho(received)
    this.#cancelSilence?.()
    for (const payload of framer.take(bytes)) this.#frame(payload)
    this.#cancelSilence =
      framer.pendingLength > 0
        ? time.after(silenceMs, () => {
            for (const payload of framer.silence()) this.#frame(payload)
          })
        : undefined
  }

  #frame(payload: Buffer): void {
    if (!this.#hear?.(payload)) this.#options.onFrame(payload)
  }

  #withoutEcho(received: Buffer): Buffer {
    let length = 0
    while (length < received.length && length < this.#echo.length && received[length] === this.#echo[length]) length++
    this.#echo =
      length > 0 && length < this.#echo.length && length === received.length
        ? this.#echo.subarray(length)
        : Buffer.alloc(0)
    return received.subarray(length)
  }
}

function hearing<T>(
  accept: (payload: Buffer) => T | undefined,
  { resolve, reject }: { resolve: (answer: T) => void; reject: (error: unknown) => void },
): (payload: Buffer) => boolean {
  return (payload) => {
    try {
      const answer = accept(payload)
      if (answer !== undefined) resolve(answer)
      return answer !== undefined
    } catch (error) {
      reject(error)
      return true
    }
  }
}
