import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPCUACertificateManager, type UserIdentityInfo, UserTokenType } from 'node-opcua'
import { thumbprintOf } from '../../src/certificates/thumbprint.ts'
import { systemClock } from '../../src/model/clock.ts'
import { openStore } from '../../src/store/store.ts'
import { type NewUser, Users } from '../../src/users/users.ts'
import { type Client, encrypted } from '../opcua/bench.ts'
import { type ScratchPlant, startScratch } from './scratch-plant.ts'

/** A plant with users that are kept, and clients that log in as them. */
export interface UserPlant extends ScratchPlant {
  /** Folder of `meta.db`. */
  readonly data: string
  /** Connects over a signed and encrypted channel; the server has been told to trust the client. */
  secure(user?: UserIdentityInfo): Promise<Client>
}

/** The password of every user that a test makes. */
export const password = 'correct horse'

/** What a client logs in with. */
export function login(userName: string, given = password): UserIdentityInfo {
  return { type: UserTokenType.UserName, userName, password: given }
}

/** Changes the users of a plant that does not run. */
export async function withUsers<T>(data: string, work: (users: Users) => Promise<T>): Promise<T> {
  const store = await openStore({ file: join(data, 'meta.db'), clock: systemClock, onError: () => undefined })
  try {
    return await work(await Users.open(store.users, systemClock))
  } finally {
    await store.close()
  }
}

/** Starts a plant whose users are these. */
export async function startUserPlant(
  files: Readonly<Record<string, string>>,
  users: readonly NewUser[],
): Promise<UserPlant> {
  const data = await mkdtemp(join(tmpdir(), 'millrace-users-'))
  await withUsers(data, async (kept) => {
    for (const user of users) await kept.add(user)
  })
  const scratch = await startScratch(files, { areUsersKept: true, dataFolder: data })
  const made: Partial<UserPlant> = {
    data,
    async secure(user) {
      const how = { ...encrypted, ...(user ? { user } : {}) }
      const refused = await scratch.connectAs(how).catch(() => undefined)
      if (refused) return refused
      for (const line of scratch.lines) {
        const thumbprint = /thumbprint ([0-9a-f]{40})/.exec(line)?.[1]
        if (thumbprint !== undefined) await scratch.plant.trust(thumbprint)
      }
      return scratch.connectAs(how)
    },
    async stop() {
      await scratch.stop()
      await rm(data, { recursive: true, force: true, maxRetries: 3 })
    },
  }
  return Object.create(scratch, Object.getOwnPropertyDescriptors(made)) as UserPlant
}

/** A certificate with its key, made out to a name. */
export interface UserCertificate {
  readonly thumbprint: string
  readonly certificate: Buffer
  /** What a client logs in with. */
  readonly identity: UserIdentityInfo
}

/** Makes a certificate for a user. */
export async function userCertificate(commonName: string): Promise<UserCertificate> {
  const rootFolder = await mkdtemp(join(tmpdir(), 'millrace-user-'))
  const store = new OPCUACertificateManager({ rootFolder, disableFileWatchers: true })
  try {
    await store.initialize()
    const outputFile = join(rootFolder, 'user.pem')
    await store.createSelfSignedCertificate({
      ...{ applicationUri: `urn:millrace:test:${commonName}`, subject: `/CN=${commonName}`, dns: [], outputFile },
      ...{ startDate: new Date(Date.now() - 86_400_000), validity: 30 },
    })
    const pem = await readFile(outputFile, 'utf8')
    const certificate = Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
    const privateKey = await readFile(store.privateKey, 'utf8')
    return {
      ...{ certificate, thumbprint: thumbprintOf(certificate) },
      identity: { type: UserTokenType.Certificate, certificateData: certificate, privateKey },
    }
  } finally {
    await store.dispose()
    await rm(rootFolder, { recursive: true, force: true })
  }
}
