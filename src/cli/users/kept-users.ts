import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { readCertificate } from '../../certificates/certificate.ts'
import { TrustStore } from '../../certificates/store.ts'
import { systemClock } from '../../model/clock.ts'
import { isMillraceError, MillraceError, messageOf } from '../../model/errors.ts'
import { Status } from '../../model/status.ts'
import { lockFolder } from '../../sqlite/folder-lock.ts'
import { openStore, type Store } from '../../store/store.ts'
import { Users } from '../../users/users.ts'
import type { Terminal } from '../terminal.ts'
import type { UserBook } from './user-book.ts'

/** Where the users of a plant that does not run are kept. */
export interface KeptPlace {
  /** Folder of `meta.db`. */
  readonly data: string
  /** Folder of the certificates. */
  readonly certificatesFolder: string
  /** Makes the database when it is missing: for users that are added before the first start. */
  readonly mayMake: boolean
}

/**
 * Opens the users of a plant that does not run, lets `work` use them, and closes the database. Rejects with `database-locked`
 * when the plant runs, and with `file-unreadable` when there is no database and none is to be made.
 */
export async function withKeptUsers<T>(
  { data, certificatesFolder, mayMake }: KeptPlace,
  terminal: Terminal,
  work: (book: UserBook) => Promise<T>,
): Promise<T> {
  const file = join(data, 'meta.db')
  if (!mayMake && !existsSync(file)) {
    throw new MillraceError(
      'file-unreadable',
      `there is no ${file}: the plant has never run, or its data is elsewhere; name the plant's folder, or that of its data with --data`,
    )
  }
  const unlock = await lockFolder(data).catch((error: unknown) => {
    if (!isMillraceError(error, 'database-locked')) throw error
    throw new MillraceError(
      'database-locked',
      `${file} is in use, so the plant runs; ask it, with --user <administrator> (and --url when it is not at this machine's port 4840)`,
      { cause: error },
    )
  })
  try {
    return await withStore(file, { certificatesFolder, terminal }, work)
  } finally {
    await unlock()
  }
}

async function withStore<T>(
  file: string,
  { certificatesFolder, terminal }: { readonly certificatesFolder: string; readonly terminal: Terminal },
  work: (book: UserBook) => Promise<T>,
): Promise<T> {
  const warn = (text: string): void => terminal.err(`warning: ${text}\n`)
  const store = await openStore({ file, clock: systemClock, onError: (error) => warn(messageOf(error)) })
  try {
    for (const { message } of store.notices) terminal.err(`${message}\n`)
    return await work(bookOf(await Users.open(store.users, systemClock), store, certificatesFolder))
  } finally {
    await store.close()
  }
}

function bookOf(users: Users, store: Store<unknown>, certificatesFolder: string): UserBook {
  const audited = async (method: string, target: string, more: Record<string, string> = {}): Promise<void> => {
    const entry = { time: systemClock.now(), user: `local:${userInfo().username}`, session: '', action: 'user', target }
    await store.audit.append([{ ...entry, status: Status.Good, details: { method, ...more } }])
  }
  return {
    list: async () => users.all,
    async add({ certificate: der, ...user }) {
      const certificate = der && readCertificate(der)
      await users.add({ ...user, ...(certificate && { certificate: certificate.thumbprint }) })
      if (certificate) {
        const trusted = new TrustStore(join(certificatesFolder, 'users'), 'user')
        await trusted
          .prepare()
          .then(() => trusted.put('trusted', certificate))
          .catch(async (error: unknown) => {
            await users.remove(user.name)
            throw error
          })
      }
      await audited('add', user.name, { roles: user.roles.join(' ') })
    },
    async changePassword(name, password) {
      await users.change(name, { password, mustChangePassword: false })
      await audited('passwd', name)
    },
    async setRoles(name, roles) {
      await users.change(name, { roles })
      await audited('roles', name, { roles: roles.join(' ') })
    },
    async setEnabled(name, isEnabled) {
      await users.change(name, { isEnabled })
      await audited(isEnabled ? 'enable' : 'disable', name)
    },
    async remove(name) {
      await users.remove(name)
      await audited('remove', name)
    },
  }
}
