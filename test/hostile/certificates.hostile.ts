import { KeyObject, X509Certificate } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { pemOf } from '../../src/certificates/der.ts'
import { folders, TrustStore } from '../../src/certificates/store.ts'
import { removePlantFolders } from '../config/plant-folder.ts'
import { type BadCertificate, makeBadCertificates } from '../kit/bad-certificates.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { login, password, withUsers } from '../kit/user-plant.ts'
import { WireChannel } from '../kit/wire/channel.ts'
import { type Client, connect } from '../opcua/bench.ts'
import { type EventListener, listen, typeId } from '../opcua/event-listener.ts'
import { type Arena, slack, startArena } from './arena.ts'
import { createdSession } from './raw-logins.ts'

/** How long a client may wait for its refusal, in milliseconds. */
const refusedMs = 500 * slack

describe('hostile: client certificates', function () {
  this.timeout(300_000)
  let arena: Arena
  let bad: readonly BadCertificate[]
  let server: X509Certificate
  let store: TrustStore
  let security: Client
  let events: EventListener

  before(async () => {
    bad = await makeBadCertificates()
    arena = await startArena({
      async prepare(folder) {
        await mkdir(join(folder, 'd'), { recursive: true })
        await withUsers(join(folder, 'd'), (users) => users.add({ name: 'admin', password, roles: ['SecurityAdmin'] }))
      },
    })
    store = new TrustStore(join(arena.folder, 'c', 'own'), 'application')
    const client = await arena.raw()
    await client.hello()
    await client.open()
    server = new X509Certificate((await createdSession(client)).serverCertificate)
    await client.destroy()
    security = await connect(arena.url, join(arena.folder, 'client'), { user: login('admin') })
    events = await listen(security, 'i=2253', { fields: ['Certificate', 'StatusCodeId'], type: 'i=2080' })
  })
  after(async () => {
    await security.close()
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  const put = (folder: keyof typeof folders, name: string, content: string | Buffer) =>
    writeFile(join(store.folder, folders[folder], name), content)

  const empty = async (): Promise<void> => {
    for (const name of ['trusted', 'issuerRevocations'] as const) {
      const folder = join(store.folder, folders[name])
      for (const file of await readdir(folder)) await rm(join(folder, file))
    }
  }

  /** Opens a channel with it, signed and encrypted as it should be; tells the error and how long it took to come. */
  const refusalOf = async ({ made, sent }: BadCertificate): Promise<{ error: string; tookMs: number }> => {
    const privateKey = KeyObject.from(made.keys.privateKey)
    const startedMs = performance.now()
    const opening = WireChannel.open(arena.port, {
      certificate: new X509Certificate(made.der),
      privateKey,
      server,
      sent,
    })
    const error = await opening.then(
      async (channel) => {
        await channel.close()
        return 'let in'
      },
      (reason: Error) => reason.message,
    )
    return { error, tookMs: performance.now() - startedMs }
  }

  for (const where of ['strangers', 'trusted'] as const) {
    it(`are refused within half a second, each with an event of its kind: ${where}`, () =>
      arena.suffer(async () => {
        const times: string[] = []
        for (const each of bad) {
          const { title, made, trusted, revocationLists } = each
          await empty()
          if (where === 'trusted') {
            await put('trusted', 'bad.pem', pemOf('CERTIFICATE', made.der))
            for (const [index, { der }] of trusted.entries()) await put('trusted', `above${index}.der`, der)
            for (const [at, list] of revocationLists.entries()) await put('issuerRevocations', `list${at}.crl`, list)
          }
          const { error, tookMs } = await refusalOf(each)
          expect(error, title).to.match(/^the server (says|closed)|^the channel is not opened: 0x80/)
          times.push(`${title} ${Math.round(tookMs)}`)
          expect(tookMs, `${title}: ms until it was refused`).to.be.at.most(refusedMs)
          const [event] = await events.take(1, 10_000)
          const type = String(event?.EventType)
          if (where === 'trusted') expect(type, title).to.equal(typeId(each.event as never))
          else expect(type, title).to.match(/^ns=8;i=\d+$/)
          // An event carries 16 KiB of what cannot be read.
          const told = (event?.Certificate as Buffer | null) ?? Buffer.alloc(0)
          expect(told.length, title).to.equal(Math.min(made.der.length, 16 * 1024))
          expect(told.equals(made.der.subarray(0, told.length)), `${title}: the certificate of the event`).to.equal(
            true,
          )
        }
        console.log(`      ms: ${times.join(', ')}`)
      }))
  }
})
