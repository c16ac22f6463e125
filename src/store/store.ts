import type { Clock } from '../model/clock.ts'
import type { SqlDriver } from '../sqlite/driver.ts'
import { type DatabaseNotice, type OpenMigratedOptions, openMigrated } from '../sqlite/open-migrated.ts'
import { type AuditStore, auditStore } from './audit-store.ts'
import { type ConditionStore, openConditionStore } from './condition-store.ts'
import { type DefinitionStore, definitionStore } from './definition-store.ts'
import { type JobStore, jobStore } from './job-store.ts'
import { type LastValueStore, lastValueStore } from './last-value-store.ts'
import { metaSchema } from './meta-schema.ts'
import { type PlantStateStore, plantStateStore } from './plant-state-store.ts'
import { type RunStore, runStore } from './run-store.ts'
import { type UserStore, userStore } from './user-store.ts'

/** Everything that is kept but history, in one database. `State` is the state of a condition, plain data. */
export interface Store<State> {
  readonly definitions: DefinitionStore
  readonly runs: RunStore
  readonly jobs: JobStore
  readonly lastValues: LastValueStore
  readonly plantState: PlantStateStore
  readonly conditions: ConditionStore<State>
  readonly audit: AuditStore
  readonly users: UserStore
  /** What an operator should be told about the file. */
  readonly notices: readonly DatabaseNotice[]
  /** Writes a consistent copy into a new file while everything goes on. */
  backupInto(file: string): Promise<void>
  /** Makes everything durable that was saved, then closes. Calling it again waits for the same end. */
  close(): Promise<void>
}

/** How a store is opened. */
export interface StoreOptions extends Omit<OpenMigratedOptions, 'schema' | 'clock' | 'isSalvaged'> {
  readonly clock: Clock
  /** Told of a condition that could not be written, which is tried again, or read. */
  readonly onError: (error: unknown) => void
}

/** Opens `meta.db`: it is checked, migrated, or replaced when it is damaged, with what can still be read, as {@link openMigrated} says. */
export async function openStore<State>(options: StoreOptions): Promise<Store<State>> {
  const { onError, ...database } = options
  const { driver, notices } = await openMigrated({ ...database, schema: metaSchema, isSalvaged: true })
  try {
    const conditions = await openConditionStore<State>({ driver, clock: options.clock, onError })
    const reads = await driver.reader()
    let closing: Promise<void> | undefined
    return {
      ...{ definitions: definitionStore(driver), runs: runStore(driver, reads), jobs: jobStore(driver) },
      ...{ lastValues: lastValueStore(driver), plantState: plantStateStore(driver) },
      ...{ audit: auditStore(driver, reads), users: userStore(driver) },
      ...{ conditions, notices, backupInto: (file) => driver.backupInto(file) },
      close: () => (closing ??= closed(driver, conditions, onError)),
    }
  } catch (error) {
    await driver.close()
    throw error
  }
}

async function closed(
  driver: SqlDriver,
  conditions: ConditionStore<unknown>,
  onError: (error: unknown) => void,
): Promise<void> {
  await conditions.close().catch(onError)
  await driver.close()
}
