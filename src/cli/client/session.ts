import { setTimeout as sleep } from 'node:timers/promises'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import {
  type CallMethodRequestOptions,
  type CallMethodResult,
  type ClientSession,
  type EndpointDescription,
  MessageSecurityMode,
  OPCUAClient,
  type OPCUAClientOptions,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua-client'
import { thumbprintOf } from '../../certificates/thumbprint.ts'
import { isMillraceError, MillraceError } from '../../model/errors.ts'
import { receiveStackMessages } from '../../opcua/stack-messages.ts'
import { chooseEndpoint } from './endpoint.ts'
import { answered, explained, requireGoodish } from './errors.ts'
import type { Target } from './options.ts'
import { certificateIn, introduce, isOwnServer, openStore, ownCertificateFile, requireTrust } from './trust.ts'

/** A session with a server, and what is known about it. */
export interface ServerSession {
  readonly session: ClientSession
  readonly url: string
  /** Who has logged in; undefined without a login. */
  readonly user: string | undefined
  /**
   * Waits for the answer to a request of the session. `what` names the request in errors: `permission-missing` when the user may not,
   * `server-refused` for every other Bad status of the service, `timed-out` when no answer comes, `server-unreachable` when the link is lost.
   */
  ask<T>(what: string, answer: Promise<T>): Promise<T>
  /** Calls a method and resolves to its result, whose status is Good or Uncertain; rejects like {@link ServerSession.ask} when it is Bad. */
  call(what: string, request: CallMethodRequestOptions): Promise<CallMethodResult>
  /** The index of a namespace in this session; rejects with `server-refused` when the server does not have it. */
  namespaceIndex(uri: string): Promise<number>
  close(): Promise<void>
}

/** How a session is opened. */
export interface SessionOptions extends Target {
  readonly password: string | undefined
  /** Takes what the user should know. */
  tell(message: string): void
}

/** How long a server may take to accept a connection, and to answer a request, in milliseconds. */
const connectMs = 5000
const requestMs = 15_000
const closeMs = 1000

/** How often the server of this folder is tried once the certificate was put among its trusted ones, and how long it is given to see it. */
const introductions = 5
const introductionMs = 800

/** Opens an encrypted session; see {@link withServer} for what it rejects with. */
export async function openSession(options: SessionOptions): Promise<ServerSession> {
  const forget = receiveStackMessages(() => undefined)
  let store: OPCUACertificateManager | undefined
  try {
    store = await openStore(options.certificatesFolder)
    const { client, session } = await connected(store, options)
    return serverSession({ client, session, store, forget }, options)
  } catch (error) {
    await store?.dispose()
    forget()
    throw explained(error, options)
  }
}

interface Connected {
  readonly client: OPCUAClient
  readonly session: ClientSession
}

function serverSession(
  { client, session, store, forget }: Connected & { store: OPCUACertificateManager; forget: () => void },
  { url, user }: SessionOptions,
): ServerSession {
  const who = { url, user }
  const ask = <T>(what: string, answer: Promise<T>): Promise<T> => answered(what, answer, who)
  let uris: Promise<readonly string[]> | undefined
  return {
    ...{ session, url, user, ask },
    async call(what, request) {
      const result = await ask(what, session.call(request))
      requireGoodish(result.statusCode, what, who)
      return result
    },
    async namespaceIndex(uri) {
      uris ??= ask('reading its namespaces', session.readNamespaceArray())
      const index = (await uris).indexOf(uri)
      if (index < 0)
        throw new MillraceError('server-refused', `${url} has no namespace ${uri}; it is another kind of server`)
      return index
    },
    async close() {
      await within(closeMs, session.close(true))
      await ended(client)
      await store.dispose()
      forget()
    },
  }
}

async function connected(store: OPCUACertificateManager, options: SessionOptions): Promise<Connected> {
  const { url, certificatesFolder, serverThumbprint: thumbprint } = options
  const endpoint = await discover(store, options)
  const certificate = endpoint.serverCertificate
  const isOwn = await isOwnServer(certificatesFolder, certificate)
  await requireTrust(store, certificate, { url, thumbprint, isOwn })
  if (isOwn && (await introduce(store, certificatesFolder))) {
    options.tell(`the server of ${certificatesFolder} now trusts the command line`)
  }
  for (let round = 1; ; round += 1) {
    try {
      return await activated(endpoint, store, options)
    } catch (error) {
      if (!isOwn || round === introductions || !isMillraceError(error, 'client-untrusted')) throw error
      await introduce(store, certificatesFolder)
      await sleep(introductionMs)
    }
  }
}

async function discover(store: OPCUACertificateManager, options: SessionOptions): Promise<EndpointDescription> {
  const client = OPCUAClient.create(clientOptions(store, {}))
  try {
    await opened(client, options.url)
    return chooseEndpoint(await client.getEndpoints(), options)
  } finally {
    await ended(client)
  }
}

async function activated(
  { securityMode, securityPolicyUri, serverCertificate }: EndpointDescription,
  store: OPCUACertificateManager,
  options: SessionOptions,
): Promise<Connected> {
  const client = OPCUAClient.create(
    clientOptions(store, {
      securityMode,
      ...(securityPolicyUri === null ? {} : { securityPolicy: securityPolicyUri }),
      serverCertificate,
      keepSessionAlive: true,
    }),
  )
  try {
    await secured(client, store, options)
    return { client, session: await client.createSession(identityOf(options)) }
  } catch (error) {
    await ended(client)
    throw error
  }
}

/** Opens the secure channel. The server has answered a moment ago, so a refusal now is about our certificate. */
async function secured(client: OPCUAClient, store: OPCUACertificateManager, { url }: SessionOptions): Promise<void> {
  try {
    await opened(client, url)
  } catch (cause) {
    if (client.securityMode === MessageSecurityMode.None || isMillraceError(cause, 'timed-out')) throw cause
    const own = await certificateIn(ownCertificateFile(store))
    const thumbprint = own ? thumbprintOf(own) : 'unknown'
    throw new MillraceError(
      'client-untrusted',
      `${url} does not trust this command line, whose certificate has the thumbprint ${thumbprint}; at the server, millrace cert trust ${thumbprint.slice(0, 8)}`,
      { cause },
    )
  }
}

async function opened(client: OPCUAClient, url: string): Promise<void> {
  const late = await within(connectMs, client.connect(url))
  if (late) throw new MillraceError('server-unreachable', `${url} has not answered within ${connectMs / 1000} s`)
}

function identityOf({ user, password = '' }: SessionOptions): UserIdentityInfo {
  if (user === undefined) return { type: UserTokenType.Anonymous }
  return { type: UserTokenType.UserName, userName: user, password }
}

function clientOptions(store: OPCUACertificateManager, more: OPCUAClientOptions): OPCUAClientOptions {
  return {
    applicationName: 'millrace-cli',
    clientName: 'Millrace command line',
    clientCertificateManager: store,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 200 },
    // Servers often tell a host name that cannot be reached from here; what counts is the URL that was given.
    endpointMustExist: false,
    transportTimeout: connectMs,
    defaultTransactionTimeout: requestMs,
    ...more,
  }
}

/** What cannot be disconnected is as good as gone. */
async function ended(client: OPCUAClient): Promise<void> {
  await within(closeMs, client.disconnect()).catch(() => undefined)
}

/** Waits for an end that may never come, and tells whether it did not; rejects with what the work rejects with before that. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const patience = new AbortController()
  try {
    return await Promise.race([work.then(() => false), sleep(ms, true, { signal: patience.signal }).catch(() => false)])
  } finally {
    patience.abort()
  }
}
