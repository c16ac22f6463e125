import type { ServerSession } from 'node-opcua'
import type { Clock } from '../../model/clock.ts'

/** A file that a client has open. */
export interface OpenFile {
  readonly session: ServerSession
  readonly isWriting: boolean
  content: Buffer
  position: number
  usedMs: number
}

/** Files that may be open at a time. */
const openMax = 10

/** A file that nobody uses for so long is closed, in milliseconds (ActivityTimeout, Part 12 §7.8.2.1). */
const idleMs = 60_000

/** The files of one object that are open, by their handles; those of sessions that have ended are closed. */
export class OpenFiles {
  readonly #files = new Map<number, OpenFile>()
  readonly #clock: Clock
  #last = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get count(): number {
    this.#closeIdle()
    return this.#files.size
  }

  get isWriting(): boolean {
    this.#closeIdle()
    return [...this.#files.values()].some(({ isWriting }) => isWriting)
  }

  /** Opens a file and gives its handle; undefined when too many are open. */
  open(session: ServerSession, isWriting: boolean, content: Buffer): number | undefined {
    if (this.count >= openMax) return undefined
    this.#last = (this.#last % 0x7fffffff) + 1
    const file: OpenFile = { session, isWriting, content, position: 0, usedMs: this.#clock.monotonic() }
    this.#files.set(this.#last, file)
    return this.#last
  }

  /** The file of a handle that this session has opened. */
  of(session: ServerSession, handle: unknown): OpenFile | undefined {
    this.#closeIdle()
    const file = typeof handle === 'number' ? this.#files.get(handle) : undefined
    if (file?.session !== session) return undefined
    file.usedMs = this.#clock.monotonic()
    return file
  }

  close(handle: unknown): void {
    if (typeof handle === 'number') this.#files.delete(handle)
  }

  #closeIdle(): void {
    const now = this.#clock.monotonic()
    for (const [handle, { session, usedMs }] of this.#files) {
      if (session.status !== 'active' || now - usedMs > idleMs) this.#files.delete(handle)
    }
  }
}
