import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SqlDriver } from '../../src/sqlite/driver.ts'
import { type OpenOptions, openDatabase } from '../../src/sqlite/open-database.ts'

/** A folder for one test, and the databases in it; `close` closes and removes all of it. */
export class Scratch {
  readonly folder: string
  readonly #drivers = new Set<SqlDriver>()

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), 'millrace-sqlite-')))
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  async open(options: Partial<OpenOptions> = {}): Promise<SqlDriver> {
    return this.keep(await openDatabase({ file: this.path('test.db'), ...options }))
  }

  keep<T extends SqlDriver>(driver: T): T {
    this.#drivers.add(driver)
    return driver
  }

  async closeDrivers(): Promise<void> {
    for (const driver of this.#drivers) await driver.close()
    this.#drivers.clear()
  }

  async close(): Promise<void> {
    await this.closeDrivers()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** The code of the error that a promise rejects with; the error itself when it has none, and undefined when it resolves. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return undefined
  } catch (error) {
    return (error as { readonly code?: string }).code ?? error
  }
}
