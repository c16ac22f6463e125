import type { SqlDriver } from '../sqlite/driver.ts'
import { decode, encode } from '../sqlite/value-codec.ts'
import { type OnDamage, readable } from './readable-rows.ts'

/** A password as scrypt has left it, with the parameters it was made with, so that they can be raised later. */
export interface PasswordHash {
  readonly salt: Uint8Array
  readonly hash: Uint8Array
  /** N of scrypt. */
  readonly cost: number
  /** r of scrypt. */
  readonly blockSize: number
  /** p of scrypt. */
  readonly parallelization: number
}

/** Somebody who may log in. */
export interface StoredUser {
  readonly name: string
  readonly roles: readonly string[]
  readonly isEnabled: boolean
  readonly password: PasswordHash
  /** When it was changed last, in milliseconds since 1970 UTC. */
  readonly changedAt: number
}

/** Keeps users; names are compared letter by letter. */
export interface UserStore {
  find(name: string): Promise<StoredUser | undefined>
  /** All users by name. */
  list(): Promise<readonly StoredUser[]>
  /** Adds a user, or replaces the one of that name. */
  save(user: StoredUser): Promise<void>
  /** Tells whether there was such a user. */
  remove(name: string): Promise<boolean>
}

interface Row {
  readonly name: string
  readonly roles: string
  readonly is_enabled: number
  readonly salt: Uint8Array
  readonly hash: Uint8Array
  readonly cost: number
  readonly block_size: number
  readonly parallelization: number
  readonly changed: number
}

/** Keeps users in a database. */
export function userStore(driver: SqlDriver, onDamage: OnDamage): UserStore {
  return {
    async find(name) {
      const row = await driver.get<Row>('SELECT * FROM user WHERE name = ?', [name])
      return row && userOf(row)
    },
    list: async () =>
      readable(await driver.all<Row>('SELECT * FROM user ORDER BY name'), userOf, { table: 'user', onDamage }),
    async save({ name, roles, isEnabled, password, changedAt }) {
      const { salt, hash, cost, blockSize, parallelization } = password
      await driver.run('INSERT OR REPLACE INTO user VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        ...[name, encode(roles), isEnabled ? 1 : 0, salt, hash, cost, blockSize, parallelization, changedAt],
      ])
    },
    remove: async (name) => (await driver.run('DELETE FROM user WHERE name = ?', [name])).changes > 0,
  }
}

function userOf({ name, roles, is_enabled, salt, hash, cost, block_size, parallelization, changed }: Row): StoredUser {
  return {
    name,
    roles: decode(roles) as string[],
    isEnabled: is_enabled === 1,
    password: { salt, hash, cost, blockSize: block_size, parallelization },
    changedAt: changed,
  }
}
