import { systemClock } from '../../src/model/clock.ts'
import { type SqlAdapter, sqlAdapters } from '../../src/sqlite/driver.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { Scratch } from '../sqlite/scratch.ts'

/** A store in a real file, which a test can close and open again. */
export interface StoreRig {
  readonly store: Store<unknown>
  readonly scratch: Scratch
  readonly errors: readonly unknown[]
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

      const open = async (): Promise<void> => {
        store = await openStore({
          file: scratch.path('meta.db'),
          adapter,
          synchronous: 'NORMAL',
          clock: systemClock,
          onError: (error) => errors.push(error),
        })
      }
      beforeEach(async () => {
        errors = []
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
          async reopen() {
            await store.close()
            await open()
          },
        },
        adapter,
      )
    })
  }
}
