import { NamespaceOptions, OPCUAServer } from 'node-opcua'
import { readCertificate } from '../certificates/certificate.ts'
import { applicationUriOf } from '../certificates/names.ts'
import { trustRefused } from '../certificates/trust.ts'
import { systemClock } from '../model/clock.ts'
import { isMillraceError, MillraceError } from '../model/errors.ts'
import { defaultLimits } from '../model/limits.ts'
import { correctCapabilities } from './capabilities.ts'
import { certificateUnusable, prepareCertificateFolder } from './certificates.ts'
import { witnessAttempts } from './events/attempts.ts'
import { applyEncodingLimits, type Guard, installGuard } from './guard/index.ts'
import { type FindingNodes, followFindings } from './guard-object.ts'
import { tellHistoryCapabilities } from './history/history-capabilities.ts'
import { installHistoryRead } from './history/history-service.ts'
import { installHistoryUpdate } from './history/history-update.ts'
import { installHotPath } from './hot/hot-path.ts'
import { installLasting } from './lasting.ts'
import { loadFault } from './load-nodesets.ts'
import { buildPlantSpace, type PlantSpace } from './plant-space.ts'
import { quietLog } from './quiet-log.ts'
import { guardChannels, openSecurity } from './security/security.ts'
import type { ServerSecurity } from './security/server-security.ts'
import { hostNamesOf, type ServerOptions, stackOptions } from './server-options.ts'
import { receiveStackMessages } from './stack-messages.ts'
import { coverBrowsePaths } from './users/browse-paths.ts'
import { judgeLogins } from './users/logins.ts'

/** How long clients are told that the server is going to stop before it does, in milliseconds. */
const noticeMs = 100

/** A server that listens. */
export interface RunningServer {
  /** Every URL that reaches it. */
  readonly urls: readonly string[]
  readonly port: number
  /** File with its own certificate, for clients that want to trust it beforehand. */
  readonly certificateFile: string
  /** Trusts a client that was refused, at once; false when no refused certificate has this thumbprint. */
  trust(thumbprint: string): Promise<boolean>
  /** Brings what clients see up to date with the view; the message says what was changed and by whom. */
  change(message: string): void
  /** Refuses new connections, or takes them again; those that are there go on. */
  refuse(isRefusing: boolean): void
  /** Tells the clients, closes every connection and ends; calling it again waits for the same end. */
  stop(): Promise<void>
}

/**
 * Serves a plant. The address space is complete before the port opens, and it follows the plant from then on.
 *
 * Rejects with `certificate-unusable` when the certificate folder cannot be used, `port-in-use` when the port is taken,
 * `nodeset-invalid` when a NodeSet of the plant cannot be loaded,
 * and `value-invalid` when the address to bind does not belong to this machine.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  // One for the whole process, and needed before the first instance is made: `dev/servo1.Position`.
  NamespaceOptions.nodeIdNameSeparator = '.'
  const security = await secure(options)
  const forget = receiveStackMessages(options.log)
  const parts: Parts = { server: new OPCUAServer(stackOptions(options, security)), security, forget }
  // It has raised what other servers of the process share.
  applyEncodingLimits()
  try {
    await prepare(parts, options)
    await parts.server.start()
  } catch (error) {
    await close(parts, 0)
    throw listenError(error, options)
  }
  return runningServer(parts)
}

/** Everything about certificates that has to be there before the server. */
async function secure({
  certificatesFolder,
  name,
  bind,
  certificateRules: rules,
  log,
}: ServerOptions): Promise<ServerSecurity> {
  prepareCertificateFolder(certificatesFolder)
  const identity = { applicationUri: applicationUriOf(), name, reachedBy: hostNamesOf(bind) }
  return openSecurity({ certificatesFolder, ...identity, rules, log }).catch((error: unknown) => {
    throw certificateUnusable(certificatesFolder, error)
  })
}

interface Parts {
  readonly server: OPCUAServer
  readonly security: ServerSecurity
  readonly forget: () => void
  space?: PlantSpace
  forgetUsers?: () => void
  guard?: Guard
  /** Takes the hot path away. */
  cool?: () => void
  /** Ends what follows certificates. */
  unwatch?: () => void
  findings?: FindingNodes
}

async function prepare(parts: Parts, options: ServerOptions): Promise<void> {
  const { view, anonymous, log, nodesets, watchCertificates: isWatching = true } = options
  const { server, security } = parts
  await initialize(server, nodesets ?? [])
  const limits = options.limits ?? defaultLimits
  correctCapabilities(server, limits)
  const { addressSpace } = server.engine
  if (!addressSpace) throw new Error('the server has no address space')
  const { onAudit, alarms, isHot = true } = options
  const administering = administeringOf(security, options)
  parts.space = buildPlantSpace(addressSpace, { view, anonymous, log, alarms, onAudit, limits, administering })
  parts.forgetUsers = judgeLogins(server, options.users, {
    witness: parts.space.logins,
    limits,
    report: (...told) => parts.guard?.report(...told),
  })
  coverBrowsePaths(server)
  tellHistoryCapabilities(server, view)
  const { history, eventHistory: events, kept } = view
  const { historized: variables, witnesses } = parts.space
  if (isHot) parts.cool = installHotPath(server)
  installHistoryRead(server, { history, events, variables, limits, log })
  installHistoryUpdate(server, { history, variables, witnesses, limits, log })
  if (kept) installLasting(server, () => kept.call(view))
  const tell = quietLog(log, systemClock)
  parts.guard = installGuard(server, {
    limits,
    onFinding: ({ kind, where }) => {
      parts.findings?.found()
      tell(`${kind} ${where}`, `guard: ${kind} in ${where}`)
    },
  })
  witnessAttempts(server, witnesses, () => systemClock.monotonic())
  const { guard } = parts
  parts.findings = followFindings(parts.space.guard, () => guard.counters, systemClock)
  parts.unwatch = guardChannels(server, addressSpace, security, { log, tell, onAudit, isWatching, witnesses })
}

/** What administering users needs of the server; a user's certificate is trusted as soon as it is put into its store. */
function administeringOf({ users }: ServerSecurity, { administration, passwordLength }: ServerOptions) {
  const trustUser = (certificate: Uint8Array) => users.put('trusted', readCertificate(certificate))
  return { administration, passwordLength: passwordLength ?? { min: 1, max: 128 }, trustUser }
}

/** Loads the address space. Our own NodeSets are known to load, so a failure is about one of the plant's. */
async function initialize(server: OPCUAServer, nodesets: readonly string[]): Promise<void> {
  try {
    await server.initialize()
  } catch (cause) {
    const { file, reason } = loadFault(cause, nodesets)
    if (file === '') throw cause
    throw new MillraceError('nodeset-invalid', `${file} cannot be loaded: ${reason}; mend it, or leave it out`, {
      cause,
    })
  }
}

function runningServer(parts: Parts): RunningServer {
  const { server, security } = parts
  const [endpoint] = server.endpoints
  const urls = endpoint?.endpointDescriptions().map(({ endpointUrl }) => endpointUrl ?? '') ?? []
  let stopping: Promise<void> | undefined
  return {
    urls: [...new Set(urls)],
    port: endpoint?.port ?? 0,
    certificateFile: security.own.files.certificate,
    trust: (thumbprint) => trustRefused(security.channels, thumbprint),
    change: (message) => parts.space?.change(message),
    refuse: (isRefusing) => parts.guard?.refuse(isRefusing),
    stop() {
      stopping ??= close(parts, noticeMs)
      return stopping
    },
  }
}

async function close(parts: Parts, afterMs: number): Promise<void> {
  const { server, space, guard, findings, cool, unwatch, forget, forgetUsers } = parts
  forgetUsers?.()
  space?.stop()
  unwatch?.()
  try {
    await server.shutdown(afterMs)
  } finally {
    guard?.uninstall()
    cool?.()
    findings?.stop()
    forget()
  }
}

function listenError(error: unknown, { port, bind }: ServerOptions): unknown {
  if (isMillraceError(error)) return error
  const code = (error as { code?: unknown }).code
  const cause = error
  switch (code) {
    case 'EADDRINUSE':
      return new MillraceError(
        'port-in-use',
        `port ${port} is in use; stop the program that listens on it, or choose another with --port (0 picks a free one)`,
        { cause },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new MillraceError('value-invalid', `bind ${bind} is no address of this machine; give one, or 127.0.0.1`, {
        cause,
      })
    case 'EACCES':
      return new MillraceError('value-invalid', `port ${port} needs special rights; choose one above 1023`, { cause })
    default:
      return error
  }
}
