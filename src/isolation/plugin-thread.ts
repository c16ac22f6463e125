import { extname } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Cancel, Clock } from '../model/clock.ts'
import { MillraceError } from '../model/errors.ts'
import { Status } from '../model/status.ts'
import type { FromThread, SentAnswer, SentLate, ThreadData, ToThread } from './message.ts'
import { hasBegun, newPulse, running } from './pulse.ts'

/** A thread that has not loaded its module after this time is ended. */
const startMs = 10_000

/** A thread that is not computing, but does not begin what it is asked either, is ended after so much time more. */
const graceMs = 1000

/** Times are rounded by the machine; a turn is late when it is late by more than this. */
const toleranceMs = 2

const mebibyte = 2 ** 20

/**
 * Takes back what the program itself was given on its command line or in NODE_OPTIONS.
 *
 * V8 prefers such a flag to the limit of a thread, so that a plugin could take as much as the whole program may. The heap of the
 * program has its limit already, and reads the flags no more.
 */
function takeBackHeapFlags(): void {
  setFlagsFromString('--max-old-space-size=0')
  setFlagsFromString('--max-heap-size=0')
}

/** What a thread needs, and whom it tells. */
export interface ThreadHost {
  readonly url: string
  readonly origin: string
  /** What messages call it. */
  readonly name: string
  readonly memoryMiB: number
  readonly clock: Clock
  readonly onReady: () => void
  /** It has ended, for a reason; not told after {@link PluginThread.end}. */
  readonly onEnded: (reason: MillraceError) => void
  readonly onLate: (step: number, late: SentLate) => void
  /** It wrote to its standard output or error. */
  readonly onText: (text: string) => void
}

interface Question {
  readonly id: number
  readonly owner: string
  readonly deadlineMs: number
  readonly resolve: (answer: SentAnswer) => void
  readonly reject: (error: unknown) => void
  cancel: Cancel
  /** How long it has waited beyond its deadline for a thread that does not seem to compute. */
  graceUsedMs: number
}

/** One worker thread from its start to its end. */
export class PluginThread {
  readonly #host: ThreadHost
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #pulse = newPulse()
  readonly #questions = new Map<number, Question>()
  #cancelStart: Cancel
  #lastId = 0
  #isEnded = false

  constructor(host: ThreadHost) {
    this.#host = host
    const { url, origin, memoryMiB, clock } = host
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    takeBackHeapFlags()
    const data: ThreadData = { url, origin, externalMax: memoryMiB * mebibyte, port: port2, pulse: this.#pulse }
    this.#worker = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), {
      workerData: data,
      transferList: [port2],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB, maxYoungGenerationSizeMb: Math.max(4, memoryMiB / 8) },
      stdout: true,
      stderr: true,
    })
    this.#listen()
    this.#cancelStart = clock.after(startMs, () =>
      this.#lose(this.#reason('timed-out', `did not load within ${startMs / 1000} s`, Status.BadTimeout)),
    )
  }

  /** Tells something that needs no answer. Throws when it cannot be cloned. */
  tell(message: Exclude<ToThread, { readonly id: number }>): void {
    if (!this.#isEnded) this.#port.postMessage(message)
  }

  /** Asks for a turn of a step; rejects with what the plugin throws, or with the reason why the thread ended. */
  ask(
    turn: { readonly step: number } & Pick<Extract<ToThread, { readonly kind: 'turn' }>, 'inputs' | 'moment'>,
    { owner, deadlineMs }: { readonly owner: string; readonly deadlineMs: number },
  ): Promise<SentAnswer> {
    const id = this.#nextId()
    // Before the promise is made, so that what cannot be cloned is thrown at once.
    this.#port.postMessage({ kind: 'turn', id, ...turn } satisfies ToThread)
    return this.#await(id, owner, deadlineMs)
  }

  /** Finds out whether it still answers, between the turns. */
  ping(deadlineMs: number): void {
    if (this.#isEnded || this.#questions.size > 0) return
    const id = this.#nextId()
    this.#port.postMessage({ kind: 'ping', id } satisfies ToThread)
    this.#await(id, 'a question', deadlineMs).catch(() => {})
  }

  /** Ends it without a reason; resolves when it has ended. */
  async end(): Promise<void> {
    this.#leave(new MillraceError('cancelled', `the thread of ${this.#host.name} was ended because nobody needs it`))
    await this.#worker.terminate()
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 0x7fff_ffff) + 1
    return this.#lastId
  }

  #await(id: number, owner: string, deadlineMs: number): Promise<SentAnswer> {
    return new Promise((resolve, reject) => {
      const question: Question = { id, owner, deadlineMs, resolve, reject, cancel: () => {}, graceUsedMs: 0 }
      this.#questions.set(id, question)
      this.#arm(question, deadlineMs)
    })
  }

  #arm(question: Question, delayMs: number): void {
    question.cancel = this.#host.clock.after(delayMs, () => this.#expire(question))
  }

  #listen(): void {
    this.#port.on('message', (message: FromThread) => this.#receive(message))
    this.#worker.on('error', (error: Error & { readonly code?: string }) => this.#crash(error))
    this.#worker.on('exit', (code) =>
      this.#lose(this.#reason('plugin-ended', `ended by itself with exit code ${code}`, Status.BadInternalError)),
    )
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#host.onText(text))
    }
    this.#worker.unref()
    this.#port.unref()
  }

  #receive(message: FromThread): void {
    if (this.#isEnded) return
    switch (message.kind) {
      case 'ready':
        this.#cancelStart()
        this.#host.onReady()
        break
      case 'unusable':
        this.#lose(this.#reason('plugin-ended', `cannot be loaded: ${message.message}`, Status.BadConfigurationError))
        break
      case 'overfull':
        this.#lose(this.#tooMuchMemory())
        break
      case 'late':
        this.#host.onLate(message.step, message)
        break
      case 'answered':
        this.#take(message.id)?.resolve(message.answer)
        break
      case 'failed':
        this.#take(message.id)?.reject(Object.assign(new Error(message.message), { status: message.status }))
        break
      default:
        message satisfies never
    }
  }

  #take(id: number): Question | undefined {
    const question = this.#questions.get(id)
    this.#questions.delete(id)
    question?.cancel()
    return question
  }

  /**
   * The time of a question is over. Who is late is not always who is to blame: it may have waited for the turn of another
   * step, or its answer may wait here, because this thread was busy.
   */
  #expire(question: Question): void {
    this.#drain()
    if (this.#isEnded || !this.#questions.has(question.id)) return
    const now = running(this.#pulse)
    if (now) {
      const culprit = this.#questions.get(now.id) ?? question
      const leftMs = culprit.deadlineMs - now.forMs
      if (leftMs > -toleranceMs) this.#arm(question, Math.max(1, leftMs + toleranceMs))
      else this.#lose(this.#late(culprit))
      return
    }
    if (hasBegun(this.#pulse, question.id)) {
      // It awaits something. The thread is well, so nobody else has to suffer.
      this.#take(question.id)?.reject(this.#late(question))
      return
    }
    if (question.graceUsedMs >= graceMs) this.#lose(this.#late(question))
    else {
      const stepMs = graceMs / 4
      question.graceUsedMs += stepMs
      this.#arm(question, stepMs)
    }
  }

  #drain(): void {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#receive(next.message as FromThread)
    }
  }

  #crash(error: Error & { readonly code?: string }): void {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#lose(this.#tooMuchMemory())
    else this.#lose(this.#reason('plugin-ended', `crashed: ${error.message ?? error}`, Status.BadInternalError))
  }

  #late({ owner, deadlineMs }: Question): MillraceError {
    return this.#reason('timed-out', `did not answer ${owner} within ${deadlineMs} ms`, Status.BadTimeout)
  }

  #tooMuchMemory(): MillraceError {
    return this.#reason('plugin-ended', `used more than ${this.#host.memoryMiB} MiB of memory`, Status.BadOutOfMemory)
  }

  #reason(code: 'timed-out' | 'plugin-ended', what: string, status: number): MillraceError {
    return new MillraceError(code, `the thread of ${this.#host.name} ${what}`, { status })
  }

  #lose(reason: MillraceError): void {
    if (this.#isEnded) return
    this.#leave(reason)
    void this.#worker.terminate()
    this.#host.onEnded(reason)
  }

  #leave(reason: MillraceError): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#cancelStart()
    this.#port.close()
    for (const id of [...this.#questions.keys()]) this.#take(id)?.reject(reason)
  }
}
