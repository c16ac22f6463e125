import type { SqlDriver, SqlReader } from '../../sqlite/driver.ts'

/** A few connections that read in turn, opened when they are needed first. */
export class Readers {
  readonly #driver: SqlDriver
  readonly #size: number
  readonly #readers: Promise<SqlReader>[] = []
  #next = 0

  constructor(driver: SqlDriver, size: number) {
    this.#driver = driver
    this.#size = size
  }

  /** The connection whose turn it is; one that could not be opened is tried again. */
  async take(): Promise<SqlReader> {
    const turn = this.#next++ % this.#size
    const known = this.#readers[turn]
    if (known) return known
    const opening = this.#driver.reader()
    this.#readers[turn] = opening
    opening.catch(() => delete this.#readers[turn])
    return opening
  }
}
