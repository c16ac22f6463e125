import { randomFillSync } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import type { DiskSpace } from './disk-guard.ts'

/** Bytes of a ballast: what a checkpoint and a round of forgetting need, with something left for `meta.db`. */
const ballastBytes = 8 * 1024 * 1024
/** On a small disk it is no more than this part of it. */
const ballastPart = 0.01
const pieceBytes = 1024 * 1024

/**
 * A file that takes up room and is given up when the disk is full: deleting rows and writing the log back need room too,
 * so without it a full disk could not be emptied by the historian itself.
 */
export class Ballast {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** Takes the room, when it has not. A ballast that cannot be made is none; the next roomy look tries again. */
  async hold(space: DiskSpace): Promise<void> {
    const bytes = bytesOf(space)
    const draft = `${this.#file}.part`
    try {
      if ((await sizeOf(this.#file)) >= bytes) return
      await write(draft, bytes)
      await rename(draft, this.#file)
    } catch {
      await rm(draft, { force: true }).catch(() => undefined)
    }
  }

  /** Bytes that it should have and has not. */
  async lackingOf(space: DiskSpace): Promise<number> {
    return Math.max(0, bytesOf(space) - (await sizeOf(this.#file)))
  }

  /** Gives the room back, and tells whether there was any. */
  async release(): Promise<boolean> {
    try {
      const hadRoom = (await sizeOf(this.#file)) > 0
      await rm(this.#file, { force: true })
      return hadRoom
    } catch {
      return false
    }
  }
}

function bytesOf({ size }: DiskSpace): number {
  return Math.min(ballastBytes, Math.floor(size * ballastPart))
}

/** Random bytes: a file system that compresses or leaves holes would keep no room for anything else. */
async function write(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, bytes))
    for (let left = bytes; left > 0; left -= piece.length) {
      randomFillSync(piece)
      await handle.write(piece, 0, Math.min(left, piece.length))
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  )
}
