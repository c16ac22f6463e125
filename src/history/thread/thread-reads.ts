import { MillraceError } from '../../model/errors.ts'
import { Status } from '../../model/status.ts'
import type { Page } from '../history-store.ts'
import type { Reading } from '../read/reading.ts'
import type { ReadSource } from '../store/stored-reads.ts'
import { FairQueue } from './fair-queue.ts'
import type { Ask, FromThread, SentError } from './message.ts'
import { ReaderThread } from './reader-thread.ts'

/** Reads that share the thread, of all clients and of one: each waits for the file most of the time, and has a page in memory. */
const sharedMax = 8
const sharedPerClient = 2
/** Reads of one client that wait for their turn. */
const waitingPerClient = 100
const memoryMiB = 256

/** Who asks: reads of different clients take turns, and those of one that has gone are given up. */
export interface Asker {
  readonly by: object
  readonly signal?: AbortSignal | undefined
}

/** How the thread is watched; the default is right outside of tests. */
export interface ThreadReadsOptions {
  readonly memoryMiB?: number
  /** The thread has ended by itself; the next read starts another. */
  readonly onEnded?: (reason: MillraceError) => void
}

interface Job {
  readonly id: number
  readonly source: ReadSource
  readonly reading: Reading
  readonly by: object
  /** It was in a thread that has ended, beside others, one of which is to blame. */
  isSuspect: boolean
  readonly settle: (end: () => void) => void
  readonly resolve: (page: Page) => void
  readonly reject: (error: unknown) => void
}

/**
 * Reads in a thread of its own, which is started by the first read. When it ends by itself, a read that was alone in it fails; those
 * of several are tried once more, each alone, so that only the one to blame fails.
 */
export class ThreadReads {
  readonly #options: ThreadReadsOptions
  readonly #waiting = new FairQueue<Job>()
  readonly #active = new Map<number, Job>()
  #suspects: Job[] = []
  #thread: ReaderThread | undefined
  #lastId = 0
  #isClosed = false

  constructor(options: ThreadReadsOptions) {
    this.#options = options
  }

  /**
   * Reads. It rejects with what the source or the reading rejects with; with `history-busy` when the client has too many reads
   * waiting, `cancelled` when it has gone, `history-thread-ended`, and `database-closed` after {@link ThreadReads.close}.
   */
  read(source: ReadSource, reading: Reading, { by, signal }: Asker = { by: this }): Promise<Page> {
    if (this.#isClosed) return Promise.reject(closed())
    if (signal?.aborted) return Promise.reject(gone())
    if (this.#waiting.lengthOf(by) >= waitingPerClient) return Promise.reject(busy())
    return new Promise((resolve, reject) => {
      const leave = (): void => job.settle(() => reject(gone()))
      const job: Job = {
        ...{ id: ++this.#lastId, source, reading, by, isSuspect: false, resolve, reject },
        settle: (end) => {
          signal?.removeEventListener('abort', leave)
          this.#forget(job)
          end()
          this.#next()
        },
      }
      signal?.addEventListener('abort', leave)
      this.#waiting.add(by, job)
      this.#next()
    })
  }

  /** Ends the thread; what it has not answered rejects with `database-closed`. */
  async close(): Promise<void> {
    this.#isClosed = true
    const jobs = [...this.#active.values(), ...this.#suspects, ...this.#waiting.drain()]
    for (const job of jobs) job.settle(() => job.reject(closed()))
    await this.#thread?.end()
  }

  /** Starts what may be started now. */
  #next(): void {
    for (let job = this.#startable(); job; job = this.#startable()) this.#start(job)
    this.#thread?.keepAlive(this.#active.size > 0)
  }

  #startable(): Job | undefined {
    const active = [...this.#active.values()]
    if (this.#isClosed || active.length >= sharedMax || active.some(({ isSuspect }) => isSuspect)) return undefined
    if (this.#suspects.length > 0) return active.length === 0 ? this.#suspects.shift() : undefined
    return this.#waiting.take((owner) => active.filter(({ by }) => by === owner).length < sharedPerClient)
  }

  #start(job: Job): void {
    this.#active.set(job.id, job)
    try {
      this.#thread ??= this.#newThread()
      const { id, reading, source } = job
      this.#thread.tell({ kind: 'read', job: id, reading, memory: source.memory(reading.request.tag) })
    } catch (error) {
      // The machine may have no room for another thread.
      job.settle(() => job.reject(error))
    }
  }

  #newThread(): ReaderThread {
    const thread: ReaderThread = new ReaderThread({
      memoryMiB: this.#options.memoryMiB ?? memoryMiB,
      onMessage: (message) => this.#receive(thread, message),
      onEnded: (reason) => this.#lost(reason),
    })
    return thread
  }

  #receive(thread: ReaderThread, message: FromThread): void {
    const job = this.#active.get(message.job)
    switch (message.kind) {
      case 'memory':
      case 'rows':
        void this.#answer(thread, job, message)
        break
      case 'damaged':
        job?.source.onDamage(message.chunk)
        break
      case 'done':
        job?.settle(() => job.resolve(message.page))
        break
      case 'failed':
        job?.settle(() => job.reject(errorOf(message.error)))
        break
      default:
        message satisfies never
    }
  }

  /** Gives the thread what it asks for. When that fails the read has failed with it, whoever waits for it. */
  async #answer(thread: ReaderThread, job: Job | undefined, question: Ask & { readonly ask: number }): Promise<void> {
    const { ask } = question
    try {
      if (job) thread.tell({ kind: 'given', ask, value: await answerOf(job.source, question) })
      else thread.tell({ kind: 'refused', ask })
    } catch (error) {
      job?.settle(() => job.reject(error))
      thread.tell({ kind: 'refused', ask })
    }
  }

  #lost(reason: MillraceError): void {
    this.#thread = undefined
    this.#options.onEnded?.(reason)
    const jobs = [...this.#active.values()]
    this.#active.clear()
    const [only] = jobs
    if (only && jobs.length === 1) only.settle(() => only.reject(reason))
    for (const job of jobs.length > 1 ? jobs : []) {
      job.isSuspect = true
      this.#suspects.push(job)
    }
    this.#next()
  }

  #forget(job: Job): void {
    this.#active.delete(job.id)
    this.#suspects = this.#suspects.filter((each) => each !== job)
    this.#waiting.remove(job.by, job)
  }
}

async function answerOf(source: ReadSource, question: Ask): Promise<unknown> {
  if (question.kind === 'memory') return source.memory(question.tag)
  const sql = await source.reader()
  return sql.all(question.sql, question.parameters)
}

function errorOf({ message, code, status }: SentError): Error {
  return code ? new MillraceError(code, message, status === undefined ? {} : { status }) : new Error(message)
}

function busy(): MillraceError {
  const message = `${waitingPerClient} long reads of history wait for one client; wait for their answers first`
  return new MillraceError('history-busy', message, { status: Status.BadTooManyOperations })
}

function gone(): MillraceError {
  return new MillraceError('cancelled', 'whoever has asked for history has gone', {
    status: Status.BadRequestCancelledByClient,
  })
}

function closed(): MillraceError {
  return new MillraceError('database-closed', 'the history is closed; start the plant again first', {
    status: Status.BadShutdown,
  })
}
