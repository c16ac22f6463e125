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

/** Somebody who may log in, with a password or with a certificate. */
export interface StoredUser {
  readonly name: string
  readonly description: string
  readonly roles: readonly string[]
  readonly isEnabled: boolean
  /** May not be removed. */
  readonly isPermanent: boolean
  /** May not change the own password. */
  readonly isPasswordFixed: boolean
  /** Has no roles until the own password is changed. */
  readonly mustChangePassword: boolean
  /** Absent for whoever logs in with a certificate. */
  readonly password?: PasswordHash | undefined
  /** SHA-1 thumbprint of the certificate, lower-case hexadecimal; absent for whoever logs in with a password. */
  readonly certificate?: string | undefined
  /** When it was changed last, in milliseconds since 1970 UTC. */
  readonly changedAt: number
}

/** Keeps users; names are compared letter by letter. */
export interface UserStore {
  find(name: string): Promise<StoredUser | undefined>
  /** All users by name. */
  list(): Promise<readonly StoredUser[]>
  /** Adds a user, or replaces the one of that name. It rejects when another one has the same certificate. */
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
  readonly certificate: string | null
  readonly description: string
  readonly flags: number
}

const flag = { permanent: 1, passwordFixed: 2, mustChangePassword: 4 }

/** What stands in the columns of the password of somebody who has none; no hash has the cost 0. */
const noPassword: PasswordHash = {
  ...{ salt: new Uint8Array(), hash: new Uint8Array() },
  ...{ cost: 0, blockSize: 0, parallelization: 0 },
}

const saved = `INSERT INTO user(
    name, roles, is_enabled, salt, hash, cost, block_size, parallelization, changed, certificate, description, flags
  ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT(name) DO UPDATE SET roles = excluded.roles, is_enabled = excluded.is_enabled, salt = excluded.salt,
    hash = excluded.hash, cost = excluded.cost, block_size = excluded.block_size,
    parallelization = excluded.parallelization, changed = excluded.changed, certificate = excluded.certificate,
    description = excluded.description, flags = excluded.flags`

/** Keeps users in a database. */
export function userStore(driver: SqlDriver, onDamage: OnDamage): UserStore {
  return {
    async find(name) {
      const row = await driver.get<Row>('SELECT * FROM user WHERE name = ?', [name])
      return row && userOf(row)
    },
    list: async () =>
      readable(await driver.all<Row>('SELECT * FROM user ORDER BY name'), userOf, { table: 'user', onDamage }),
    async save({ name, roles, isEnabled, password = noPassword, changedAt, certificate = null, ...user }) {
      const { salt, hash, cost, blockSize, parallelization } = password
      await driver.run(saved, [
        ...[name, encode(roles), isEnabled ? 1 : 0, salt, hash, cost, blockSize, parallelization, changedAt],
        ...[certificate, user.description, flagsOf(user)],
      ])
    },
    remove: async (name) => (await driver.run('DELETE FROM user WHERE name = ?', [name])).changes > 0,
  }
}

function flagsOf(user: Pick<StoredUser, 'isPermanent' | 'isPasswordFixed' | 'mustChangePassword'>): number {
  return (
    (user.isPermanent ? flag.permanent : 0) |
    (user.isPasswordFixed ? flag.passwordFixed : 0) |
    (user.mustChangePassword ? flag.mustChangePassword : 0)
  )
}

function userOf({ salt, hash, cost, block_size, parallelization, certificate, flags, ...row }: Row): StoredUser {
  return {
    name: row.name,
    description: row.description,
    roles: decode(row.roles) as string[],
    isEnabled: row.is_enabled === 1,
    isPermanent: (flags & flag.permanent) !== 0,
    isPasswordFixed: (flags & flag.passwordFixed) !== 0,
    mustChangePassword: (flags & flag.mustChangePassword) !== 0,
    ...(cost === 0 ? {} : { password: { salt, hash, cost, blockSize: block_size, parallelization } }),
    ...(certificate === null ? {} : { certificate }),
    changedAt: row.changed,
  }
}
