import { existsSync } from 'node:fs'
import { readdir, rename, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { thumbprintOf } from '../../../src/certificates/thumbprint.ts'
import { type ClientOptions, targetOf } from '../../../src/cli/client/options.ts'
import type { ServerSession } from '../../../src/cli/client/session.ts'
import { certificateIn } from '../../../src/cli/client/trust.ts'
import { withServer } from '../../../src/cli/client/with-server.ts'
import { UsageError } from '../../../src/cli/exit-code.ts'
import { isMillraceError } from '../../../src/model/errors.ts'
import { plantFolder, removePlantFolders } from '../../config/plant-folder.ts'
import { type ScratchPlant, startScratch } from '../../kit/scratch-plant.ts'
import { startTcpProxy } from '../../kit/tcp-proxy.ts'
import { recordedTerminal } from '../recorded-terminal.ts'

const plant = `
plant: acme
server: { anonymous: observe, security: { unsecured: true } }
equipment: { Acme: { level: Enterprise } }
devices:
  servo1: { type: mock-servo, equipment: Acme, config: { seed: 1 } }
`

/** What one use of a server came to: its result, or the code and message of its error. */
async function use<T>(
  options: ClientOptions,
  environment: Record<string, string>,
  work: (server: ServerSession) => Promise<T>,
): Promise<{ result?: T; code?: string; message: string; err: string }> {
  const terminal = recordedTerminal(environment)
  try {
    return { result: await withServer(options, terminal, work), message: '', err: terminal.written.err }
  } catch (error) {
    if (!isMillraceError(error) && !(error instanceof UsageError)) throw error
    const code = isMillraceError(error) ? error.code : 'usage'
    return { code, message: error.message, err: terminal.written.err }
  }
}

const modeAndUser = async ({ session, user }: ServerSession) => [
  session.endpoint.securityMode,
  session.endpoint.securityPolicyUri?.split('#')[1],
  user,
]

describe('command line as a client', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant
  let url = ''
  let away = ''
  before(async () => {
    scratch = await startScratch({ 'plant.yaml': plant }, { watchCertificates: true })
    url = scratch.plant.urls[0]!
    away = await plantFolder({})
  })
  after(async () => {
    await scratch.stop()
    await removePlantFolders()
  })
  const at = (more: ClientOptions = {}): ClientOptions => ({ url, certificates: scratch.certificatesFolder, ...more })

  it('uses the most secure endpoint, and is known to the server whose folder of certificates it has', async () => {
    const first = await use(at(), {}, modeAndUser)
    expect(first).to.deep.include({ message: '', result: [3, 'Aes256_Sha256_RsaPss', undefined] })
    expect(first.err).to.match(/^the server of .* now trusts the command line\n$/)
    const again = await use(at({ user: 'Operator' }), { MILLRACE_PASSWORD: 'Operator' }, modeAndUser)
    expect(again).to.deep.include({ message: '', err: '', result: [3, 'Aes256_Sha256_RsaPss', 'Operator'] })
    const { mode } = await stat(join(scratch.certificatesFolder, 'cli'))
    expect(mode & 0o077).to.equal(0)
  })

  it('is taken out of the refused certificates when the owner of the folder uses it', async () => {
    const trusted = join(scratch.certificatesFolder, 'own', 'trusted', 'certs')
    const file = (await readdir(trusted)).find((name) => name.startsWith('millrace-cli'))!
    const der = await certificateIn(join(trusted, file))
    expect(file).to.include(thumbprintOf(der!))
    await rename(join(trusted, file), join(scratch.certificatesFolder, 'own', 'rejected', file))
    const again = await use(at(), {}, modeAndUser)
    expect(again).to.deep.include({ message: '', result: [3, 'Aes256_Sha256_RsaPss', undefined] })
  })

  it('trusts a foreign server by its thumbprint only, and remembers it; the server has to trust it too', async () => {
    const certificates = join(away, 'certificates')
    const own = thumbprintOf((await certificateIn(join(scratch.certificatesFolder, 'own/own/certs/certificate.pem')))!)
    const unknown = await use(at({ certificates }), {}, modeAndUser)
    expect(unknown).to.deep.include({ code: 'server-untrusted' })
    expect(unknown.message).to.include(`--server-thumbprint ${own}`)
    const wrong = await use(at({ certificates, serverThumbprint: 'ab'.repeat(20) }), {}, modeAndUser)
    expect(wrong).to.deep.include({ code: 'server-untrusted' })
    expect(wrong.message).to.include('not the one with thumbprint abab')
    const refused = await use(at({ certificates, serverThumbprint: own }), {}, modeAndUser)
    expect(refused).to.deep.include({ code: 'client-untrusted' })
    const told = /thumbprint ([0-9a-f]{40})/.exec(refused.message)?.[1] ?? ''
    expect(await scratch.plant.trust(told)).to.equal(true)
    expect(await use(at({ certificates }), {}, modeAndUser)).to.deep.include({ message: '' })
    expect(existsSync(join(certificates, 'own'))).to.equal(false)
  })

  it('tells a wrong login, a missing password and a missing permission apart', async () => {
    const work = async (server: ServerSession) => {
      const index = await server.namespaceIndex('urn:millrace:plant:acme')
      const result = await server.call('Disconnect', {
        objectId: `ns=${index};s=dev/servo1`,
        methodId: `ns=${index};s=dev/servo1.Disconnect`,
      })
      return result.statusCode.name
    }
    const wrong = await use(at({ user: 'Operator' }), { MILLRACE_PASSWORD: 'x' }, work)
    expect(wrong).to.deep.include({ code: 'login-refused' })
    expect(wrong.message).to.include('the login of Operator')
    const observer = await use(at({ user: 'Observer' }), { MILLRACE_PASSWORD: 'Observer' }, work)
    expect(observer).to.deep.include({ code: 'permission-missing' })
    expect(observer.message).to.equal(`Observer may not do this at ${url}: Disconnect`)
    const nobody = await use(at(), {}, work)
    expect(nobody.message).to.equal(`a client without a login may not do this at ${url}: Disconnect`)
    const engineer = await use(at({ user: 'Engineer' }), { MILLRACE_PASSWORD: 'Engineer' }, work)
    expect(engineer).to.deep.include({ result: 'Good' })
    const missing = await use(at(), {}, ({ namespaceIndex }) => namespaceIndex('urn:none'))
    expect(missing).to.deep.include({ code: 'server-refused' })
    expect(await use(at({ user: 'Operator' }), {}, work)).to.deep.include({
      code: 'usage',
      message: 'Operator has no password; set MILLRACE_PASSWORD, or type it on a terminal',
    })
  })

  it('tells within seconds that there is no server, or one that says nothing', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    try {
      const late = await use(at({ url: `opc.tcp://127.0.0.1:${port}` }), {}, modeAndUser)
      expect(['server-unreachable', 'timed-out'], late.message).to.include(late.code)
    } finally {
      silent.close()
    }
    const none = await use(at({ url: `opc.tcp://127.0.0.1:${port}` }), {}, modeAndUser)
    expect(none).to.deep.include({ code: 'server-unreachable' })
    expect(none.message).to.include('nothing listens there')
    const nowhere = await use(at({ url: 'opc.tcp://no-such-host.invalid:4840' }), {}, modeAndUser)
    expect(nowhere).to.deep.include({ code: 'server-unreachable' })
  })

  it('tells that the server was lost on the way, and ends', async () => {
    const proxy = await startTcpProxy(() => Number(new URL(url).port))
    const cut = async ({ ask, session }: ServerSession) => {
      await proxy.close()
      return ask('reading', session.read({ nodeId: 'i=2258' }))
    }
    const lost = await use(at({ url: `opc.tcp://127.0.0.1:${proxy.port}` }), {}, cut)
    expect(['server-unreachable', 'timed-out'], lost.message).to.include(lost.code)
  })

  it('takes the URL from the environment, and refuses what is none', () => {
    const urlIn = (environment: Record<string, string>) => targetOf({}, { environment }).url
    expect(urlIn({})).to.equal('opc.tcp://localhost:4840')
    expect(urlIn({ MILLRACE_PORT: '4855' })).to.equal('opc.tcp://localhost:4855')
    expect(urlIn({ MILLRACE_PORT: '0', MILLRACE_URL: 'opc.tcp://plc:4841' })).to.equal('opc.tcp://plc:4841')
    for (const [environment, says] of [
      [{ MILLRACE_PORT: '0' }, 'MILLRACE_PORT'],
      [{ MILLRACE_URL: 'http://plc' }, 'opc.tcp://host:4840'],
      [{ MILLRACE_URL: 'opc.tcp://ada:pass@plc:4840' }, 'holds no login'],
    ] as const)
      expect(() => urlIn(environment)).to.throw(UsageError, says)
  })
})
