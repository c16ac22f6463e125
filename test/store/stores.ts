import { systemClock } from '../../src/model/clock.ts'
import { type SqlAdapter, sqlAdapters } from '../../src/sqlite/driver.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { Scratch } from '../sqlite/scratch.ts'

/** A store in a real file, which a test can close and open again. */
export interface StoreRig {
  readonly store: Store<unknown>
  readonly scratch: Scratch
  readonly errors: readonly unknown[]
  /** Damaged rows that were told: table and count. */
  readonly damages: readonly (readonly [table: string, count: number])[]
  /** Runs statements on the file while the store is closed, and opens it again. */
  alter(sql: string): Promise<void>
  /** Closes the store and opens its file again. */
  reopen(): Promise<void>
}

/** Describes what holds for a store on every driver; each test has a new file. */
export function describeStores(thing: string, tests: (rig: StoreRig, adapter: SqlAdapter) => void): void {
  for (const adapter of sqlAdapters) {
    describe(`${thing} on ${adapter}`, () => {
      let scratch: Scratch
      let store: Store<unknown>
      let errors: unknown[]
      let damages: [string, number][]

      const open = async (): Promise<void> => {
        store = await openStore({
          file: scratch.path('meta.db'),
          adapter,
          synchronous: 'NORMAL',
          clock: systemClock,
          onError: (error) => errors.push(error),
          onDamage: (table, count) => damages.push([table, count]),
        })
      }
      beforeEach(async () => {
        errors = []
        damages = []
        scratch = await Scratch.make()
        await open()
      })
      afterEach(async () => {
        await store.close()
        await scratch.close()
      })

      tests(
        {
          get store() {
            return store
          },
          get scratch() {
            return scratch
          },
          get errors() {
            return errors
          },
          get damages() {
            return damages
          },
          async reopen() {
            await store.close()
            await open()
          },
          async alter(sql) {
            await store.close()
            const driver = await scratch.open({ file: scratch.path('meta.db'), adapter })
            await driver.exec(sql)
            await scratch.closeDrivers()
            await open()
          },
        },
        adapter,
      )
    })
  }
}
