import { Worker } from 'node:worker_threads'
import type { ConnectOptions, SqlConnection, SqlRow } from './connection.ts'
import type { SqlChanges, SqlValue } from './driver.ts'
import type { WorkerAnswer, WorkerRequest } from './node-sqlite-message.ts'
import { sqlError } from './sql-error.ts'

/** Opens a connection of Node's own SQLite in a worker thread of its own, because it knows only calls that block. */
export async function connectNodeSqlite(options: ConnectOptions): Promise<SqlConnection> {
  const worker = new Worker(new URL('./node-sqlite-worker.ts', import.meta.url), { workerData: options })
  const connection = new NodeSqliteConnection(options.file, worker)
  try {
    await connection.open()
    return connection
  } catch (error) {
    await worker.terminate()
    throw error
  }
}

class NodeSqliteConnection implements SqlConnection {
  readonly #file: string
  readonly #worker: Worker
  /** Settles the request that the worker has; there is one at a time. */
  #settle: ((answer: WorkerAnswer) => void) | undefined
  #isEnded = false

  constructor(file: string, worker: Worker) {
    this.#file = file
    this.#worker = worker
    worker.on('message', (answer: WorkerAnswer) => this.#answered(answer))
    worker.on('error', (error: Error) => this.#answered({ resultCode: 1, message: error.message }))
    worker.on('exit', () => {
      this.#isEnded = true
      this.#answered({ resultCode: 1, message: 'its thread has ended' })
    })
    worker.unref()
  }

  open(): Promise<unknown> {
    return this.#ask({ call: 'open' })
  }

  async exec(sql: string): Promise<void> {
    await this.#ask({ call: 'exec', sql })
  }

  run(sql: string, parameters: readonly SqlValue[]): Promise<SqlChanges> {
    return this.#ask({ call: 'run', sql, parameters })
  }

  all(sql: string, parameters: readonly SqlValue[]): Promise<SqlRow[]> {
    return this.#ask({ call: 'all', sql, parameters })
  }

  async close(): Promise<void> {
    if (this.#isEnded) return
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    await this.#ask({ call: 'close' })
    this.#worker.ref()
    await ended
  }

  #ask<T>(request: WorkerRequest): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isEnded) {
        reject(sqlError(this.#file, 1, new Error('its thread has ended')))
        return
      }
      this.#settle = (answer) => {
        if ('resultCode' in answer) reject(sqlError(this.#file, answer.resultCode, new Error(answer.message)))
        else resolve(answer.result as T)
      }
      // An idle database does not keep the process alive, a pending statement does.
      this.#worker.ref()
      this.#worker.postMessage(request)
    })
  }

  #answered(answer: WorkerAnswer): void {
    const settle = this.#settle
    this.#settle = undefined
    if (!this.#isEnded) this.#worker.unref()
    settle?.(answer)
  }
}
