import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { MillraceError } from '../../model/errors.ts'
import { Status } from '../../model/status.ts'
import type { FromThread, ToThread } from './message.ts'

/** Columns are freed when young objects are collected, and of those there are few: with more room they would pile up. */
const youngMiB = 4

/** What a thread is made with. */
export interface ReaderThreadOptions {
  /** MiB of values that it may have besides columns of numbers. */
  readonly memoryMiB: number
  readonly onMessage: (message: FromThread) => void
  /** It has ended by itself. */
  readonly onEnded: (reason: MillraceError) => void
}

/** One thread of long reads from its start to its end. It loads nothing native, so that ending it harms nobody. */
export class ReaderThread {
  readonly #worker: Worker
  #reason: MillraceError | undefined
  #isEnded = false

  constructor({ memoryMiB, onMessage, onEnded }: ReaderThreadOptions) {
    this.#worker = new Worker(new URL(`./reader-worker${extname(import.meta.url)}`, import.meta.url), {
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB, maxYoungGenerationSizeMb: youngMiB },
    })
    this.#worker.on('message', (message: FromThread) => {
      if (!this.#isEnded) onMessage(message)
    })
    this.#worker.on('error', (error: Error & { readonly code?: string }) => {
      this.#reason = reasonOf(error, memoryMiB)
    })
    this.#worker.on('exit', (code) => {
      if (this.#isEnded) return
      this.#isEnded = true
      onEnded(this.#reason ?? reasonOf(new Error(`exit code ${code}`), memoryMiB))
    })
    this.#worker.unref()
  }

  tell(message: ToThread): void {
    if (!this.#isEnded) this.#worker.postMessage(message)
  }

  /** An idle thread does not keep the process alive, a pending read does. */
  keepAlive(isNeeded: boolean): void {
    if (isNeeded) this.#worker.ref()
    else this.#worker.unref()
  }

  /** Ends it; resolves when it has ended. */
  async end(): Promise<void> {
    this.#isEnded = true
    await this.#worker.terminate()
  }
}

function reasonOf(error: Error & { readonly code?: string }, memoryMiB: number): MillraceError {
  const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  const what = isMemory ? `used more than ${memoryMiB} MiB of memory` : `crashed: ${error.message}`
  return new MillraceError('history-thread-ended', `the thread that reads history ${what}; ask for less at once`, {
    status: isMemory ? Status.BadOutOfMemory : Status.BadInternalError,
  })
}
