import type { Clock } from '../model/clock.ts'
import { type DatabaseNotice, type OpenMigratedOptions, openMigrated } from '../sqlite/open-migrated.ts'
import { type AuditStore, auditStore } from './audit-store.ts'
import { type ConditionStore, openConditionStore } from './condition-store.ts'
import { type DefinitionStore, definitionStore } from './definition-store.ts'
import { type JobStore, jobStore } from './job-store.ts'
import { type LastValueStore, lastValueStore } from './last-value-store.ts'
import { MendingDriver } from './mending-driver.ts'
import { metaSchema } from './meta-schema.ts'
import { type PlantStateStore, plantStateStore } from './plant-state-store.ts'
import { type OnDamage, onceEach } from './readable-rows.ts'
import { type RunStore, runStore } from './run-store.ts'
import { type UserStore, userStore } from './user-store.ts'
import { type WriteHealth, WriteQueue } from './write-queue.ts'

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
  /** Writes behind the plant, tried again for as long as it takes. */
  readonly queue: WriteQueue
  /** What an operator should be told about the file as it was found. */
  readonly notices: readonly DatabaseNotice[]
  /** Writes a consistent copy into a new file while everything goes on. */
  backupInto(file: string): Promise<void>
  /** Makes everything durable that was saved, then closes; resolves to how many writes were given up. Calling it again waits for the same end. */
  close(): Promise<number>
}

/** How a store is opened. */
export interface StoreOptions extends Omit<OpenMigratedOptions, 'schema' | 'clock' | 'isSalvaged' | 'damage'> {
  readonly clock: Clock
  /** Told of a condition that could not be written, which is tried again, or read, and of a database that cannot be replaced. */
  readonly onError: (error: unknown) => void
  /** Told how the queue is, when that changes and once a minute while it fails. */
  readonly onHealth?: ((health: WriteHealth) => void) | undefined
  /** Told of rows that cannot be read, once for each table. */
  readonly onDamage?: OnDamage | undefined
  /** Told when the database was replaced because it was damaged: what is not in it any more must be written again. */
  readonly onReplaced?: ((notices: readonly DatabaseNotice[]) => void) | undefined
}

/**
 * Opens `meta.db`: it is checked, migrated, or replaced when it is damaged, with what can still be read, as
 * {@link openMigrated} says; and so it is when the damage shows later. It has the hashes of passwords, so a new one is for this user of
 * the machine alone.
 */
export async function openStore<State>(options: StoreOptions): Promise<Store<State>> {
  const { onError, onHealth = ignore, onReplaced = ignore, ...database } = options
  const { clock } = options
  const open = (damage?: string) => openMigrated({ ...database, schema: metaSchema, isSalvaged: true, damage })
  const { driver: first, notices } = await open()
  let later: readonly DatabaseNotice[] = []
  const replaced = (): void => {
    conditions?.saveAll()
    onReplaced(later)
  }
  const driver = new MendingDriver({
    ...{ driver: first, clock, onError, onReplaced: replaced },
    async reopen(damage) {
      const reopened = await open(damage)
      later = reopened.notices
      return reopened.driver
    },
  })
  let conditions: ConditionStore<State> | undefined
  try {
    conditions = await openConditionStore<State>({ driver, clock, onError })
  } catch (error) {
    await driver.close()
    throw error
  }
  return storeOf(driver, { conditions, notices, queue: new WriteQueue({ driver, clock, onHealth }), ...options })
}

function storeOf<State>(
  driver: MendingDriver,
  parts: Pick<Store<State>, 'conditions' | 'notices' | 'queue'> & Pick<StoreOptions, 'onError' | 'onDamage'>,
): Store<State> {
  const { conditions, notices, queue, onError } = parts
  const onDamage = onceEach(parts.onDamage ?? ignore)
  const reads = driver.reads()
  let closing: Promise<number> | undefined
  return {
    ...{ definitions: definitionStore(driver), runs: runStore(driver, reads, onDamage) },
    ...{ jobs: jobStore(driver, onDamage), users: userStore(driver, onDamage) },
    ...{ lastValues: lastValueStore(driver, onDamage), plantState: plantStateStore(driver, onDamage) },
    ...{ audit: auditStore(driver, reads, onDamage) },
    ...{ conditions, queue, notices, backupInto: (file) => driver.backupInto(file) },
    close: () => (closing ??= closed(driver, { conditions, queue, onError })),
  }
}

async function closed(
  driver: MendingDriver,
  {
    conditions,
    queue,
    onError,
  }: Pick<Store<unknown>, 'queue'> & { conditions: ConditionStore<unknown> } & Pick<StoreOptions, 'onError'>,
): Promise<number> {
  const lost = await queue.close()
  await conditions.close().catch(onError)
  await driver.close()
  return lost
}

function ignore(): void {}
