import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { MillraceError } from '../../model/errors.ts'
import { isRole, type Role, roles as roleNames } from '../../model/role.ts'
import { packageRoot } from '../../package-root.ts'
import { type ClientOptions, targetOf, withClientOptions } from '../client/options.ts'
import { passwordOf } from '../client/password.ts'
import { withServer } from '../client/with-server.ts'
import { ExitCode, type Finish, UsageError } from '../exit-code.ts'
import { cellOf, jsonOf } from '../kept.ts'
import { table } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { newPasswordOf } from './new-password.ts'
import type { ListedUser, UserBook } from './user-book.ts'

/** Options of every command about users. */
interface UserOptions extends ClientOptions {
  readonly data?: string
  readonly plant?: string
  /** Of `user add`, which may come before the first start. */
  readonly roles?: readonly string[]
}

/** Adds `millrace user ...`: who may log in to a plant, whether it runs or not. */
export function userCommand(program: Command, terminal: Terminal, finish: Finish): void {
  const user = program
    .command('user')
    .description('tell and change who may log in; with --user or --url in the plant that runs, else in its database')
  const add = (name: string, description: string): Command =>
    withClientOptions(user.command(name).description(description))
      .option('-p, --plant <folder>', 'folder with plant.yaml of a plant that does not run; the demo plant without it')
      .option('--data <folder>', 'folder of the database (MILLRACE_DATA)')
  const done = (text: string): void => {
    terminal.out(text)
    finish(ExitCode.ok)
  }
  const change = async (options: UserOptions, text: string, work: (book: UserBook) => Promise<void>): Promise<void> => {
    await withUsers(options, terminal, work)
    done(`${text}\n`)
  }

  add('list', 'list the users with their roles')
    .option('--json', 'write JSON for other programs')
    .action(async (options: UserOptions & { json?: boolean }) => {
      const users = await withUsers(options, terminal, (book) => book.list())
      done(options.json ? jsonOf(users.map(plainUser)) : tableOf(users))
    })
  add('add', 'add a user with a password, or with a certificate')
    .argument('<name>', 'name of the user')
    .option('--roles <role...>', `what the user may: ${roleNames.join(', ')}`, [])
    .option('--description <text>', 'what is to be known of the user', '')
    .option('--certificate <file>', 'the user logs in with this certificate (PEM or DER) instead of a password')
    .option('--must-change', 'the user has to change the password before anything else')
    .option('--password-stdin', 'read the password from standard input')
    .action(async (name: string, options: UserOptions & AddOptions) => {
      const roles = rolesOf(options.roles)
      const { certificate: file, description, mustChange: mustChangePassword = false } = options
      const proof = file === undefined ? { password: await asked(name, options) } : { certificate: await derOf(file) }
      await change(options, `${cellOf(name)} was added`, (book) =>
        book.add({ name, roles, description, mustChangePassword, ...proof }),
      )
    })
  add('passwd', 'give a user another password; whoever is logged in with the old one is logged out')
    .argument('<name>', 'name of the user')
    .option('--password-stdin', 'read the password from standard input')
    .action(async (name: string, options: UserOptions & { passwordStdin?: boolean }) => {
      const password = await asked(name, options)
      await change(options, `${cellOf(name)} has another password`, (book) => book.changePassword(name, password))
    })
  add('roles', 'say which roles a user has; the ones that are not named are taken away')
    .argument('<name>', 'name of the user')
    .argument('[roles...]', `any of ${roleNames.join(', ')}`)
    .action(async (name: string, given: readonly string[], options: UserOptions) => {
      const roles = rolesOf(given)
      const text = `${cellOf(name)} has ${roles.length > 0 ? roles.join(', ') : 'no role'}`
      await change(options, text, (book) => book.setRoles(name, roles))
    })
  add('remove', 'remove a user')
    .argument('<name>', 'name of the user')
    .action((name: string, options: UserOptions) =>
      change(options, `${cellOf(name)} was removed`, (book) => book.remove(name)),
    )
  for (const [verb, isEnabled] of [
    ['enable', true],
    ['disable', false],
  ] as const) {
    add(verb, isEnabled ? 'let a user log in again' : 'let a user log in no more, and keep it')
      .argument('<name>', 'name of the user')
      .action((name: string, options: UserOptions) =>
        change(options, `${cellOf(name)} is ${verb}d`, (book) => book.setEnabled(name, isEnabled)),
      )
  }

  function asked(name: string, options: UserOptions & { passwordStdin?: boolean }): Promise<string> {
    const source = { isFromInput: options.passwordStdin === true, isLocal: !isServed(options, terminal) }
    return newPasswordOf(name, source, terminal)
  }
}

interface AddOptions {
  readonly roles: readonly string[]
  readonly description: string
  readonly certificate?: string
  readonly mustChange?: boolean
  readonly passwordStdin?: boolean
}

/** Whether the plant that runs is asked, because a server or a login was named. */
function isServed({ url, user }: UserOptions, { environment }: Terminal): boolean {
  return [url, user, environment.MILLRACE_URL, environment.MILLRACE_USER].some(
    (each) => each !== undefined && each !== '',
  )
}

async function withUsers<T>(
  options: UserOptions,
  terminal: Terminal,
  work: (book: UserBook) => Promise<T>,
): Promise<T> {
  if (isServed(options, terminal)) {
    const { user } = targetOf(options, terminal)
    if (user === undefined) throw new UsageError('users are administered by somebody; name a SecurityAdmin with --user')
    const password = await passwordOf(user, terminal)
    // Asked for once, and used twice: to log in, and where the own password is changed.
    const known = { ...terminal, environment: { ...terminal.environment, MILLRACE_PASSWORD: password } }
    const { servedUsers } = await import('../client/users/served-users.ts')
    return withServer(options, known, (server) => work(servedUsers(server, password)))
  }
  const { environment } = terminal
  const data = options.data ?? (environment.MILLRACE_DATA || join(options.plant ?? packageRoot, 'data'))
  const certificatesFolder =
    options.certificates ?? (environment.MILLRACE_CERTIFICATES || join(packageRoot, 'certificates'))
  const { withKeptUsers } = await import('./kept-users.ts')
  return withKeptUsers({ data, certificatesFolder, mayMake: options.roles !== undefined }, terminal, work)
}

function rolesOf(names: readonly string[]): readonly Role[] {
  const all = names.flatMap((name) => name.split(',')).filter((name) => name !== '')
  const unknown = all.find((name) => !isRole(name))
  if (unknown !== undefined) throw new UsageError(`'${cellOf(unknown)}' is no role; there are ${roleNames.join(', ')}`)
  return roleNames.filter((role) => all.includes(role))
}

async function derOf(file: string): Promise<Buffer> {
  try {
    const { X509Certificate } = await import('node:crypto')
    return new X509Certificate(await readFile(file)).raw
  } catch (cause) {
    throw new MillraceError('file-unreadable', `${file} cannot be read as a certificate; give a PEM or DER file`, {
      cause,
    })
  }
}

function tableOf(users: readonly ListedUser[]): string {
  if (users.length === 0) return 'there is no user; the next start of the plant makes the first one\n'
  const rows = users.map((user) => [
    ...[cellOf(user.name, 64), user.roles.join(', ') || '-', user.certificate?.slice(0, 12) ?? 'password'],
    ...[stateOf(user), cellOf(user.description)],
  ])
  return table([['name', 'roles', 'logs in with', 'state', 'description'], ...rows])
}

function stateOf({ isEnabled, mustChangePassword }: ListedUser): string {
  if (!isEnabled) return 'disabled'
  return mustChangePassword ? 'must change password' : 'enabled'
}

function plainUser({ name, description, roles, isEnabled, isPermanent, mustChangePassword, certificate }: ListedUser) {
  return { name, description, roles, isEnabled, isPermanent, mustChangePassword, certificate: certificate ?? null }
}
