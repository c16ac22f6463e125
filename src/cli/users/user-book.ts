import type { Role } from '../../model/role.ts'

/** A user as the command line shows it. */
export interface ListedUser {
  readonly name: string
  readonly description: string
  readonly roles: readonly Role[]
  readonly isEnabled: boolean
  readonly isPermanent: boolean
  readonly mustChangePassword: boolean
  /** SHA-1 thumbprint of the certificate; absent for whoever logs in with a password. */
  readonly certificate?: string | undefined
}

/** What a user is added with. */
export interface AddedUser {
  readonly name: string
  readonly description: string
  readonly roles: readonly Role[]
  readonly mustChangePassword: boolean
  /** One of the two: a password, or a certificate in DER form. */
  readonly password?: string
  readonly certificate?: Buffer
}

/** The users of a plant, whether it runs or not. Each change is carried out whole or not at all. */
export interface UserBook {
  list(): Promise<readonly ListedUser[]>
  add(user: AddedUser): Promise<void>
  changePassword(name: string, password: string): Promise<void>
  setRoles(name: string, roles: readonly Role[]): Promise<void>
  setEnabled(name: string, isEnabled: boolean): Promise<void>
  remove(name: string): Promise<void>
}
