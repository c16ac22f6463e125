import { stat } from 'node:fs/promises'
import type { Clock } from '../../model/clock.ts'
import { isMillraceError, MillraceError, messageOf } from '../../model/errors.ts'
import { Status } from '../../model/status.ts'
import { moveAside } from '../../sqlite/move-aside.ts'
import type { DatabaseNotice } from '../../sqlite/open-migrated.ts'
import type { Corruption } from '../store/around.ts'
import { type OpenedHistory, openHistory } from '../store/sqlite-history.ts'

/** How a history is kept open. */
export interface HistoryFileOptions {
  readonly file: string
  readonly clock: Clock
  /** How long a statement waits for another process, in milliseconds. */
  readonly busyTimeoutMs?: number | undefined
  /** Pause after an attempt to open that has failed; whoever asks meanwhile gets the same answer. */
  readonly retryMs?: number | undefined
  /** Least time between two new files in place of damaged or missing ones. */
  readonly replaceMs?: number | undefined
  /** Pages that the file may have; unlimited when absent. */
  readonly pagesMax?: number | undefined
  /**
   * Called with each history that was opened, before anybody else gets it. `isBroken` tells that it does not hold everything
   * that was there before: samples that were acknowledged are gone.
   */
  readonly prepare: (opened: OpenedHistory, isBroken: boolean) => Promise<void>
  readonly onNotice?: ((notice: DatabaseNotice) => void) | undefined
  readonly onCorruption?: ((corruption: Corruption) => void) | undefined
  /** Called when the database has failed so that it is closed, and opened again by whoever asks next. */
  readonly onFailure?: ((error: MillraceError) => void) | undefined
}

/** Failures after which only a newly opened database tells how things are. */
const reopening: ReadonlySet<string> = new Set([
  'database-corrupt',
  'database-read-only',
  'database-disk',
  'file-unreadable',
])

const defaults = { busyTimeoutMs: 2000, retryMs: 1000, replaceMs: 60_000 }

/** Where a file is: another one under the same name has another. */
type Identity = string | undefined

interface Current {
  readonly opened: OpenedHistory
  readonly file: Identity
  /** The log is made with the first write. */
  log: Identity
}

/**
 * The database of the history that is in use now. It is opened when it is needed, watched while it is used, and opened
 * again after it has failed: a damaged file is moved aside and a new one begun, a file that was taken away under its open
 * connections is noticed before anything more is written into nowhere.
 */
export class HistoryFile {
  readonly #options: HistoryFileOptions
  readonly #times: typeof defaults
  #current: Current | undefined
  #opening: Promise<OpenedHistory> | undefined
  #closing: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown; readonly at: number } | undefined
  /** Damage that was met and not dealt with yet. */
  #damage: string | undefined
  /** A file was in use: that there is none now means that somebody took it away. */
  #wasUsed = false
  #replacedAt = Number.NEGATIVE_INFINITY
  /** When damage was met last that a look at the whole file did not find. */
  #sparedAt = Number.NEGATIVE_INFINITY
  /** Samples that were acknowledged are gone, and the history does not say so yet. */
  #isBroken = false
  /** What was in use when another file came in its place. */
  #gone: Current | undefined
  #isClosed = false

  constructor(options: HistoryFileOptions) {
    const { busyTimeoutMs, retryMs, replaceMs } = options
    this.#options = options
    this.#times = {
      busyTimeoutMs: busyTimeoutMs ?? defaults.busyTimeoutMs,
      retryMs: retryMs ?? defaults.retryMs,
      replaceMs: replaceMs ?? defaults.replaceMs,
    }
  }

  /** The database that is in use now. It rejects with a code of the group "Database" when there is none. */
  async open(): Promise<OpenedHistory> {
    const current = this.#current
    const missing = current && (await this.#missingOf(current))
    if (current && !missing) return current.opened
    if (current && missing && this.#current === current) this.#tookAway(current, missing)
    this.#opening ??= this.#openAnew().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** Works with the database that is in use now; what goes wrong with it decides whether it stays in use. */
  async ask<T>(work: (opened: OpenedHistory) => Promise<T>): Promise<T> {
    const opened = await this.open()
    try {
      return await work(opened)
    } catch (error) {
      const isOther = this.#current?.opened !== opened
      // Somebody else has met a failure meanwhile, and what is in use now is another one.
      if (isMillraceError(error, 'database-closed') && isOther && !this.#isClosed) return this.ask(work)
      this.#failed(opened, error)
      throw error
    }
  }

  /** Looks whether the file is still sound, as far as that costs next to nothing; opens it when it is not open. */
  async probe(): Promise<void> {
    await this.ask(({ store }) => store.check())
  }

  /** Bytes of the file and its log. */
  async size(): Promise<number> {
    const sizes = await Promise.all(['', '-wal'].map((part) => statOf(`${this.#options.file}${part}`)))
    return sizes.reduce((sum, each) => sum + (each?.size ?? 0), 0)
  }

  /** Nothing can be asked after this. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#opening?.catch(() => undefined)
    if (this.#current) this.#drop(this.#current)
    await this.#closing
  }

  async #openAnew(): Promise<OpenedHistory> {
    const { clock, prepare } = this.#options
    this.#assertOpen()
    if (this.#failure && clock.monotonic() - this.#failure.at < this.#times.retryMs) throw this.#failure.error
    try {
      await this.#closing
      if (this.#gone) await this.#setLogAside(this.#gone)
      this.#assertOpen()
      const opened = await this.#openFile()
      try {
        await prepare(opened, this.#isBroken)
        this.#isBroken = false
        this.#current = { opened, ...(await this.#identities()) }
      } catch (error) {
        await opened.store.close()
        throw error
      }
      this.#failure = undefined
      this.#wasUsed = true
      return opened
    } catch (error) {
      this.#failure = { error, at: clock.monotonic() }
      throw error
    }
  }

  async #openFile(): Promise<OpenedHistory> {
    const { file, clock, pagesMax, onCorruption, onNotice } = this.#options
    const { busyTimeoutMs, replaceMs } = this.#times
    const canReplace = clock.monotonic() - this.#replacedAt >= replaceMs
    const isMissing = this.#wasUsed && ((await statOf(file))?.size ?? 0) === 0
    if (isMissing && !canReplace) {
      throw new MillraceError(
        'database-corrupt',
        `${file} was taken away or emptied again; a new one is started in a while`,
      )
    }
    // Damage that comes again although the file looked sound is believed.
    const isBelieved = this.#damage !== undefined && clock.monotonic() - this.#sparedAt < replaceMs
    const checkedMaxBytes = isBelieved ? 0 : undefined
    const damage = { metDamage: this.#damage, canMoveAside: canReplace, checkedMaxBytes }
    const opened = await openHistory({ file, clock, busyTimeoutMs, pagesMax, onCorruption, ...damage })
    for (const notice of opened.notices) onNotice?.(notice)
    const isMovedAside = opened.notices.some(({ kind }) => kind === 'movedAside')
    if (isMovedAside || isMissing) this.#replacedAt = clock.monotonic()
    else if (this.#damage !== undefined) this.#sparedAt = clock.monotonic()
    this.#damage = undefined
    const isSaved = opened.notices.some((notice) => notice.kind === 'salvaged' && notice.isWhole)
    this.#isBroken ||= isMissing || (isMovedAside && !isSaved)
    return opened
  }

  #failed(opened: OpenedHistory, error: unknown): void {
    const current = this.#current
    if (current?.opened !== opened || !isMillraceError(error) || !reopening.has(error.code)) return
    if (error.code === 'database-corrupt') this.#damage = messageOf(error.cause ?? error)
    this.#drop(current)
    this.#options.onFailure?.(error)
  }

  #tookAway(current: Current, what: 'file' | 'log'): never {
    const { file } = this.#options
    this.#drop(current)
    this.#gone = current
    const message =
      what === 'file'
        ? `${file} was taken away or replaced while it was in use; put it back while the plant stands still`
        : `the log of ${file} was taken away while it was in use; it is written back, leave ${file}-wal alone`
    const error = new MillraceError('database-corrupt', message)
    this.#options.onFailure?.(error)
    throw error
  }

  /** The log of a file that is in place is written back when the connections close. */
  #drop(current: Current): void {
    this.#current = undefined
    this.#closing = current.opened.store.close().catch(() => undefined)
  }

  /** A log that belongs to a file which is gone would be read into the one that has come in its place. */
  async #setLogAside(gone: Current): Promise<void> {
    const { file, clock, onNotice } = this.#options
    const now = await this.#identities()
    if (now.file === undefined || now.file === gone.file || now.log === undefined || now.log !== gone.log) {
      this.#gone = undefined
      return
    }
    const movedTo = await moveAside(file, clock.now(), ['-wal', '-shm'])
    const message = `${file} is another one; the log of the one before was moved to ${movedTo}-wal`
    this.#gone = undefined
    onNotice?.({ kind: 'movedAside', message, movedTo, reason: 'its database was replaced' })
  }

  /** What is not in its place any more. */
  async #missingOf(current: Current): Promise<'file' | 'log' | undefined> {
    const { file, log } = await this.#identities()
    if (file !== current.file) return 'file'
    current.log ??= log
    return log === current.log ? undefined : 'log'
  }

  async #identities(): Promise<{ file: Identity; log: Identity }> {
    const { file } = this.#options
    const [main, log] = await Promise.all([statOf(file), statOf(`${file}-wal`)])
    return { file: main?.identity, log: log?.identity }
  }

  #assertOpen(): void {
    if (!this.#isClosed) return
    const message = 'the historian is closed; start the plant again first'
    throw new MillraceError('database-closed', message, { status: Status.BadShutdown })
  }
}

/** Looked at without being opened: closing a file here would take SQLite's locks on it away (sqlite.org/howtocorrupt.html §2.2). */
async function statOf(file: string): Promise<{ readonly identity: string; readonly size: number } | undefined> {
  try {
    const { dev, ino, size } = await stat(file, { bigint: true })
    return { identity: `${dev}:${ino}`, size: Number(size) }
  } catch {
    return undefined
  }
}
