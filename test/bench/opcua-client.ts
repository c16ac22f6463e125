/** The process that asks the servers of the benchmark `opcua`. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ClientSession,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
} from 'node-opcua'
import { answerParent } from './opcua-process.ts'
import { RawReader } from './opcua-raw.ts'
import { browseAll, type Counter, call, perSecond, read, subscribe, subscribeEvents } from './opcua-workloads.ts'

interface Connection {
  raw: RawReader
  readonly port: number
  readonly plain: ClientSession
  readonly encrypted: ClientSession
  readonly ids: readonly string[]
  readonly methodId: string
  readonly objectId: string
  counter?: Counter
}

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const store = new OPCUACertificateManager({
  rootFolder: folder,
  automaticallyAcceptUnknownCertificate: true,
  disableFileWatchers: true,
})
const connections = new Map<string, Connection>()

function connectionTo(who: string): Connection {
  const connection = connections.get(who)
  if (!connection) throw new Error(`there is no connection to ${who}`)
  return connection
}

function clientOf(isEncrypted: boolean): OPCUAClient {
  return OPCUAClient.create({
    applicationName: 'Bench',
    endpointMustExist: false,
    clientCertificateManager: store,
    connectionStrategy: { maxRetry: 0 },
    keepSessionAlive: true,
    ...(isEncrypted
      ? { securityMode: MessageSecurityMode.SignAndEncrypt, securityPolicy: SecurityPolicy.Basic256Sha256 }
      : {}),
  })
}

async function sessionTo(port: number, isEncrypted: boolean): Promise<ClientSession> {
  const client = clientOf(isEncrypted)
  await client.connect(`opc.tcp://127.0.0.1:${port}`)
  return await client.createSession()
}

answerParent({
  /** The thumbprint of this client's certificate, for servers that want to trust it. */
  async thumbprint() {
    await store.initialize()
    const client = clientOf(true)
    await client.createDefaultCertificate()
    const { createHash } = await import('node:crypto')
    return createHash('sha1').update(client.getCertificate()).digest('hex')
  },
  /** Tries to connect with security; a server that trusts nobody remembers the certificate. */
  async knock({ port }: { port: number }) {
    const client = clientOf(true)
    try {
      await client.connect(`opc.tcp://127.0.0.1:${port}`)
    } catch {
      // That it is refused is what the caller wants.
    } finally {
      await client.disconnect().catch(() => undefined)
    }
  },
  async connect({ who, port, count }: { who: string; port: number; count: number }) {
    const plain = await sessionTo(port, false)
    const uris = await plain.readNamespaceArray()
    const index = uris.includes('urn:millrace:plant:bench') ? uris.indexOf('urn:millrace:plant:bench') : 1
    const ids = Array.from({ length: count }, (_, n) => `ns=${index};s=dev/bench.t${n}`)
    const raw = await RawReader.open(port, ids.slice(0, 1000))
    const encrypted = await sessionTo(port, true)
    const methodId = `ns=${index};s=dev/bench.MethodSet.echo`
    const objectId = who === 'ours' ? `ns=${index};s=dev/bench.MethodSet` : `ns=${index};s=dev/bench`
    connections.set(who, { raw, port, plain, encrypted, ids, methodId, objectId })
  },
  /** Opens the reading connection anew: its security token is not renewed and holds for a minute. */
  async reopen({ who }: { who: string }) {
    const connection = connectionTo(who)
    await connection.raw.close()
    connection.raw = await RawReader.open(connection.port, connection.ids.slice(0, 1000))
  },
  read: ({ who, size, inFlight, forMs }: { who: string; size: number; inFlight: number; forMs: number }) => {
    const { raw, ids } = connectionTo(who)
    return raw.run(ids.slice(0, size), inFlight, forMs)
  },
  readEncrypted: ({ who, size, inFlight, forMs }: { who: string; size: number; inFlight: number; forMs: number }) => {
    const { encrypted, ids } = connectionTo(who)
    return perSecond(() => read(encrypted, ids.slice(0, size)), inFlight, forMs)
  },
  call: ({ who, inFlight, forMs }: { who: string; inFlight: number; forMs: number }) => {
    const { plain, objectId, methodId } = connectionTo(who)
    return perSecond(() => call(plain, objectId, methodId), inFlight, forMs)
  },
  async browse({ who }: { who: string }) {
    const start = performance.now()
    const count = await browseAll(connectionTo(who).plain)
    return { count, ms: performance.now() - start }
  },
  async subscribe({ who, count, isEvents }: { who: string; count: number; isEvents?: boolean }) {
    const connection = connectionTo(who)
    connection.counter = await (isEvents
      ? subscribeEvents(connection.plain)
      : subscribe(connection.plain, connection.ids.slice(0, count)))
  },
  notifications: ({ who }: { who: string }) => connectionTo(who).counter?.count() ?? 0,
  unsubscribe: ({ who }: { who: string }) => connectionTo(who).counter?.end(),
})
