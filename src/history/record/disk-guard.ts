import { statfs } from 'node:fs/promises'
import type { Cancel, Clock } from '../../model/clock.ts'

/** What there is on a disk, in bytes. */
export interface DiskSpace {
  readonly size: number
  /** What this program may still use. */
  readonly free: number
}

/** How much room a disk has: `low` asks for thrift, `full` ends recording, because the rest is for what matters more. */
export type DiskLevel = 'roomy' | 'low' | 'full'

const mebibyte = 1024 * 1024

/**
 * Below these a disk is low or full: a part of its size, but never more than so many bytes, because on a large disk a few
 * percent are room for years. With room again, the level changes when there is a quarter more than that.
 */
const limits = {
  low: { part: 0.1, bytesMax: 2048 * mebibyte },
  full: { part: 0.02, bytesMax: 256 * mebibyte },
} as const

const hysteresis = 1.25

/** Bytes below which a disk is low or full. */
function limitOf(level: keyof typeof limits, { size }: DiskSpace): number {
  const { part, bytesMax } = limits[level]
  return Math.min(size * part, bytesMax)
}

/** Bytes with which a full disk is not full any more. */
export function enoughOf(space: DiskSpace): number {
  return limitOf('full', space) * hysteresis
}

/** The level of a disk that had another one before. */
export function levelOf(space: DiskSpace, before: DiskLevel): DiskLevel {
  const isBelow = (level: keyof typeof limits, factor: number) => space.free < limitOf(level, space) * factor
  if (isBelow('full', before === 'full' ? hysteresis : 1)) return 'full'
  return isBelow('low', before === 'roomy' ? 1 : hysteresis) ? 'low' : 'roomy'
}

/** What a guard watches. */
export interface DiskGuardOptions {
  readonly folder: string
  readonly clock: Clock
  /** Pause between two looks, in milliseconds. */
  readonly everyMs?: number | undefined
  /** Tells what there is on the disk of a folder; asks the operating system when absent. */
  readonly spaceOf?: ((folder: string) => Promise<DiskSpace>) | undefined
  /** Called after each look that was possible; the next one waits for it. */
  readonly onLook: (level: DiskLevel, space: DiskSpace) => Promise<void>
}

const everyMs = 3000

/** Looks every few seconds how much room a disk has, so that something can be done before it has none. */
export class DiskGuard {
  readonly #options: DiskGuardOptions
  #level: DiskLevel = 'roomy'
  #space: DiskSpace | undefined
  #timer: Cancel | undefined
  #look: Promise<void> | undefined
  #isStopped = true

  constructor(options: DiskGuardOptions) {
    this.#options = options
  }

  /** What there was at the last look; undefined before the first. */
  get space(): DiskSpace | undefined {
    return this.#space
  }

  get isWatching(): boolean {
    return !this.#isStopped
  }

  /** Looks now, and again and again. */
  start(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    void this.look()
  }

  /** Looks now; when it is looking already, that look counts. */
  look(): Promise<void> {
    this.#timer?.()
    this.#timer = undefined
    this.#look ??= this.#lookOnce().finally(() => {
      this.#look = undefined
      if (this.#isStopped) return
      this.#timer ??= this.#options.clock.after(this.#options.everyMs ?? everyMs, () => void this.look())
    })
    return this.#look
  }

  /** Looks no more; resolves when the look that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.()
    this.#timer = undefined
    await this.#look
  }

  async #lookOnce(): Promise<void> {
    const { folder, spaceOf = spaceOfDisk, onLook } = this.#options
    let space: DiskSpace
    try {
      space = await spaceOf(folder)
    } catch {
      // The folder is not there yet, or not any more; whoever uses it tells.
      return
    }
    this.#space = space
    this.#level = levelOf(space, this.#level)
    await onLook(this.#level, space)
  }
}

/** Asks the operating system what there is on the disk of a folder. */
export async function spaceOfDisk(folder: string): Promise<DiskSpace> {
  const { bsize, blocks, bavail } = await statfs(folder)
  return { size: blocks * bsize, free: bavail * bsize }
}
