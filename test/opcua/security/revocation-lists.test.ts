import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { MessageSecurityMode, OPCUACertificateManager, OPCUAClient, SecurityPolicy } from 'node-opcua'
import { folders, TrustStore } from '../../../src/certificates/store.ts'
import { defaultCertificateRules } from '../../../src/model/certificate-rules.ts'
import { type Made, makeCertificate, makeRevocationList, writePair } from '../../kit/certificate-workshop.ts'
import { until } from '../../kit/demo-plant.ts'
import { type Bench, startBench } from '../bench.ts'
import { type Heard, listen, typeId } from '../event-listener.ts'

describe('revocation lists of a server', function () {
  this.timeout(120_000)
  let bench: Bench
  let authority: Made
  let client: Made

  before(async () => {
    authority = await makeCertificate({ name: 'Authority', isAuthority: true })
    client = await makeCertificate({ name: 'Client', issuer: authority })
  })
  afterEach(() => bench.stop())

  const start = async (acceptsOverdueLists = false): Promise<void> => {
    bench = await startBench({
      watchCertificates: true,
      certificateRules: { ...defaultCertificateRules, acceptsOverdueLists },
    })
    await new TrustStore(join(bench.folder, 'server', 'own'), 'application').put('trusted', authority.certificate)
  }
  const put = async (name: string, dates: { fromDays: number; toDays: number }): Promise<void> =>
    writeFile(
      join(bench.folder, 'server', 'own', folders.issuerRevocations, `${name}.crl`),
      await makeRevocationList(authority, [], dates),
    )

  /** Connects, and gives what ends the connection; throws what the server has said. */
  async function connect() {
    const store = new OPCUACertificateManager({
      ...{ rootFolder: join(bench.folder, 'pki'), automaticallyAcceptUnknownCertificate: true },
      disableFileWatchers: true,
    })
    const files = await writePair(join(bench.folder, 'client'), client)
    const opcua = OPCUAClient.create({
      ...{
        ...files,
        clientCertificateManager: store,
        applicationUri: client.certificate.uris[0]!,
        endpointMustExist: false,
      },
      ...{ securityMode: MessageSecurityMode.SignAndEncrypt, securityPolicy: SecurityPolicy.Basic256Sha256 },
      connectionStrategy: { maxRetry: 0, initialDelay: 50 },
    })
    const end = async (): Promise<void> => {
      await opcua.disconnect()
      await store.dispose()
    }
    try {
      await opcua.connect(bench.server.urls[0]!)
      const session = await opcua.createSession()
      return { session, end }
    } catch (error) {
      await end()
      throw error
    }
  }

  it('refuse whoever has a certificate of the authority, when they are overdue, until the next one is there', async () => {
    await start()
    await put('old', { fromDays: -31, toDays: -1 })
    const refusal = await connect().then(
      () => '',
      (error: unknown) => String(error),
    )
    expect(refusal).to.include('BadCertificateRevocationUnknown')
    const line = bench.log.find((each) => each.includes('client refused'))
    expect(line).to.match(
      /BadCertificateRevocationUnknown, the revocation list of Authority is overdue since .*; to accept it: millrace cert trust and the file of the next list, or server\.security\.overdueRevocationLists: accept in the plant file$/,
    )
    await put('new', { fromDays: 0, toDays: 30 })
    await (await connect()).end()
  })

  it('hold on when they are overdue, where the plant file says so', async () => {
    await start(true)
    await put('old', { fromDays: -31, toDays: -1 })
    await (await connect()).end()
    await until(
      'it is told',
      () => bench.log.some((line) => /^warn the revocation list of Authority is overdue/.test(line)),
      20_000,
    )
  })

  it('warn with an event before they are overdue, and when they are, while open channels go on', async () => {
    await start()
    const listener = await listen(await bench.connect(), 'i=2253', {
      fields: ['8:Issuer', '8:Thumbprint', '8:ExpirationDate'],
      type: typeId('RevocationListExpiresEventType'),
    })
    const nearMs = 15_000
    const nearDays = nearMs / 86_400_000
    await put('near', { fromDays: -30, toDays: nearDays })
    const { session, end } = await connect()
    const [due] = await listener.take(1, 30_000)
    const { thumbprint } = authority.certificate
    expect(due).to.deep.include({ Issuer: 'Authority', Thumbprint: thumbprint })
    expect(textOf(due)).to.match(
      /^the revocation list of Authority has to be replaced by .* UTC; clients with its certificates are refused then; get the next one there, then: millrace cert trust and its file$/,
    )
    const [overdue] = await listener.take(1, 60_000)
    expect(textOf(overdue)).to.match(/ is overdue since .*; clients .* are refused now; /)
    expect(bench.log.some((line) => /^error the revocation list of Authority is overdue/.test(line))).to.equal(true)
    expect(String(await connect().catch((error: unknown) => error))).to.include('BadCertificateRevocationUnknown')
    expect((await session.read({ nodeId: 'i=2258', attributeId: 13 })).statusCode.name).to.equal('Good')
    await end()
  })
})

function textOf(event: Heard | undefined): string {
  return (event?.Message as { readonly text: string } | undefined)?.text ?? ''
}
