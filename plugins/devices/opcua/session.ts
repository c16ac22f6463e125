import { NotConnected, Rejected } from 'millrace/plugin'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import {
  type ClientSession,
  type ClientSessionPublishService,
  type ClientSessionRawSubscriptionService,
  type EndpointDescription,
  MessageSecurityMode,
  OPCUAClient,
  type OPCUAClientOptions,
  type StatusCode,
  StatusCodes,
  type UserIdentityInfo,
} from 'node-opcua-client'
import type { Config } from './config.ts'
import { chooseEndpoint, confirmEndpoint } from './endpoint.ts'
import { identityOf } from './identity.ts'
import { openStore, requireTrust } from './trust.ts'

/** A session with the plain services of subscriptions: the stack's sessions have them, only their type leaves them out. */
export type Session = ClientSession &
  ClientSessionRawSubscriptionService &
  ClientSessionPublishService & { stopKeepAliveManager(): void }

/** A session on a connection of its own. */
export interface SessionLink {
  readonly session: Session
  /** Whether the session is the one that was given, with everything the server kept for it. */
  readonly isResumed: boolean
  /** Whether the connection is gone. */
  readonly isLost: boolean
  /** Called once when the connection is lost; at once when it is lost already. */
  onLost(listener: (error: NotConnected) => void): void
  /** Takes the connection for lost, because nothing comes over it any more. */
  lose(): void
  /** Ends the connection and leaves the session to the server, which keeps it until its timeout. */
  leave(): Promise<void>
  /** Closes the session and the connection. */
  close(): Promise<void>
}

/** What a session is made of. */
export interface SessionOptions {
  readonly config: Config
  readonly certificatesFolder: string
  readonly signal: AbortSignal
  /** A session whose connection was lost. */
  readonly resume?: Session | undefined
}

/** How long a server may take to answer CloseSession. */
const closeTimeoutMs = 800

/**
 * Connects to a server: asks for its endpoints, chooses one, checks its certificate, and activates a session.
 *
 * The stack reconnects nothing by itself: the runtime does, and gives the session along. Where the server still has it, it is
 * activated on the new connection (Part 4 §5.7.3) and nothing is lost; otherwise there is a new one.
 */
export async function openSession(options: SessionOptions): Promise<SessionLink> {
  const { config, certificatesFolder, signal } = options
  const store = await openStore(certificatesFolder)
  try {
    const endpoint = await discover(config, store, signal)
    signal.throwIfAborted()
    return await activated(endpoint, store, options)
  } catch (error) {
    await store.dispose()
    throw explained(error)
  }
}

async function discover(
  config: Config,
  store: OPCUACertificateManager,
  signal: AbortSignal,
): Promise<EndpointDescription> {
  const client = new Connection(clientOptions(config, store, {}), signal)
  try {
    await client.open(config.url)
    const endpoint = chooseEndpoint(await client.opcua.getEndpoints(), config)
    if (endpoint.securityMode !== MessageSecurityMode.None) {
      const { url, serverThumbprint: thumbprint } = config
      await requireTrust(store, endpoint.serverCertificate, { url, thumbprint })
    }
    return endpoint
  } finally {
    await client.end()
  }
}

async function activated(
  endpoint: EndpointDescription,
  store: OPCUACertificateManager,
  { config, signal, resume }: SessionOptions,
): Promise<SessionLink> {
  const { securityMode, securityPolicyUri, serverCertificate } = endpoint
  const secured = securityMode !== MessageSecurityMode.None
  const connection = new Connection(
    clientOptions(config, store, {
      securityMode,
      ...(securityPolicyUri === null ? {} : { securityPolicy: securityPolicyUri }),
      ...(secured ? { serverCertificate } : {}),
      keepSessionAlive: config.read === 'poll',
    }),
    signal,
  )
  try {
    await connection.open(config.url)
    const isResumed = resume !== undefined && (await reactivated(connection, resume))
    const session = isResumed ? resume : await created(connection, await identityOf(config, store.rootDir))
    try {
      confirmEndpoint(endpoint, session.serverEndpoints, config)
      signal.throwIfAborted()
    } catch (error) {
      if (!isResumed) await within(closeTimeoutMs, session.close(true))
      throw error
    }
    return linkOf(connection, store, { session, isResumed })
  } catch (error) {
    await connection.end()
    throw error
  }
}

async function created(connection: Connection, identity: UserIdentityInfo): Promise<Session> {
  return (await connection.opcua.createSession(identity)) as Session
}

async function reactivated(connection: Connection, session: ClientSession): Promise<boolean> {
  try {
    await connection.opcua.reactivateSession(session)
    return true
  } catch (error) {
    // A connection that was lost again means nothing; everything else means that the server has forgotten the session.
    if (connection.isLost) throw error
    return false
  }
}

function linkOf(
  connection: Connection,
  store: OPCUACertificateManager,
  { session, isResumed }: { readonly session: Session; readonly isResumed: boolean },
): SessionLink {
  const end = async () => {
    await connection.end()
    await store.dispose()
  }
  return {
    session,
    isResumed,
    get isLost() {
      return connection.isLost
    },
    onLost: (listener) => connection.onLost(listener),
    lose: () => connection.lose(),
    async leave() {
      // The stack starts it again with the session; until then there is nobody to ask.
      session.stopKeepAliveManager()
      await end()
    },
    async close() {
      if (!connection.isLost) await within(closeTimeoutMs, session.close(true))
      await end()
    },
  }
}

function clientOptions(
  config: Config,
  store: OPCUACertificateManager,
  secured: OPCUAClientOptions,
): OPCUAClientOptions {
  const { sessionTimeout, methods } = config
  return {
    applicationName: 'millrace-client',
    clientName: 'Millrace',
    clientCertificateManager: store,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 200 },
    // Servers often tell a host name that cannot be reached from here; what counts is the URL of the configuration.
    endpointMustExist: false,
    keepPendingSessionsOnDisconnect: true,
    requestedSessionTimeout: sessionTimeout,
    // Requests are bounded by the runtime; this only frees what it has given up.
    defaultTransactionTimeout: Math.max(15_000, ...methods.map(({ timeout }) => timeout)),
    ...secured,
  }
}

/** One connection of the stack's client, which knows when it is lost. */
class Connection {
  readonly opcua: OPCUAClient
  readonly #signal: AbortSignal
  #isLost = false
  #listener: ((error: NotConnected) => void) | undefined
  #ended: Promise<void> | undefined
  #url = ''

  constructor(options: OPCUAClientOptions, signal: AbortSignal) {
    this.#signal = signal
    this.opcua = OPCUAClient.create(options)
    this.opcua.on('connection_lost', () => this.lose())
    this.opcua.on('close', () => this.lose())
    this.opcua.on('backoff', () => {})
  }

  get isLost(): boolean {
    return this.#isLost
  }

  async open(url: string): Promise<void> {
    this.#url = url
    this.#signal.throwIfAborted()
    const abort = () => void this.end()
    this.#signal.addEventListener('abort', abort, { once: true })
    try {
      await this.opcua.connect(url)
      this.#signal.throwIfAborted()
    } finally {
      this.#signal.removeEventListener('abort', abort)
    }
  }

  onLost(listener: (error: NotConnected) => void): void {
    this.#listener = listener
    if (this.#isLost) listener(this.#error())
  }

  end(): Promise<void> {
    this.#listener = undefined
    // What cannot be disconnected is as good as gone, and there is nobody who could do more about it.
    this.#ended ??= this.opcua.disconnect().catch(() => {})
    return this.#ended
  }

  lose(): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#listener?.(this.#error())
  }

  #error(): NotConnected {
    return new NotConnected(`${this.#url} has closed the connection`)
  }
}

/** The status with which a server answered, when an error of the stack comes from an answer. */
export function statusOf(error: unknown): StatusCode | undefined {
  const { response, statusCode } = (error ?? {}) as {
    response?: { responseHeader?: { serviceResult?: StatusCode } }
    statusCode?: StatusCode
  }
  return response?.responseHeader?.serviceResult ?? statusCode
}

/** The status in the text of an error: a refused login of the stack has it nowhere else. */
function statusInText(error: unknown): StatusCode | undefined {
  const [, name = ''] = /\b(Bad\w+) \(0x[0-9a-f]{8}\)/i.exec(error instanceof Error ? error.message : '') ?? []
  return (StatusCodes as unknown as Readonly<Record<string, StatusCode>>)[name]
}

/** An error of the stack in few words: a refusal of the server with its status, or what it was. */
export function explained(error: unknown): unknown {
  if (error instanceof Rejected || error instanceof NotConnected) return error
  const status = statusOf(error) ?? statusInText(error)
  if (status === undefined) return error
  return new Rejected(`the server answered ${status.name}: ${status.description}`, {
    status: status.value,
    cause: error,
  })
}

/** Waits for an end that may never come. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = new Promise<void>((resolve) => AbortSignal.timeout(ms).addEventListener('abort', () => resolve()))
  await Promise.race([work.catch(() => {}), late])
}
