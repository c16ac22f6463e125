import {
  MessageSecurityMode,
  type OPCUAServerOptions,
  SecurityPolicy,
  type ServerSession,
  type UserManagerOptions,
} from 'node-opcua'
import { applicationUriOf, machineHosts } from '../certificates/names.ts'
import type { CertificateRules } from '../model/certificate-rules.ts'
import type { Limits } from '../model/limits.ts'
import type { AlarmOptions } from './alarms/alarms.ts'
import { localeIds } from './capabilities.ts'
import type { AuditSink } from './events/audit-trail.ts'
import { guardedServerOptions } from './guard/index.ts'
import { serverNodesets } from './nodesets.ts'
import type { PlantView } from './plant-view.ts'
import type { AnonymousAccess } from './roles.ts'
import type { ServerSecurity } from './security/server-security.ts'
import { eventHistoryProfiles, historyProfiles, jobProfiles, serverProfiles } from './server-profiles.ts'
import type { Log } from './space-context.ts'
import type { PasswordLength, UserAdministration } from './users/user-administration.ts'
import type { UserDirectory } from './users/user-directory.ts'

export type { UserDirectory } from './users/user-directory.ts'

/** How a plant is served. */
export interface ServerOptions {
  readonly view: PlantView
  /** TCP port; 0 picks a free one. */
  readonly port: number
  /** Address or host name to listen on: `127.0.0.1` for this machine only, `0.0.0.0` for every interface. */
  readonly bind: string
  readonly name: string
  readonly certificatesFolder: string
  readonly anonymous: AnonymousAccess
  /** Whether SecurityPolicy None is offered for sessions; discovery always works without security. */
  readonly allowUnsecured: boolean
  readonly log: Log
  /** What holds for certificates; the usual rules when it is absent. */
  readonly certificateRules?: CertificateRules | undefined
  /** What clients may ask; those of the table when it is absent. */
  readonly limits?: Limits | undefined
  /** Files of NodeSets to load besides the server's own. */
  readonly nodesets?: readonly string[]
  /** How alarms are kept; in memory, and with the delays of a real plant, when absent. */
  readonly alarms?: AlarmOptions
  /** Takes what is to be kept of what clients do; nothing is kept when it is absent. */
  readonly onAudit?: AuditSink
  /** Without it, nobody can log in. */
  readonly users?: UserDirectory
  /** Changes users for a SecurityAdmin; without it the methods for that answer BadNotSupported. */
  readonly administration?: UserAdministration
  /** How long passwords are, for clients that ask before they give one. */
  readonly passwordLength?: PasswordLength
  /** Looks every second what has become of certificates; a test that ends at once turns it off. */
  readonly watchCertificates?: boolean
  /** Whether the usual requests are served in our own quick way; a test that compares it with the stack's turns it off. */
  readonly isHot?: boolean
}

const softwareVersion = '0.1.0'

/** The options of the stack's server: ours, and the guard's on top. */
export function stackOptions(options: ServerOptions, { stackStores, own }: ServerSecurity): OPCUAServerOptions {
  const guarded = guardedServerOptions({
    ...stackStores,
    limits: options.limits,
    buildInfo: {
      productName: 'Millrace',
      productUri: 'urn:millrace',
      manufacturerName: 'Millrace',
      softwareVersion,
      buildNumber: softwareVersion,
      buildDate: new Date('2026-11-22T00:00:00Z'),
    },
    serverProfiles: profilesOf(options.view),
  })
  const [main = 'localhost', ...others] = hostNamesOf(options.bind)
  return {
    port: options.port,
    host: options.bind,
    hostname: main,
    alternateHostname: [main, ...others],
    nodeset_filename: [...serverNodesets, ...(options.nodesets ?? [])],
    serverInfo: {
      applicationUri: applicationUriOf(),
      productUri: 'urn:millrace',
      applicationName: { text: options.name, locale: 'en' },
    },
    certificateFile: own.files.certificate,
    privateKeyFile: own.files.key,
    securityModes: [
      ...(options.allowUnsecured ? [MessageSecurityMode.None] : []),
      MessageSecurityMode.Sign,
      MessageSecurityMode.SignAndEncrypt,
    ],
    securityPolicies: [
      ...(options.allowUnsecured ? [SecurityPolicy.None] : []),
      SecurityPolicy.Basic256Sha256,
      SecurityPolicy.Aes128_Sha256_RsaOaep,
      SecurityPolicy.Aes256_Sha256_RsaPss,
    ],
    allowAnonymous: true,
    userManager: userManagerOf(options.users),
    ...guarded,
    // Every change of a variable may be asked for: values are pushed, so that no sampling timer bounds them.
    serverCapabilities: {
      ...guarded.serverCapabilities,
      minSupportedSampleRate: 0,
      localeIdArray: [...localeIds],
    } as never,
  }
}

function profilesOf({ history, eventHistory, jobs }: PlantView): readonly string[] {
  return [
    ...serverProfiles,
    ...(history ? historyProfiles : []),
    ...(eventHistory ? eventHistoryProfiles : []),
    ...(jobs ? jobProfiles : []),
  ]
}

/** The names under which clients reach a bound address; the own certificate lists all of them. */
export function hostNamesOf(bind: string): string[] {
  if (bind === '0.0.0.0' || bind === '::') return machineHosts().filter((host) => host !== '127.0.0.1')
  const isLoopback = bind === 'localhost' || bind === '::1' || bind.startsWith('127.')
  return isLoopback ? ['localhost', '127.0.0.1'] : [bind]
}

/** What the stack asks for a password; who a session is, and what it may, is said by its identity (`users/identities.ts`). */
function userManagerOf(users: UserDirectory | undefined): UserManagerOptions {
  return {
    isValidUserAsync(
      this: ServerSession,
      name: string,
      password: string,
      callback: (error: Error | null, isValid?: boolean) => void,
    ) {
      if (!users) {
        callback(null, false)
        return
      }
      users.check(name, password, this.channel?.remoteAddress ?? '').then(
        (isValid) => callback(null, isValid),
        () => callback(null, false),
      )
    },
    getUserRoles: () => [],
  } as UserManagerOptions
}
