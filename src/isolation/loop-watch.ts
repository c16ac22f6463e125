import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  type Blockage,
  beatMs,
  blockedMs,
  cell,
  type FromWatcher,
  newCells,
  type ToWatcher,
  type WatcherData,
} from './watch-cells.ts'

/** A step that kept the event loop busy. */
export interface BlockedLoop {
  readonly pipeline: string
  readonly step: string
  readonly durationMs: number
}

/** An execution whose steps are watched. */
export interface Watched {
  readonly pipeline: string
  /** Names of the steps by the index of their operation. */
  readonly steps: readonly string[]
  /** Whether its steps are not all known to be quick, so that watching is worth a thread. */
  readonly isDoubtful: boolean
}

/** Whom the watch tells. */
export interface LoopWatchHost {
  readonly onBlocked: (blocked: BlockedLoop) => void
  /** The loop was blocked by something that is no step, or before anybody could see by what. */
  readonly onStalled: (durationMs: number) => void
}

/**
 * Watches the event loop: a step that computes for more than 200 ms is named. The main thread leaves its mark in shared memory,
 * and a thread of its own looks at the mark whenever the loop stands still. The thread is started when a step is doubtful, or
 * when the loop has stood still for the first time.
 */
export class LoopWatch {
  /** Where executions leave their marks. */
  readonly cells: Int32Array = newCells()
  readonly #host: LoopWatchHost
  readonly #endHungMs: number | undefined
  readonly #watchedByNumber = new Map<number, Watched>()
  readonly #timer: NodeJS.Timeout
  #worker: Worker | undefined
  #last = performance.now()
  #lastNumber = 0
  #isWatching = false
  #isClosed = false

  /**
   * `endHungMs`: the process is ended when its loop has stood still for so long, in milliseconds; for one that somebody starts
   * anew. Without it, it is left alone.
   */
  constructor(host: LoopWatchHost, { endHungMs }: { readonly endHungMs?: number | undefined } = {}) {
    this.#host = host
    this.#endHungMs = endHungMs
    if (endHungMs !== undefined) this.#start()
    this.#timer = setInterval(() => this.#beat(), beatMs)
    this.#timer.unref()
  }

  /** Whether there is a thread that looks; it takes a moment to come up. */
  get isWatching(): boolean {
    return this.#isWatching
  }

  /** Gives an execution its number. */
  enlist(watched: Watched): number {
    const execution = ++this.#lastNumber
    this.#watchedByNumber.set(execution, watched)
    if (watched.isDoubtful && !this.#worker) this.#start()
    else this.#tell({ kind: 'enlisted', execution, ...watched })
    return execution
  }

  /** An execution has ended. */
  release(execution: number): void {
    this.#watchedByNumber.delete(execution)
    this.#tell({ kind: 'released', execution })
  }

  /** Looks no more. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#worker?.terminate()
  }

  #beat(): void {
    const now = performance.now()
    const lateMs = now - this.#last - beatMs
    this.#last = now
    Atomics.add(this.cells, cell.beat, 1)
    if (lateMs <= blockedMs || this.#isWatching) return
    this.#host.onStalled(lateMs)
    if (!this.#worker) this.#start()
  }

  #start(): void {
    if (this.#isClosed) return
    const worker = new Worker(new URL(`./watch-thread${extname(import.meta.url)}`, import.meta.url), {
      workerData: { cells: this.cells, endHungMs: this.#endHungMs } satisfies WatcherData,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    })
    worker.on('message', (message: FromWatcher) => {
      if (message.kind === 'blocked') this.#blocked(message)
      else this.#isWatching = true
    })
    // Watching is a service; without it everything else goes on.
    worker.on('error', () => {
      this.#isWatching = false
    })
    worker.unref()
    this.#worker = worker
    for (const [execution, watched] of this.#watchedByNumber) this.#tell({ kind: 'enlisted', execution, ...watched })
  }

  #tell(message: ToWatcher): void {
    this.#worker?.postMessage(message)
  }

  #blocked({ execution, operation, durationMs }: Blockage): void {
    const watched = this.#watchedByNumber.get(execution)
    const step = watched?.steps[operation]
    if (watched && step) this.#host.onBlocked({ pipeline: watched.pipeline, step, durationMs })
    else this.#host.onStalled(durationMs)
  }
}
