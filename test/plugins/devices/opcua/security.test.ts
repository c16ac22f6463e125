import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { MessageSecurityMode, SecurityPolicy } from 'node-opcua'
import { chooseEndpoint, confirmEndpoint } from '../../../../plugins/devices/opcua/endpoint.ts'
import { until } from '../../../kit/demo-plant.ts'
import { type FieldDevice, startDevice, tagsOf } from './field-device.ts'
import { type FieldServer, startFieldServer } from './field-server.ts'

describe('opcua: security', () => {
  let server: FieldServer
  let thumbprint: string
  let device: FieldDevice | undefined
  let folderCount = 0
  const start = (config: Record<string, unknown>, folder = join(server.folder, `client${folderCount++}`)) => {
    device = startDevice({ url: server.url, publishingInterval: 50, tags: tagsOf('temperature'), ...config }, folder)
    return device
  }
  const refused = async (plc: FieldDevice, reason: RegExp): Promise<string> => {
    const line = () => plc.log.find((each) => reason.test(each))
    await until(`it is refused: ${reason}`, () => line() !== undefined)
    await until('the tag is Bad', () => plc.status('temperature') === 'BadNoCommunication')
    return line() ?? ''
  }
  /** How the server sees the session: its mode, its policy, and who it is. */
  const seen = () => {
    const [session] = Object.values(
      (server.server.engine as unknown as { _sessions: Record<string, SeenSession> })._sessions,
    )
    const { securityMode, securityPolicy } = session!.channel
    return [MessageSecurityMode[securityMode], securityPolicy.split('#')[1], session!.userIdentityToken?.userName]
  }
  interface SeenSession {
    readonly channel: { readonly securityMode: MessageSecurityMode; readonly securityPolicy: string }
    readonly userIdentityToken?: { readonly userName?: string }
  }

  before(async () => {
    server = await startFieldServer()
    thumbprint = createHash('sha1').update(server.server.getCertificate()).digest('hex')
  })
  afterEach(() => device?.close())
  after(() => server.remove())

  const user = { user: 'operator', password: 'pump-7' }
  const secured: [Record<string, unknown>, (string | undefined)[]][] = [
    [{}, ['SignAndEncrypt', 'Aes256_Sha256_RsaPss', undefined]],
    [{ securityPolicy: 'Basic256Sha256', ...user }, ['SignAndEncrypt', 'Basic256Sha256', 'operator']],
    [{ securityMode: 'Sign', ...user }, ['Sign', 'Aes256_Sha256_RsaPss', 'operator']],
    [{ securityMode: 'None', ...user }, ['None', 'None', 'operator']],
  ]
  for (const [config, expected] of secured) {
    it(`connects with ${expected.join(', ')}`, async () => {
      const plc = start({ serverThumbprint: thumbprint, ...config }, join(server.folder, 'shared'))
      await plc.good('temperature')
      expect(seen()).to.deep.equal(expected)
    })
  }

  it('logs in with the certificate of a user', async () => {
    const folder = join(server.folder, 'shared')
    const store = join(folder, 'certificates', 'client')
    await mkdir(join(store, 'users'), { recursive: true })
    const from = { cert: 'own/certs/certificate.pem', key: 'own/private/private_key.pem' }
    await copyFile(join(server.folder, 'server', from.cert), join(store, 'users', 'operator.pem'))
    await copyFile(join(server.folder, 'server', from.key), join(store, 'users', 'operator.key'))
    const login = { userCertificate: 'users/operator.pem', userKey: 'users/operator.key' }
    const plc = start({ serverThumbprint: thumbprint, ...login }, folder)
    await plc.good('temperature')
    expect(seen().slice(0, 2)).to.deep.equal(['SignAndEncrypt', 'Aes256_Sha256_RsaPss'])
    await plc.close()
    const missing = start({ serverThumbprint: thumbprint, ...login, userCertificate: 'users/nobody.pem' }, folder)
    await refused(missing, /userCertificate .*nobody\.pem cannot be read/)
    await missing.close()
    const swapped = { userCertificate: login.userCertificate, userKey: login.userCertificate }
    await refused(start({ serverThumbprint: thumbprint, ...swapped }, folder), /operator\.pem is no private key/)
  })

  it('refuses a wrong password, tells it to nobody, and leaves no session', async () => {
    const wrong = { user: 'operator', password: 'wrong-secret' }
    const plc = start({ serverThumbprint: thumbprint, ...wrong }, join(server.folder, 'shared'))
    const line = await refused(plc, /the server answered Bad(UserAccessDenied|IdentityTokenRejected)/)
    expect(plc.log.join()).not.to.match(/wrong-secret/)
    expect(line).not.to.match(/operator/)
    await plc.close()
    expect(server.server.engine.currentSessionCount).to.equal(0)
  })

  it('refuses a certificate that is not trusted, and names it, the command and the file to move', async () => {
    const plc = start({})
    const line = await refused(plc, /is refused with BadCertificateUntrusted/)
    const [, print, from = '', to = ''] =
      /thumbprint ([0-9a-f]{40}); to accept it, .*, or move (\S+) to (\S+)/.exec(line) ?? []
    expect(print).to.equal(thumbprint)
    expect(line).to.include(`millrace cert trust ${thumbprint} --for servers`)
    expect(line).to.match(/"[^"]*NodeOPCUA[^"]*"|"[^"]+"/)
    expect(await readdir(to)).to.deep.equal([])
    await rename(from, join(to, from.split('/').at(-1) ?? 'server.pem'))
    await plc.good('temperature')
  })

  it('trusts the one certificate with a wanted thumbprint, and no other', async () => {
    const colons = (thumbprint.match(/../g) ?? []).join(':').toUpperCase()
    const plc = start({ serverThumbprint: colons })
    await plc.good('temperature')
    await plc.close()
    await refused(start({ serverThumbprint: 'ab'.repeat(20) }), /not the one with serverThumbprint abab/)
  })

  it('keeps a key and a certificate of its own, which nobody else can read', async () => {
    const folder = join(server.folder, 'own')
    const plc = start({ serverThumbprint: thumbprint }, folder)
    await plc.good('temperature')
    const own = join(folder, 'certificates', 'client', 'own')
    expect((await stat(join(folder, 'certificates', 'client'))).mode & 0o077).to.equal(0)
    expect(await readFile(join(own, 'private', 'private_key.pem'), 'utf8')).to.match(/PRIVATE KEY/)
    expect(await readFile(join(own, 'certs', 'client_certificate.pem'), 'utf8')).to.match(/BEGIN CERTIFICATE/)
  })

  it('shares its key and certificate with other devices that begin at the same time', async () => {
    const folder = join(server.folder, 'together')
    const plcs = Array.from({ length: 3 }, () => start({ serverThumbprint: thumbprint }, folder))
    for (const plc of plcs) await plc.good('temperature')
    for (const plc of plcs) await plc.close()
    expect(server.server.engine.currentSessionCount).to.equal(0)
  })

  it('refuses a server that offers nothing but None unless None is asked for', async () => {
    const bare = await startFieldServer({
      server: { securityModes: [MessageSecurityMode.None], securityPolicies: [SecurityPolicy.None] },
    })
    try {
      await refused(start({ url: bare.url }), /write securityMode: None when its network can be trusted/)
      await device?.close()
      await start({ url: bare.url, securityMode: 'None' }).good('temperature')
    } finally {
      await device?.close()
      await bare.remove()
    }
  })

  it('refuses to send a password in plain text, and to be led to a worse endpoint', () => {
    const endpoint = (mode: MessageSecurityMode, policy: SecurityPolicy, tokenPolicy: SecurityPolicy | null = null) =>
      ({
        ...{ endpointUrl: 'opc.tcp://plc:4840', securityMode: mode, securityPolicyUri: policy },
        ...{ serverCertificate: Buffer.alloc(1) },
        userIdentityTokens: [{ tokenType: 1, securityPolicyUri: tokenPolicy }],
      }) as never
    const none = endpoint(MessageSecurityMode.None, SecurityPolicy.None)
    const sign = endpoint(MessageSecurityMode.Sign, SecurityPolicy.Basic256Sha256)
    const best = endpoint(MessageSecurityMode.SignAndEncrypt, SecurityPolicy.Basic256Sha256)
    const wish = { url: 'opc.tcp://plc:4840', securityMode: 'best', securityPolicy: 'best', user: 'operator' } as const
    expect(chooseEndpoint([none, sign, best], wish)).to.equal(best)
    expect(chooseEndpoint([none, sign], wish)).to.equal(sign)
    expect(() => chooseEndpoint([none], { ...wish, securityMode: 'None' })).to.throw(/only in plain text/)
    const { user: _, ...anonymous } = wish
    expect(() => chooseEndpoint([best], anonymous)).to.throw(/no anonymous login at SignAndEncrypt/)
    const guest = { ...(sign as object), userIdentityTokens: [{ tokenType: 0 }] } as never
    expect(chooseEndpoint([best, guest], anonymous)).to.equal(guest)
    expect(() => chooseEndpoint([guest], wish)).to.throw(/no user name at Sign/)
    const encrypted = endpoint(MessageSecurityMode.None, SecurityPolicy.None, SecurityPolicy.Basic256Sha256)
    expect(chooseEndpoint([encrypted], { ...wish, securityMode: 'None' })).to.equal(encrypted)
    expect(() => confirmEndpoint(sign, [none, sign, best], wish)).to.throw(/changed on its way/)
    expect(() => confirmEndpoint(sign, [none, sign, best], { ...wish, securityMode: 'Sign' })).not.to.throw()
    expect(() => confirmEndpoint(best, [none, sign, best], wish)).not.to.throw()
  })
})
