import { MillraceError } from '../model/errors.ts'
import { isRole, type Role, roles as roleNames } from '../model/role.ts'
import type { PasswordHash } from './password.ts'

/** What may be said of a user besides who it is (Part 18 §5.2.3). */
export interface UserConfiguration {
  readonly isEnabled: boolean
  /** May not be removed. */
  readonly isPermanent: boolean
  /** May not change the own password. */
  readonly isPasswordFixed: boolean
  /** Has no roles until the own password is changed. */
  readonly mustChangePassword: boolean
}

/** Somebody who may log in, without what proves it. */
export interface UserFacts extends UserConfiguration {
  readonly name: string
  readonly description: string
  readonly roles: readonly Role[]
  /** SHA-1 thumbprint of the certificate, lower-case hexadecimal; absent for whoever logs in with a password. */
  readonly certificate?: string | undefined
}

/** A user as it is kept. */
export interface User extends UserFacts {
  readonly password?: PasswordHash | undefined
  /** When it was changed last, in milliseconds since 1970 UTC. */
  readonly changedAt: number
}

/** How many characters a password has. */
export const passwordLength = { min: 8, max: 128 } as const

/** Names of what acts without a user: nobody may be mistaken for one of them in the audit trail. */
const reserved = ['anonymous', 'auto', 'certificate', 'file', 'restart', 'schedule', 'shutdown', 'sighup', 'somebody']

/** Letters and digits of any script, and what e-mail addresses have; never `job:` or `pipeline:`. */
const namePattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@-]{0,63}$/u

/** Throws `user-invalid` unless a text can be the name of a user. */
export function assertName(name: string): void {
  const isReserved = reserved.includes(name.toLowerCase())
  if (namePattern.test(name) && !name.endsWith(' ') && !isReserved) return
  throw new MillraceError(
    'user-invalid',
    isReserved
      ? `'${name}' is what the program calls something else; choose another name`
      : 'the name of a user has 1 to 64 letters, digits, spaces, or . _ - @, and begins with a letter or digit',
  )
}

/** Throws `user-invalid` unless a text can be the password of a user. It never stands in the message. */
export function assertPassword(name: string, password: string): void {
  const length = [...password].length
  const refusal = (reason: string) => new MillraceError('user-invalid', `the password of ${name} ${reason}`)
  if (length < passwordLength.min || length > passwordLength.max) {
    throw refusal(`has ${length} characters; it needs ${passwordLength.min} to ${passwordLength.max}`)
  }
  if (password.toLowerCase() === name.toLowerCase()) throw refusal('is the name; choose another one')
  if (/\p{Cc}/u.test(password)) throw refusal('has a control character; leave it out')
}

/** Throws `user-invalid` unless a text can be the SHA-1 thumbprint of a certificate. */
export function assertThumbprint(name: string, thumbprint: string): void {
  if (/^[0-9a-f]{40}$/.test(thumbprint)) return
  throw new MillraceError(
    'user-invalid',
    `the certificate of ${name} is named by a thumbprint of 40 hexadecimal digits`,
  )
}

/** Roles by their names, each once and in their order; throws `user-invalid` for what is none. */
export function rolesOf(names: readonly string[]): readonly Role[] {
  const unknown = names.find((name) => !isRole(name))
  if (unknown !== undefined) {
    throw new MillraceError('user-invalid', `'${unknown}' is no role; there are ${roleNames.join(', ')}`)
  }
  return roleNames.filter((role) => names.includes(role))
}

/** A user without what proves it, for whoever lists users. */
export function factsOf({ password: _, changedAt: __, ...facts }: User): UserFacts {
  return facts
}
