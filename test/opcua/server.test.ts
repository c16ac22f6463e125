import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { CreateSessionRequest, GetEndpointsRequest, MessageSecurityMode, OPCUAClient, SecurityPolicy } from 'node-opcua'
import { isMillraceError } from '../../src/model/errors.ts'
import { hostNamesOf } from '../../src/opcua/server-options.ts'
import { RawClient, statusOf } from '../kit/raw-client.ts'
import { type Bench, encrypted, startBench } from './bench.ts'

/** The error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('server', () => {
  describe('security', () => {
    let bench: Bench

    before(async () => {
      bench = await startBench({ anonymous: 'observe', allowUnsecured: false })
    })
    after(() => bench.stop())

    async function endpoints() {
      const client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 0 } })
      await client.connect(bench.server.urls[0]!)
      const found = await client.getEndpoints()
      await client.disconnect()
      return found
    }

    it('offers three policies, signed and encrypted', async () => {
      const offered = new Set(
        (await endpoints()).map(
          ({ securityMode, securityPolicyUri }) =>
            `${MessageSecurityMode[securityMode]} ${securityPolicyUri?.split('#')[1]}`,
        ),
      )
      expect([...offered].sort()).to.deep.equal(
        [
          'SignAndEncrypt Aes128_Sha256_RsaOaep',
          'SignAndEncrypt Aes256_Sha256_RsaPss',
          'SignAndEncrypt Basic256Sha256',
          'Sign Aes128_Sha256_RsaOaep',
          'Sign Aes256_Sha256_RsaPss',
          'Sign Basic256Sha256',
        ].sort(),
      )
    })

    it('answers discovery without security, and a session without it BadSecurityModeRejected', async () => {
      const client = await RawClient.connect(bench.server.port)
      await client.hello()
      await client.open()
      const endpointUrl = bench.server.urls[0] ?? ''
      expect(statusOf(await client.request(new GetEndpointsRequest({ endpointUrl })))).to.equal('Good')
      const session = new CreateSessionRequest({ endpointUrl, requestedSessionTimeout: 1_000, sessionName: 'raw' })
      expect(statusOf(await client.request(session))).to.equal('BadSecurityModeRejected')
      client.socket.destroy()
    })

    it('made itself a certificate with the names of its host', async () => {
      const { subjectAltName } = new X509Certificate(await readFile(bench.server.certificateFile))
      expect(subjectAltName).to.include('DNS:localhost').and.include(`DNS:${hostname()}`).and.include('127.0.0.1')
      expect(subjectAltName).to.include('URI:urn:')
    })

    it('refuses a client that nobody trusts, and says in the log who it was and how to accept it', async () => {
      const error = await errorOf(bench.connect(encrypted))
      expect(String(error)).to.match(/Bad|disconnected|rejected|ECONN|closed/i)
      const line = bench.log.find((each) => each.includes('client refused'))
      expect(line).to.match(
        /^warn client refused: ".*", thumbprint ([0-9a-f]{40}), from \S+: BadCertificateUntrusted, .*; to accept it: millrace cert trust \1$/,
      )
    })

    it('names a refused client once, however often it tries', async () => {
      await errorOf(bench.connect(encrypted))
      expect(bench.log.filter((each) => each.includes('client refused'))).to.have.length(1)
      // Nothing else lies there: not the server itself.
      expect(await readdir(join(bench.folder, 'server/own/rejected'))).to.have.length(1)
    })

    it('accepts it at once, after it is trusted', async () => {
      const line = bench.log.find((each) => each.includes('client refused'))
      const thumbprint = /thumbprint ([0-9a-f]{40})/.exec(line ?? '')?.[1] ?? ''
      expect(await bench.server.trust('00'.repeat(20))).to.equal(false)
      expect(await bench.server.trust(thumbprint)).to.equal(true)
      for (const policy of [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss]) {
        for (const mode of [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt]) {
          const client = await bench.connect({ mode, policy })
          expect((await client.read('dev/plc1.DeviceId')).value.value).to.equal('plc1')
          await client.close()
        }
      }
    })
  })

  describe('start', () => {
    it('rejects with port-in-use, when another program listens there', async () => {
      const other = createServer()
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const { port } = other.address() as { port: number }
      const error = await errorOf(startBench({ port }))
      expect(isMillraceError(error, 'port-in-use')).to.equal(true)
      expect(String(error)).to.include(`port ${port} is in use`)
      await new Promise((resolve) => other.close(resolve))
    })

    it('rejects with certificate-unusable, when the folder is a file', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-file-'))
      const file = join(folder, 'certificates')
      await writeFile(file, '')
      const error = await errorOf(startBench({ certificatesFolder: file }))
      expect(isMillraceError(error, 'certificate-unusable')).to.equal(true)
      expect(String(error)).to.include(file)
      await rm(folder, { recursive: true })
    })

    it('rejects with value-invalid, when the address is not of this machine', async () => {
      const error = await errorOf(startBench({ bind: '192.0.2.1' }))
      expect(isMillraceError(error, 'value-invalid')).to.equal(true)
    })

    it('is silent about a healthy plant', async () => {
      const bench = await startBench()
      const client = await bench.connect()
      await client.read('dev/plc1.DeviceId')
      await bench.stop()
      expect(bench.log.filter((line) => !line.startsWith('debug'))).to.deep.equal([])
    })
  })

  describe('stop', () => {
    it('ends within 1.5 s with clients connected, follows the plant no more, and may be called twice', async () => {
      const bench = await startBench()
      const clients = await Promise.all([bench.connect(), bench.connect()])
      await clients[0]?.session.createSubscription2({
        requestedPublishingInterval: 100,
        requestedLifetimeCount: 100,
        requestedMaxKeepAliveCount: 10,
        publishingEnabled: true,
      })
      expect(bench.plant.isFollowed).to.equal(true)
      const begin = performance.now()
      await Promise.all([bench.server.stop(), bench.server.stop()])
      expect(performance.now() - begin).to.be.lessThan(1_500)
      expect(bench.plant.isFollowed).to.equal(false)
      await bench.server.stop()
      await bench.stop()
    })

    it('gives every handle back', async () => {
      const handles = (): number =>
        process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|FSEvent|FSWatch|StatWatcher/.test(name)).length
      const cycle = async (): Promise<void> => {
        const bench = await startBench({ watchCertificates: true })
        await (await bench.connect()).close()
        await bench.stop()
      }
      await cycle()
      await new Promise((resolve) => setTimeout(resolve, 100))
      const before = handles()
      await cycle()
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(handles()).to.be.at.most(before)
    })

    it('leaves other servers of the process alone', async () => {
      const [one, two] = await Promise.all([startBench(), startBench()])
      expect(one.server.port).not.to.equal(two.server.port)
      await one.stop()
      const client = await two.connect()
      two.plant.set('plc1.Level', 3)
      expect((await client.read('dev/plc1.Level')).value.value).to.equal(3)
      await two.stop()
    })
  })

  describe('host names', () => {
    it('are those under which a bound address is reached', () => {
      expect(hostNamesOf('127.0.0.1')).to.deep.equal(['localhost', '127.0.0.1'])
      expect(hostNamesOf('10.0.0.7')).to.deep.equal(['10.0.0.7'])
      expect(hostNamesOf('0.0.0.0').slice(0, 2)).to.deep.equal([hostname(), 'localhost'])
    })
  })
})
