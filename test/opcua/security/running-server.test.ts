import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { type OPCUAClient, UserTokenType } from 'node-opcua'
import { readCertificate } from '../../../src/certificates/certificate.ts'
import { derPartsOf, pemOf } from '../../../src/certificates/der.ts'
import { applicationUriOf } from '../../../src/certificates/names.ts'
import { ownFiles, replaceOwn } from '../../../src/certificates/own.ts'
import { TrustStore } from '../../../src/certificates/store.ts'
import { recorded } from '../../cli/recorded-terminal.ts'
import { keyPemOf, makeCertificate } from '../../kit/certificate-workshop.ts'
import { until } from '../../kit/demo-plant.ts'
import { type Bench, type Client, encrypted, startBench } from '../bench.ts'
import { listen, typeId } from '../event-listener.ts'

describe('certificates of a server that runs', function () {
  this.timeout(40_000)
  let bench: Bench
  const userOf = new Map<string, string>()

  beforeEach(async () => {
    const users = {
      check: async () => true,
      rolesOf: () => ['ConfigureAdmin' as const],
      userOfCertificate: (thumbprint: string) => userOf.get(thumbprint),
    }
    bench = await startBench({ watchCertificates: true, users })
  })
  afterEach(() => bench.stop())

  const certificates = () => join(bench.folder, 'server')
  const cert = (...args: string[]) => recorded(['cert', ...args, '--certificates', certificates()])
  const refused = async (): Promise<string> => {
    await bench.connect(encrypted).catch(() => undefined)
    const line = bench.log.findLast((each) => each.includes('client refused')) ?? ''
    return /thumbprint ([0-9a-f]{40})/.exec(line)?.[1] ?? ''
  }
  const ownThumbprint = async () => {
    const [der] = derPartsOf(await readFile(bench.server.certificateFile))
    return readCertificate(der ?? new Uint8Array()).thumbprint
  }

  it('lets a refused client in as soon as the command of its line has ended', async () => {
    const thumbprint = await refused()
    const line = bench.log.find((each) => each.includes('client refused')) ?? ''
    expect(line).to.match(
      /from 127\.0\.0\.1: BadCertificateUntrusted, .*; to accept it: millrace cert trust [0-9a-f]{40}$/,
    )
    await cert(...(/millrace cert (trust [0-9a-f]{40})/.exec(line)?.[1] ?? '').split(' '))
    const client = await bench.connect(encrypted)
    expect((await client.read('dev/plc1.DeviceId')).value.value).to.equal('plc1')
    expect(line).to.include(thumbprint)
  })

  for (const how of ['reject', 'remove'] as const) {
    it(`closes the channel and the session of a client, after millrace cert ${how}`, async () => {
      const thumbprint = await refused()
      await cert('trust', thumbprint)
      const client = await bench.connect(encrypted)
      const bystander = await bench.connect()
      let isClosed = false
      watchEnd(client, () => (isClosed = true))
      await cert(how, thumbprint)
      const begin = performance.now()
      // The specification of this product allows 60 s.
      await until('it is closed', () => isClosed, 20_000)
      expect(performance.now() - begin).to.be.lessThan(20_000)
      expect(bench.log.find((each) => each.includes('channel closed'))).to.include(thumbprint)
      expect((await bystander.read('dev/plc1.DeviceId')).value.value).to.equal('plc1')
    })
  }

  it('closes the session of a person whose certificate is trusted no more, and no other', async () => {
    const person = await makeCertificate({ name: 'Ada', uri: null })
    userOf.set(person.certificate.thumbprint, 'ada')
    const [file, key] = [join(bench.folder, 'ada.pem'), await keyPemOf(person)]
    await writeFile(file, pemOf('CERTIFICATE', person.der))
    await cert('trust', await refused())
    const user = { type: UserTokenType.Certificate, certificateData: person.der, privateKey: key } as const
    expect(String(await bench.connect({ ...encrypted, user }).catch((error: unknown) => error))).to.include('Bad')
    await cert('trust', file, '--for', 'users')
    const ada = await bench.connect({ ...encrypted, user })
    const other = await bench.connect(encrypted)
    expect((await ada.read('dev/plc1.DeviceId')).statusCode.name).to.equal('Good')
    await cert('reject', person.certificate.thumbprint, '--for', 'users')
    const isOver = () => bench.log.some((line) => line.includes('session of a user closed'))
    await until('it is closed', isOver, 20_000)
    // CurrentSessionCount of ServerDiagnosticsSummary.
    const sessions = async () => (await other.session.read({ nodeId: 'i=2277', attributeId: 13 })).value.value as number
    await until('only the other session is left', async () => (await sessions()) === 1, 20_000)
  })

  it('takes up a certificate that is renewed, tells of it, and keeps the channels that are open', async () => {
    const thumbprint = await refused()
    await cert('trust', thumbprint)
    const old = await bench.connect(encrypted)
    const listener = await listen(await bench.connect(), 'i=2253', {
      fields: ['8:Thumbprint', '8:OldThumbprint'],
      type: typeId('ServerCertificateRenewedEventType'),
    })
    const before = await ownThumbprint()
    await cert('renew', '--new-key')
    const after = await ownThumbprint()
    const [event] = await listener.take(1, 20_000)
    expect(event).to.deep.include({ Thumbprint: after, OldThumbprint: before })
    expect(bench.log.filter((line) => line.includes(`thumbprint ${after}`))).to.have.length(1)
    expect((await old.read('dev/plc1.DeviceId')).value.value).to.equal('plc1')
    // The session proves itself again on the channel that has the old certificate.
    const user = { type: UserTokenType.UserName, userName: 'ada', password: 'x' } as const
    expect((await old.session.changeUser(user)).name).to.equal('Good')
    const person = await makeCertificate({ name: 'Eve', uri: null })
    userOf.set(person.certificate.thumbprint, 'eve')
    await new TrustStore(join(certificates(), 'users'), 'user').put('trusted', person.certificate)
    const eve = {
      type: UserTokenType.Certificate,
      certificateData: person.der,
      privateKey: await keyPemOf(person),
    } as const
    expect((await old.session.changeUser(eve)).name).to.equal('Good')
    const fresh = await bench.connect(encrypted)
    expect((await fresh.read('dev/plc1.DeviceId')).value.value).to.equal('plc1')
  })

  it('warns with an event that it expires, when an authority has issued it', async () => {
    const listener = await listen(await bench.connect(), 'i=2253', {
      fields: ['8:Thumbprint', '8:DaysLeft'],
      type: typeId('ServerCertificateExpiresEventType'),
    })
    const authority = await makeCertificate({ name: 'Plant authority', isAuthority: true })
    const wish = { issuer: authority, uri: applicationUriOf(), hosts: ['localhost', '127.0.0.1'] }
    const made = await makeCertificate({ ...wish, toDays: 6.5 })
    const folder = join(certificates(), 'own')
    await replaceOwn(folder, { chain: [made.certificate, authority.certificate], key: await keyPemOf(made) })
    expect(ownFiles(folder).certificate).to.equal(bench.server.certificateFile)
    const [event] = await listener.take(1, 20_000)
    expect(event).to.deep.include({ Thumbprint: made.certificate.thumbprint, DaysLeft: 6 })
    expect(bench.log.find((line) => line.startsWith('error the certificate of the server expires'))).to.include(
      'issued by Plant authority',
    )
  })
})

/** Calls back when the channel of a client ends. */
function watchEnd({ session }: Client, onEnd: () => void): void {
  const { _client: client } = session as unknown as { readonly _client: OPCUAClient }
  for (const event of ['connection_lost', 'close', 'abort'] as const) client.on(event, onEnd)
}
