import type { Clock } from '../model/clock.ts'
import { MillraceError } from '../model/errors.ts'
import { isRole, type Role } from '../model/role.ts'
import { Gate } from './gate.ts'
import { LoginDelays } from './login-delays.ts'
import { hashPassword, isOutdated, isPassword, randomPassword } from './password.ts'
import {
  assertName,
  assertPassword,
  assertThumbprint,
  factsOf,
  rolesOf,
  type User,
  type UserConfiguration,
  type UserFacts,
} from './user.ts'

/** Where users are kept. Each of them resolves when it is durable. */
export interface UserKeeping {
  list(): Promise<readonly (Omit<User, 'roles'> & { readonly roles: readonly string[] })[]>
  save(user: User): Promise<void>
  remove(name: string): Promise<boolean>
}

/** What a user is added with: a password, or the thumbprint of a certificate. */
export interface NewUser extends Partial<UserConfiguration> {
  readonly name: string
  readonly roles?: readonly string[]
  readonly description?: string
  readonly password?: string
  readonly certificate?: string
}

/** What is changed of a user; what is absent stays. */
export interface UserChange extends Partial<UserConfiguration> {
  readonly description?: string
  readonly roles?: readonly string[]
  readonly password?: string
}

/** Told of each change; `isRestricted` when the user may do less since, or proves itself with something else. */
export type UserListener = (name: string, isRestricted: boolean) => void

/** The first administrator of a plant, with the secret that is shown once. */
export interface FirstLogin {
  readonly user: string
  readonly password: string
}

const nothing: readonly Role[] = []

/**
 * The users of a plant: who may log in, and with which roles. They are in memory, so that a request never waits for the
 * database; a change is in effect when it is durable.
 */
export class Users {
  readonly #keeping: UserKeeping
  readonly #clock: Clock
  readonly #delays: LoginDelays
  readonly #userByName = new Map<string, User>()
  readonly #listeners = new Set<UserListener>()
  /** One change after another, so that each sees what the one before has left. */
  readonly #changes = new Gate(1)

  private constructor(keeping: UserKeeping, clock: Clock) {
    this.#keeping = keeping
    this.#clock = clock
    this.#delays = new LoginDelays(clock)
  }

  /** Reads the users that are kept. What is no role of this version is left out. */
  static async open(keeping: UserKeeping, clock: Clock): Promise<Users> {
    const users = new Users(keeping, clock)
    for (const user of await keeping.list()) {
      const known = user.roles.filter(isRole)
      users.#userByName.set(user.name, { ...user, roles: rolesOf(known) })
    }
    return users
  }

  /** All users by name. */
  get all(): readonly UserFacts[] {
    return [...this.#userByName.values()].map(factsOf).sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** A user by name. */
  find(name: string): UserFacts | undefined {
    const user = this.#userByName.get(name)
    return user && factsOf(user)
  }

  /** Calls back at each change until what it returns is called. */
  onChange(listener: UserListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells whether a password is the one of a user who may log in. Whatever is wrong takes the same time, and longer each time. */
  check(user: string, password: string, address = ''): Promise<boolean> {
    return this.#delays.attempt({ user, address }, () => this.#isRight(user, password))
  }

  /** Takes as long as a wrong password: for whatever else a login is refused for. */
  async refused(user: string, address: string): Promise<void> {
    await this.#delays.attempt({ user, address }, () => isPassword('', undefined))
  }

  /** The roles of a user now; none for whoever is unknown, may not log in, or has to change the password first. */
  rolesOf(user: string): readonly Role[] {
    const found = this.#userByName.get(user)
    return found?.isEnabled && !found.mustChangePassword ? found.roles : nothing
  }

  /** The user whose certificate has this thumbprint, if it may log in. */
  userOfCertificate(thumbprint: string): string | undefined {
    for (const { name, certificate, isEnabled } of this.#userByName.values()) {
      if (certificate === thumbprint && isEnabled) return name
    }
    return undefined
  }

  /** Whether a user has no roles until the password is changed. */
  mustChangePassword(user: string): boolean {
    return this.#userByName.get(user)?.mustChangePassword === true
  }

  /** Adds a user. Rejects with `user-invalid` or `user-exists`. */
  async add({ name, password, certificate, ...given }: NewUser): Promise<void> {
    assertName(name)
    const roles = rolesOf(given.roles ?? [])
    if ((password === undefined) === (certificate === undefined)) {
      throw new MillraceError('user-invalid', `${name} needs a password or a certificate, and not both`)
    }
    if (password !== undefined) assertPassword(name, password)
    if (certificate !== undefined) assertThumbprint(name, certificate)
    const proof = password === undefined ? { certificate } : { password: await hashPassword(password) }
    const { description = '', isEnabled = true, isPermanent = false, isPasswordFixed = false } = given
    const mustChangePassword = given.mustChangePassword === true && password !== undefined
    const flags = { isEnabled, isPermanent, isPasswordFixed, mustChangePassword }
    await this.#changes.through(async () => {
      if (this.#userByName.has(name)) {
        throw new MillraceError('user-exists', `there is a user ${name} already; choose another name`)
      }
      const holder = certificate === undefined ? undefined : this.#holderOf(certificate)
      if (holder !== undefined) {
        throw new MillraceError('user-exists', `the certificate is that of ${holder}; each user needs one of its own`)
      }
      await this.#keep({ name, description, roles, ...flags, ...proof, changedAt: this.#clock.now() })
    })
    this.#tell(name, false)
  }

  /** Changes a user; all of it, or nothing. Rejects with `user-unknown`, `user-invalid` or `user-protected`. */
  async change(name: string, change: UserChange): Promise<void> {
    const { password, roles, ...rest } = change
    if (password !== undefined) {
      if (this.#known(name).certificate !== undefined) {
        throw new MillraceError('user-invalid', `${name} logs in with a certificate and has no password`)
      }
      assertPassword(name, password)
    }
    const proof = password === undefined ? {} : { password: await hashPassword(password) }
    const known = roles === undefined ? {} : { roles: rolesOf(roles) }
    await this.#update(name, () => ({ ...rest, ...known, ...proof }))
  }

  /** Adds roles to those of a user, and takes others away. Rejects with `user-unknown`, `user-invalid` or `user-protected`. */
  async changeRoles(
    name: string,
    { added = [], removed = [] }: { readonly added?: readonly string[]; readonly removed?: readonly string[] },
  ): Promise<void> {
    const [more, less] = [rolesOf(added), rolesOf(removed)]
    await this.#update(name, ({ roles }) => ({
      roles: rolesOf([...roles, ...more].filter((role) => !less.includes(role))),
    }))
  }

  /** Gives a user who knows the old password a new one. Rejects with `user-invalid` when one of them is wrong. */
  async changeOwnPassword(name: string, old: string, password: string, address = ''): Promise<void> {
    if (!(await this.check(name, old, address))) {
      throw new MillraceError('password-wrong', `the old password of ${name} is another one`)
    }
    if (this.#known(name).isPasswordFixed) {
      throw new MillraceError('user-protected', `${name} may not change the password; a SecurityAdmin can`)
    }
    if (old === password) throw new MillraceError('user-invalid', `the new password of ${name} is the old one`)
    assertPassword(name, password)
    const hash = await hashPassword(password)
    await this.#update(name, () => ({ password: hash, mustChangePassword: false }), { isOwn: true })
  }

  /** Removes a user. Rejects with `user-unknown` or `user-protected`. */
  async remove(name: string): Promise<void> {
    await this.#changes.through(async () => {
      const user = this.#known(name)
      if (user.isPermanent) {
        throw new MillraceError('user-protected', `${name} may not be removed; disable it, or take the mark away first`)
      }
      this.#assertAdministrated(user, undefined)
      await this.#keeping.remove(name)
      this.#userByName.delete(name)
    })
    this.#tell(name, true)
  }

  /** Makes an administrator where there is no user at all, with a secret that is told this once. */
  async createFirst(): Promise<FirstLogin | undefined> {
    if (this.#userByName.size > 0) return undefined
    const password = randomPassword()
    await this.add({ name: 'admin', password, roles: ['ConfigureAdmin', 'SecurityAdmin'], description: 'first user' })
    return { user: 'admin', password }
  }

  /** Keeps everybody again: the database was replaced. */
  async keepAgain(): Promise<void> {
    await this.#changes.through(async () => {
      for (const user of this.#userByName.values()) await this.#keeping.save(user)
    })
  }

  async #isRight(name: string, password: string): Promise<boolean> {
    const before = this.#userByName.get(name)
    const isRight = await isPassword(password, before?.password)
    const user = this.#userByName.get(name)
    // Whoever was changed meanwhile has to try again.
    if (!isRight || !user?.isEnabled || user.password !== before?.password) return false
    if (user.password && isOutdated(user.password)) void this.#hashAnew(user, password).catch(() => undefined)
    return true
  }

  async #hashAnew(user: User, password: string): Promise<void> {
    const hash = await hashPassword(password)
    await this.#changes.through(async () => {
      const now = this.#userByName.get(user.name)
      if (now?.password === user.password) await this.#keep({ ...now, password: hash } as User)
    })
  }

  async #update(
    name: string,
    changed: (user: User) => Partial<User>,
    { isOwn = false }: { readonly isOwn?: boolean } = {},
  ): Promise<void> {
    let isRestricted = false
    await this.#changes.through(async () => {
      const before = this.#known(name)
      const after: User = { ...before, ...changed(before), changedAt: this.#clock.now() }
      this.#assertAdministrated(before, after)
      await this.#keep(after)
      isRestricted =
        (!isOwn && after.password !== before.password) ||
        (before.isEnabled && !after.isEnabled) ||
        (!before.mustChangePassword && after.mustChangePassword) ||
        before.roles.some((role) => !after.roles.includes(role))
    })
    this.#tell(name, isRestricted)
  }

  /** The last one who may administer users stays, so that nobody locks everybody out. */
  #assertAdministrated(before: User, after: User | undefined): void {
    const administers = (user: User | undefined) => user?.isEnabled === true && user.roles.includes('SecurityAdmin')
    if (!administers(before) || administers(after)) return
    const others = [...this.#userByName.values()].filter((user) => user.name !== before.name)
    if (others.some(administers)) return
    throw new MillraceError(
      'user-protected',
      `${before.name} is the last enabled SecurityAdmin; give another user that role first`,
    )
  }

  #known(name: string): User {
    const user = this.#userByName.get(name)
    if (!user) throw new MillraceError('user-unknown', `there is no user '${name.slice(0, 64)}'; correct the name`)
    return user
  }

  #holderOf(certificate: string): string | undefined {
    return [...this.#userByName.values()].find((user) => user.certificate === certificate)?.name
  }

  async #keep(user: User): Promise<void> {
    await this.#keeping.save(user)
    this.#userByName.set(user.name, user)
  }

  #tell(name: string, isRestricted: boolean): void {
    for (const listener of this.#listeners) listener(name, isRestricted)
  }
}
