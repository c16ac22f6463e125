import type { Role } from '../../model/role.ts'

/** Somebody who may log in, without what proves it. */
export interface AdministeredUser {
  readonly name: string
  readonly description: string
  readonly roles: readonly Role[]
  readonly isEnabled: boolean
  /** May not be removed. */
  readonly isPermanent: boolean
  /** May not change the own password. */
  readonly isPasswordFixed: boolean
  /** Has no roles until the own password is changed. */
  readonly mustChangePassword: boolean
  /** SHA-1 thumbprint of the certificate; absent for whoever logs in with a password. */
  readonly certificate?: string | undefined
}

/** What is changed of a user; what is absent stays. */
export type UserChange = Partial<
  Pick<AdministeredUser, 'description' | 'isEnabled' | 'isPermanent' | 'isPasswordFixed' | 'mustChangePassword'>
> & { readonly password?: string }

/** Administers users. Each of them rejects with a MillraceError of a `user-` code, `password-wrong`, or one of the database. */
export interface UserAdministration {
  readonly all: readonly AdministeredUser[]
  find(name: string): AdministeredUser | undefined
  add(user: UserChange & { readonly name: string; readonly certificate?: string }): Promise<void>
  change(name: string, change: UserChange): Promise<void>
  changeRoles(
    name: string,
    roles: { readonly added?: readonly Role[]; readonly removed?: readonly Role[] },
  ): Promise<void>
  changeOwnPassword(name: string, old: string, password: string, address?: string): Promise<void>
  remove(name: string): Promise<void>
}

/** Characters of a password, as the administration checks them. */
export interface PasswordLength {
  readonly min: number
  readonly max: number
}
