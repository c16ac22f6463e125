/** The process that asks the servers of the benchmark `opcua`. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClientSession, OPCUACertificateManager, OPCUAClient } from 'node-opcua'
import { WireClient } from '../kit/wire/client.ts'
import { wireIdentity } from '../kit/wire/security.ts'
import { valueBytes, variantBytes } from '../kit/wire/values.ts'
import { type Counting, Load } from './opcua-load.ts'
import { answerParent } from './opcua-process.ts'
import { browseAll, type Counter, subscribeEvents } from './opcua-workloads.ts'

/** Where a server is, and how it is trusted. */
interface Served {
  readonly port: number
  readonly certificateFile: string
}

interface Connection {
  readonly port: number
  /** A session of the stack's own client, for what is not measured by the request. */
  readonly stack: ClientSession
  readonly plain: Load
  readonly encrypted: Load
  readonly ids: readonly string[]
  counting?: Counting
  events?: Counter
}

/** What is asked again and again. */
interface Asked {
  readonly who: string
  readonly what: 'read' | 'write' | 'call'
  readonly size: number
  readonly inFlight: number
  readonly forMs: number
  readonly isEncrypted?: boolean
}

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const store = new OPCUACertificateManager({
  rootFolder: folder,
  automaticallyAcceptUnknownCertificate: true,
  disableFileWatchers: true,
})
const connections = new Map<string, Connection>()
const crowds = new Map<string, Counting[]>()

function connectionTo(who: string): Connection {
  const connection = connections.get(who)
  if (!connection) throw new Error(`there is no connection to ${who}`)
  return connection
}

function stackClient(): OPCUAClient {
  return OPCUAClient.create({
    applicationName: 'Bench',
    endpointMustExist: false,
    clientCertificateManager: store,
    connectionStrategy: { maxRetry: 0 },
    keepSessionAlive: true,
  })
}

/** The files of this client's certificate and key. */
async function identityFiles() {
  await store.initialize()
  const client = stackClient()
  await client.createDefaultCertificate()
  return { certificate: client.certificateFile, privateKey: client.privateKeyFile }
}

function bodyOf({ client }: Load, { what, size }: Asked, ids: readonly string[]): Buffer {
  const nodeIds = ids.slice(0, size)
  if (what === 'read') return client.readBody(nodeIds.map((nodeId) => ({ nodeId, attributeId: 13 })))
  const one = variantBytes('Double', 1.5)
  if (what === 'write') {
    return client.writeBody(nodeIds.map((nodeId) => ({ nodeId, attributeId: 13, value: valueBytes(one) })))
  }
  const objectId = (ids[0] ?? '').replace(/\.t0$/, '.MethodSet')
  return client.callBody(
    Array.from({ length: size }, () => ({ objectId, methodId: `${objectId}.echo`, inputs: [one] })),
  )
}

/** Tries once what will be measured, so that it is known to work. */
async function check({ client }: Load, ids: readonly string[]): Promise<void> {
  const { results } = await client.read(ids.slice(0, 1000).map((nodeId) => ({ nodeId, attributeId: 13 })))
  const variants = results.filter(({ status, variant }) => status === undefined && variant !== undefined)
  if (variants.length !== Math.min(1000, ids.length)) throw new Error('some values are not Good')
}

const indexOf = async (session: ClientSession): Promise<number> =>
  Math.max(1, (await session.readNamespaceArray()).indexOf('urn:millrace:plant:bench'))

answerParent({
  /** The file of this client's certificate, for servers that want to trust it. */
  certificate: async () => (await identityFiles()).certificate,
  async connect({ who, count, ...served }: { who: string; count: number } & Served) {
    const { port, certificateFile: server } = served
    const stackSide = stackClient()
    await stackSide.connect(`opc.tcp://127.0.0.1:${port}`)
    const stack = await stackSide.createSession()
    const index = await indexOf(stack)
    const ids = Array.from({ length: count }, (_, n) => `ns=${index};s=dev/bench.t${n}`)
    const plain = await Load.open(port)
    const encrypted = await Load.open(port, wireIdentity({ ...(await identityFiles()), server }))
    for (const load of [plain, encrypted]) await check(load, ids)
    connections.set(who, { port, stack, plain, encrypted, ids })
  },
  ask(asked: Asked) {
    const { plain, encrypted, ids } = connectionTo(asked.who)
    const load = asked.isEncrypted ? encrypted : plain
    return load.run(bodyOf(load, asked, ids), asked.inFlight, asked.forMs)
  },
  /** Opens and closes so many sessions without security, one after the other. */
  async sessions({ who, count }: { who: string; count: number }) {
    const { port } = connectionTo(who)
    for (let session = 0; session < count; session++) await (await WireClient.open(port)).close()
  },
  async browse({ who }: { who: string }) {
    const start = performance.now()
    const count = await browseAll(connectionTo(who).stack)
    return { count, ms: performance.now() - start }
  },
  async subscribe({ who, count, isEvents }: { who: string; count: number; isEvents?: boolean }) {
    const connection = connectionTo(who)
    if (isEvents) connection.events = await subscribeEvents(connection.stack)
    else connection.counting = await (await Load.open(connection.port)).subscribe(connection.ids.slice(0, count), 100)
  },
  notifications({ who, isEvents }: { who: string; isEvents?: boolean }) {
    const { counting, events } = connectionTo(who)
    return isEvents ? (events?.count() ?? 0) : (counting?.count ?? 0)
  },
  unsubscribe: ({ who }: { who: string }) => connectionTo(who).events?.end(),
  /** Connects many clients that each subscribe to all variables once a second. */
  async crowd({ who, port, clients, items }: { who: string; port: number; clients: number; items: number }) {
    const first = await Load.open(port)
    const uris = await first.client.read([{ nodeId: 'i=2255', attributeId: 13 }])
    const [namespaces] = uris.results as readonly { readonly variant: { readonly value: readonly string[] } }[]
    const index = Math.max(1, namespaces?.variant.value.indexOf('urn:millrace:plant:bench') ?? 1)
    const ids = Array.from({ length: items }, (_, n) => `ns=${index};s=dev/bench.t${n}`)
    const loads = [first]
    while (loads.length < clients) loads.push(await Load.open(port))
    crowds.set(who, await Promise.all(loads.map((load) => load.subscribe(ids, 1000))))
  },
  /** What the many have got since the last time: notifications, and the gaps between messages in milliseconds. */
  crowdTaken({ who }: { who: string }) {
    const countings = crowds.get(who) ?? []
    const count = countings.reduce((sum, counting) => sum + counting.count, 0)
    const gapsMs = countings.flatMap((counting) => counting.gapsMs.splice(0))
    for (const counting of countings) counting.count = 0
    return { count, gapsMs }
  },
})
