import { dirname } from 'node:path'
import type { Clock } from '../../model/clock.ts'
import { messageOf } from '../../model/errors.ts'
import { Ballast } from './ballast.ts'
import {
  DiskGuard,
  type DiskGuardOptions,
  type DiskLevel,
  type DiskSpace,
  enoughOf,
  spaceOfDisk,
} from './disk-guard.ts'
import type { HistoryFile } from './history-file.ts'
import type { Recorder } from './recorder.ts'
import type { Retention } from './retention.ts'

/** What a watch looks after. */
export interface DiskWatchOptions extends Pick<DiskGuardOptions, 'everyMs' | 'spaceOf'> {
  /** Path of the database. */
  readonly path: string
  readonly clock: Clock
  readonly log: { info(message: string): void; warn(message: string): void }
  readonly file: Pick<HistoryFile, 'size' | 'probe' | 'ask'>
  readonly recorder: Pick<Recorder, 'hold' | 'release' | 'failed' | 'health'>
  readonly retention: Pick<Retention, 'hurry'>
}

/**
 * Looks after the disk of the history and after the file on it, every few seconds.
 *
 * | room | what is done |
 * |---|---|
 * | roomy | a ballast is held, see {@link Ballast} |
 * | low | old history is forgotten at once instead of once a minute, the log is written back |
 * | full | recording stops before the disk is really full, so that `meta.db` can still be written; the ballast is given up |
 */
export class DiskWatch {
  readonly #options: DiskWatchOptions
  readonly #ballast: Ballast
  readonly #guard: DiskGuard
  #level: DiskLevel = 'roomy'
  #databaseSize: number | undefined

  constructor(options: DiskWatchOptions) {
    const { path, clock, everyMs, spaceOf = spaceOfDisk } = options
    this.#options = options
    this.#ballast = new Ballast(`${path}.ballast`)
    this.#guard = new DiskGuard({
      ...{ folder: dirname(path), clock, everyMs },
      // What the ballast should have and has not is not free: recording would use it up, and it would never come back.
      spaceOf: async (folder) => {
        const space = await spaceOf(folder)
        return { ...space, free: Math.max(0, space.free - (await this.#ballast.lackingOf(space))) }
      },
      onLook: (level, space) => this.#looked(level, space),
    })
  }

  /** What the diagnostics tell. */
  figures(): { readonly databaseSize: number | undefined; readonly freeSpace: number | undefined } {
    return { databaseSize: this.#databaseSize, freeSpace: this.#guard.space?.free }
  }

  start(): void {
    this.#guard.start()
  }

  stop(): Promise<void> {
    return this.#guard.stop()
  }

  /** The historian is in trouble: a look tells whether it is the disk. */
  troubled(): void {
    if (this.#guard.isWatching) void this.#guard.look()
  }

  async #looked(level: DiskLevel, space: DiskSpace): Promise<void> {
    const { recorder, retention, file } = this.#options
    const isNew = level !== this.#level
    this.#level = level
    if (level === 'full') recorder.hold('Full', this.#fullness(space))
    const isFull = level === 'full' || recorder.health().state === 'Full'
    if (isFull && (await this.#ballast.release())) this.#options.log.info('the ballast of the history was given up')
    if (level === 'roomy' && !isFull) await this.#ballast.hold(space)
    if (level !== 'roomy' || isFull) retention.hurry()
    if (isNew) await this.#thrift(level, space)
    if (level !== 'full') recorder.release()
    this.#databaseSize = await file.size()
    await file.probe().catch((error: unknown) => recorder.failed(error))
  }

  /** Gives space back when there is little, and says so. */
  async #thrift(level: DiskLevel, { free }: DiskSpace): Promise<void> {
    const { file, log, path } = this.#options
    if (level === 'roomy') {
      log.info(`the disk of ${path} has enough room again`)
      return
    }
    if (level === 'low') log.warn(`the disk of ${path} has ${megabytes(free)} free; make room before it is full`)
    await file.ask(({ store }) => store.shrink()).catch((error: unknown) => log.warn(messageOf(error)))
  }

  #fullness(space: DiskSpace): string {
    const enough = megabytes(enoughOf(space))
    return `the disk of ${this.#options.path} has ${megabytes(space.free)} free; make room, history goes on by itself with ${enough}`
  }
}

function megabytes(bytes: number): string {
  const amount = bytes / 1_000_000
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} MB`
}
