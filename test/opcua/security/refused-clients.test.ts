import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { MessageSecurityMode, OPCUACertificateManager, OPCUAClient, SecurityPolicy } from 'node-opcua'
import { derPartsOf, pemOf } from '../../../src/certificates/der.ts'
import { folders, TrustStore } from '../../../src/certificates/store.ts'
import { thumbprintOf } from '../../../src/certificates/thumbprint.ts'
import type { AuditRecord } from '../../../src/opcua/events/audit-trail.ts'
import { type BadCertificate, makeBadCertificates } from '../../kit/bad-certificates.ts'
import { clientUri, type Made, makeCertificate, makeRevocationList, writePair } from '../../kit/certificate-workshop.ts'
import { type Bench, type Client, startBench } from '../bench.ts'
import { type EventListener, listen, typeId } from '../event-listener.ts'

describe('clients with bad certificates', function () {
  this.timeout(60_000)
  let bench: Bench
  let bad: readonly BadCertificate[]
  let listener: EventListener
  let security: Client
  let store: TrustStore
  const records: AuditRecord[] = []

  before(async () => {
    bad = await makeBadCertificates()
    bench = await startBench({
      users: { check: async () => true, rolesOf: () => ['SecurityAdmin' as never, 'ConfigureAdmin'] },
      onAudit: (record) => records.push(record),
    })
    store = new TrustStore(join(bench.folder, 'server', 'own'), 'application')
    security = await bench.connect({ user: { type: 1, userName: 'admin', password: 'admin' } as never })
    listener = await listen(security, 'i=2253', { fields: ['Certificate', 'StatusCodeId', 'Status'], type: 'i=2080' })
  })
  after(() => bench.stop())

  const put = (folder: keyof typeof folders, name: string, content: string | Buffer) =>
    writeFile(join(store.folder, folders[folder], name), content)

  const empty = async (): Promise<void> => {
    for (const name of ['trusted', 'issuerRevocations'] as const) {
      const folder = join(store.folder, folders[name])
      for (const file of await readdir(folder)) await rm(join(folder, file))
    }
  }

  const refusedIn = async (made: Made, sent: Buffer): Promise<{ ms: number; error: string }> => {
    const files = await writePair(join(bench.folder, `client-${thumbprintOf(made.der).slice(0, 8)}`), made, sent)
    return connectWith(bench, files)
  }

  it('are refused within half a second, most of the time, each with its event, its line and its record', async () => {
    const times: number[] = []
    // A line that is the same is written once a minute.
    const heldBack = new Set<string>()
    for (const each of bad.filter(({ made }) => isCarried(made.der))) {
      const { title, made, sent, trusted, revocationLists, status } = each
      const thumbprint = thumbprintOf(made.der)
      await empty()
      await put('trusted', 'bad.pem', pemOf('CERTIFICATE', made.der))
      for (const [index, { der }] of trusted.entries()) await put('trusted', `above${index}.der`, der)
      for (const [index, list] of revocationLists.entries()) await put('issuerRevocations', `list${index}.crl`, list)
      const { ms, error } = await refusedIn(made, sent)
      expect(error, title).to.match(/Bad|disconnect|reset|closed|ECONN/i)
      times.push(ms)
      if (!isCarried(sent)) continue
      const [event] = await listener.take(1)
      expect(String(event?.EventType), title).to.equal(typeId(each.event as never))
      expect(event, title).to.deep.include({ SourceName: 'Security/Certificate', Status: false })
      expect(made.der.equals(event?.Certificate as Buffer), title).to.equal(true)
      expect(records.at(-1), title).to.deep.include({ action: 'refuse', target: thumbprint })
      const line = bench.log.findLast((text) => text.includes(thumbprint))
      expect(line, title).to.match(/^warn client refused: ".*", thumbprint [0-9a-f]{40}, from \S+: Bad\w+, .+/)
      expect(line, title).to.match(heldBack.has(`${thumbprint} ${status}`) ? /./ : new RegExp(`: ${status}, `))
      heldBack.add(`${thumbprint} ${status}`)
    }
    times.sort((a, b) => a - b)
    expect(times.length).to.be.greaterThan(15)
    expect(times[times.length >> 1], `of ${times.map(Math.round).join(', ')} ms`).to.be.lessThan(500)
  })

  it('learn only what Part 4 lets a stranger learn', async () => {
    const seen = new Map<string, string>()
    await empty()
    for (const { title, made, sent } of bad.filter((each) => isCarried(each.made.der))) {
      seen.set(title, (await refusedIn(made, sent)).error)
    }
    for (const [title, error] of seen) {
      expect(error, title).not.to.match(/Untrusted|Revoked|Policy|Uri|Chain|Time|UseNot/)
    }
    await listener.rest()
  })

  it('are refused when they say in the session that they are another application', async () => {
    const made = await makeCertificate({ name: 'Pretender' })
    await store.put('trusted', made.certificate)
    const files = await writePair(join(bench.folder, 'pretender'), made)
    const { error } = await connectWith(bench, files, (client) => {
      Object.assign(client, { _getApplicationUri: () => 'urn:somebody:else' })
    })
    expect(error).to.include('BadCertificateUriInvalid')
    const [event] = await listener.take(1)
    expect(String(event?.EventType)).to.equal(typeId('CertificateDataMismatchAuditEventType'))
    expect(bench.log.at(-1)).to.include(`it is for ${clientUri}, and the client says that it is urn:somebody:else`)
  })

  it('are let in as soon as what was wrong is mended, without a restart', async () => {
    const root = await makeCertificate({ name: 'Authority', isAuthority: true })
    const leaf = await makeCertificate({ name: 'Issued', issuer: root })
    const files = await writePair(join(bench.folder, 'issued'), leaf, leaf.der)
    expect((await connectWith(bench, files)).error).to.match(/Bad|disconnect|closed/)
    await store.put('trusted', root.certificate)
    expect((await connectWith(bench, files)).error).to.include('BadCertificateRevocationUnknown')
    await put('issuerRevocations', 'authority.crl', await makeRevocationList(root))
    expect((await connectWith(bench, files)).error).to.equal('')
  })

  it('cannot forge a line of the log with their name', async () => {
    const sly = await makeCertificate({ name: 'x\u001b[31m\u202e red' })
    await connectWith(bench, await writePair(join(bench.folder, 'sly'), sly))
    const line = bench.log.find((text) => text.includes(sly.certificate.thumbprint)) ?? ''
    expect(line).to.include('· red').and.not.include('\u001b').and.not.include('\u202e')
  })
})

/** Whether one chunk carries it; a larger one is refused before anybody looks at the certificate. */
function isCarried(sent: Buffer): boolean {
  return sent.length < 15_000
}

/** Connects with this certificate and opens a session; tells how long that took, and the error, empty when there was none. */
async function connectWith(
  bench: Bench,
  files: { readonly certificateFile: string; readonly privateKeyFile: string },
  change: (client: OPCUAClient) => void = () => undefined,
): Promise<{ ms: number; error: string }> {
  const manager = new OPCUACertificateManager({
    rootFolder: join(bench.folder, 'client'),
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  })
  const [serverCertificate] = derPartsOf(await readFile(bench.server.certificateFile))
  const client = OPCUAClient.create({
    ...files,
    clientCertificateManager: manager,
    serverCertificate: Buffer.from(serverCertificate ?? new Uint8Array()),
    endpointMustExist: false,
    securityMode: MessageSecurityMode.SignAndEncrypt,
    securityPolicy: SecurityPolicy.Basic256Sha256,
    connectionStrategy: { maxRetry: 0, initialDelay: 10 },
  })
  client.on('backoff', () => undefined)
  change(client)
  const begin = performance.now()
  try {
    await client.connect(bench.server.urls[0] ?? '')
    const session = await client.createSession()
    await session.close()
    return { ms: performance.now() - begin, error: '' }
  } catch (error) {
    return { ms: performance.now() - begin, error: String(error) }
  } finally {
    await client.disconnect()
    await manager.dispose()
  }
}
