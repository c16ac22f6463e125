import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ClientSession,
  type DataValue,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  type UserIdentityInfo,
  type VariantLike,
} from 'node-opcua'
import { type RunningServer, startServer } from '../../src/opcua/server.ts'
import type { ServerOptions } from '../../src/opcua/server-options.ts'
import { HandMadePlant } from './hand-made-plant.ts'

/** A served plant and the clients that look at it; everything goes away with `stop`. */
export interface Bench {
  readonly plant: HandMadePlant
  readonly server: RunningServer
  readonly folder: string
  /** Lines of the log, as `level message`. */
  readonly log: string[]
  connect(options?: ConnectOptions): Promise<Client>
  stop(): Promise<void>
}

/** How a client connects. */
export interface ConnectOptions {
  readonly mode?: MessageSecurityMode
  readonly policy?: SecurityPolicy
  readonly user?: UserIdentityInfo
}

/** A client with a session. */
export interface Client {
  readonly session: ClientSession
  /** The NodeId of an instance, such as `dev/plc1.Level`. */
  id(identifier: string): string
  read(identifier: string): Promise<DataValue>
  /** The name of the status that a write ends with. */
  write(identifier: string, value: VariantLike): Promise<string>
  close(): Promise<void>
}

/** Serves a hand-made plant on a free loopback port. */
export async function startBench(options: Partial<ServerOptions> = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-opcua-'))
  const plant = new HandMadePlant()
  const log: string[] = []
  const clients: Client[] = []
  const server = await startServer({
    view: plant,
    port: 0,
    bind: '127.0.0.1',
    name: 'Demo',
    certificatesFolder: join(folder, 'server'),
    anonymous: 'operate',
    allowUnsecured: true,
    watchCertificates: false,
    log: (level, message) => log.push(`${level} ${message}`),
    ...options,
  })
  return {
    plant,
    server,
    folder,
    log,
    async connect(how = {}) {
      const client = await connect(server.urls[0]!, join(folder, 'client'), how)
      clients.push(client)
      return client
    },
    async stop() {
      await Promise.all(clients.map((client) => client.close()))
      await server.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Connects a client that trusts the server and opens a session; `folder` holds its certificates. */
export async function connect(url: string, folder: string, { mode, policy, user }: ConnectOptions): Promise<Client> {
  const store = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  })
  const client = OPCUAClient.create({
    endpointMustExist: false,
    clientCertificateManager: store,
    applicationName: 'MillraceTest',
    connectionStrategy: { maxRetry: 0, initialDelay: 50 },
    ...(mode === undefined ? {} : { securityMode: mode, securityPolicy: policy ?? SecurityPolicy.Basic256Sha256 }),
  })
  client.on('backoff', () => undefined)
  const disconnect = async (): Promise<void> => {
    await client.disconnect()
    await store.dispose()
  }
  try {
    await client.connect(url)
    const session = await client.createSession(user)
    return await clientOf(session, disconnect)
  } catch (error) {
    await disconnect()
    throw error
  }
}

async function clientOf(session: ClientSession, disconnect: () => Promise<void>): Promise<Client> {
  const index = (await session.readNamespaceArray()).indexOf('urn:millrace:plant:demo')
  const id = (identifier: string): string => `ns=${index};s=${identifier}`
  let isClosed = false
  return {
    session,
    id,
    read: (identifier) => session.read({ nodeId: id(identifier), attributeId: 13 }),
    async write(identifier, value) {
      const status = await session.write({ nodeId: id(identifier), attributeId: 13, value: { value } })
      return status.name
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await session.close().catch(() => undefined)
      await disconnect()
    },
  }
}

/** Client with Basic256Sha256 and encryption. */
export const encrypted: ConnectOptions = { mode: MessageSecurityMode.SignAndEncrypt }
