import { join } from 'node:path'
import { expect } from 'chai'
import {
  ActivateSessionRequest,
  AnonymousIdentityToken,
  MessageSecurityMode,
  type NodeId,
  OPCUACertificateManager,
  OPCUAClient,
  ReadRequest,
  SecurityPolicy,
} from 'node-opcua'
import { readCertificate } from '../../../src/certificates/certificate.ts'
import { TrustStore } from '../../../src/certificates/store.ts'
import type { AuditRecord } from '../../../src/opcua/events/audit-trail.ts'
import type { RoleName } from '../../../src/opcua/roles.ts'
import { until } from '../../kit/demo-plant.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { openHeader } from '../../kit/raw-messages.ts'
import { startTcpProxy } from '../../kit/tcp-proxy.ts'
import { type UserCertificate, userCertificate } from '../../kit/user-plant.ts'
import { type Bench, type Client, encrypted, startBench } from '../bench.ts'

/** What the client of a session holds that others may learn. */
interface Held {
  readonly authenticationToken: NodeId
  readonly _client: {
    getCertificate(): Uint8Array
    readonly endpoint: {
      readonly userIdentityTokens: readonly { readonly policyId: string; readonly tokenType: number }[]
    }
  }
}

describe('a session that is activated on another channel', function () {
  this.timeout(60_000)
  let bench: Bench
  let ada: UserCertificate
  const kept: AuditRecord[] = []

  before(async () => {
    ada = await userCertificate('ada')
    bench = await startBench({
      anonymous: 'observe',
      users: {
        check: async (user, password) => user === password,
        rolesOf: (user) => (user === 'ada' ? ['Engineer'] : [user as RoleName]),
        userOfCertificate: (thumbprint) => (thumbprint === ada.thumbprint ? 'ada' : undefined),
      },
      onAudit: (record) => kept.push(record),
    })
    await new TrustStore(join(bench.folder, 'server', 'users'), 'user').put('trusted', readCertificate(ada.certificate))
    await bench.connect(encrypted).catch(() => undefined)
    await bench.server.trust(/thumbprint ([0-9a-f]{40})/.exec(bench.log.join('\n'))?.[1] ?? '')
  })
  after(() => bench.stop())

  const heldBy = ({ session }: Client): Held => session as unknown as Held

  /** Opens a channel without security, showing a certificate, and takes a session up there. */
  async function takeUp({ authenticationToken }: Held, certificate?: Uint8Array): Promise<RawClient> {
    const thief = await RawClient.connect(bench.server.port)
    await thief.hello()
    await thief.openWith(openHeader(undefined, certificate))
    thief.authenticationToken = authenticationToken
    return thief
  }

  const activate = (thief: RawClient, { _client }: Held): Promise<string> => {
    const policyId = _client.endpoint.userIdentityTokens.find(({ tokenType }) => tokenType === 0)!.policyId
    const request = new ActivateSessionRequest({ userIdentityToken: new AnonymousIdentityToken({ policyId }) })
    return thief.request(request).then(statusOf)
  }

  for (const mode of [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt]) {
    it(`is not taken up without security by whoever has learnt its token (${MessageSecurityMode[mode]})`, async () => {
      const victim = await bench.connect({ mode, policy: SecurityPolicy.Basic256Sha256 })
      const held = heldBy(victim)
      const sessionId = victim.session.sessionId.toString()
      for (const certificate of [undefined, held._client.getCertificate()]) {
        const thief = await takeUp(held, certificate)
        expect(await activate(thief, held)).to.be.oneOf(['BadSecurityChecksFailed', 'BadNoValidCertificates'])
        const read = new ReadRequest({ nodesToRead: [{ nodeId: 'i=2258', attributeId: 13 }] })
        expect(statusOf(await thief.request(read))).to.equal('BadSecureChannelIdInvalid')
        await thief.destroy()
      }
      expect((await victim.read('dev/plc1.DeviceId')).statusCode.name).to.equal('Good')
      const refused = kept.filter(({ session, status }) => session === sessionId && status !== 0)
      expect(refused.map(({ action, user }) => `${action} ${user}`)).to.deep.equal([
        'login anonymous',
        'login anonymous',
      ])
      await victim.close()
    })
  }

  it('goes on for a user with a certificate, whose line was cut', async () => {
    const proxy = await startTcpProxy(() => bench.server.port)
    const store = new OPCUACertificateManager({
      ...{ rootFolder: join(bench.folder, 'client'), automaticallyAcceptUnknownCertificate: true },
      disableFileWatchers: true,
    })
    const client = OPCUAClient.create({
      ...{ endpointMustExist: false, clientCertificateManager: store, applicationName: 'MillraceTest' },
      ...{ securityMode: MessageSecurityMode.SignAndEncrypt, securityPolicy: SecurityPolicy.Basic256Sha256 },
      connectionStrategy: { maxRetry: 100, initialDelay: 50, maxDelay: 200, randomisationFactor: 0 },
    })
    try {
      await client.connect(`opc.tcp://127.0.0.1:${proxy.port}`)
      const session = await client.createSession(ada.identity)
      const sessionId = session.sessionId.toString()
      const read = () => session.read({ nodeId: 'i=2258', attributeId: 13 })
      expect((await read()).statusCode.name).to.equal('Good')
      let isBack = false
      client.once('connection_reestablished', () => {
        isBack = true
      })
      proxy.cut()
      proxy.mend()
      await until('the connection is there again', () => isBack, 30_000)
      await until('the session is there again', async () =>
        read().then(
          ({ statusCode }) => statusCode.isGood(),
          () => false,
        ),
      )
      expect(session.sessionId.toString()).to.equal(sessionId)
    } finally {
      await client.disconnect()
      await store.dispose()
      await proxy.close()
    }
  })
})
