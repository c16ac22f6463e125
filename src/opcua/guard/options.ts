import { join } from 'node:path'
import { OPCUACertificateManager, type OPCUAServerOptions } from 'node-opcua'
import { applyEncodingLimits, GUARD_LIMITS, negotiateTransport } from './limits.ts'

/** What a guarded server needs to be told about itself. */
export interface GuardedServerInput {
  /** Folder with the two certificate stores; `own` and `users` are made inside it. */
  readonly certificateFolder: string
  /** What `Server.ServerStatus.BuildInfo` says; the version of Node and of the system do not belong there. */
  readonly buildInfo: {
    readonly productName: string
    readonly productUri: string
    readonly manufacturerName: string
    readonly softwareVersion: string
    readonly buildNumber: string
    readonly buildDate: Date
  }
  /** Profiles that the server has proved to keep; the stack's own list claims more than is true. */
  readonly serverProfiles?: readonly string[]
  /** Watches the certificate folders for changes; a test that ends at once turns it off. */
  readonly watchCertificates?: boolean
}

/** The options that {@link guardedServerOptions} sets; spread them after the caller's own ones. */
export type GuardedServerOptions = Pick<
  OPCUAServerOptions,
  | 'maxConnectionsPerEndpoint'
  | 'timeout'
  | 'serverCapabilities'
  | 'transportSettings'
  | 'serverCertificateManager'
  | 'userCertificateManager'
  | 'buildInfo'
  | 'unresolvedPermissionPolicy'
>

/**
 * Gives the limits of the guard as options of an `OPCUAServer`.
 *
 * Both certificate stores are explicit and accept nobody by themselves: without an explicit one the stack trusts every
 * client's certificate. Also sets the process-wide bounds of the binary decoder.
 */
export function guardedServerOptions(input: GuardedServerInput): GuardedServerOptions {
  applyEncodingLimits()
  return {
    maxConnectionsPerEndpoint: GUARD_LIMITS.connections,
    timeout: GUARD_LIMITS.socketTimeoutMs,
    serverCapabilities: { ...capabilities(), serverProfileArray: [...(input.serverProfiles ?? [])] },
    transportSettings: { adjustTransportLimits: negotiateTransport },
    serverCertificateManager: certificateStore(input, 'own'),
    userCertificateManager: certificateStore(input, 'users'),
    buildInfo: { ...input.buildInfo },
    unresolvedPermissionPolicy: 'deny',
  }
}

function certificateStore({ certificateFolder, watchCertificates }: GuardedServerInput, name: string) {
  return new OPCUACertificateManager({
    rootFolder: join(certificateFolder, name),
    automaticallyAcceptUnknownCertificate: false,
    disableFileWatchers: watchCertificates === false,
  })
}

function capabilities(): NonNullable<OPCUAServerOptions['serverCapabilities']> {
  return {
    maxSessions: GUARD_LIMITS.sessions,
    maxSubscriptions: GUARD_LIMITS.subscriptions,
    maxSubscriptionsPerSession: GUARD_LIMITS.subscriptionsPerSession,
    maxMonitoredItems: GUARD_LIMITS.monitoredItems,
    maxMonitoredItemsPerSubscription: GUARD_LIMITS.monitoredItemsPerSubscription,
    maxMonitoredItemsQueueSize: GUARD_LIMITS.monitoredItemsQueue,
    maxBrowseContinuationPoints: GUARD_LIMITS.browseContinuationPoints,
    maxHistoryContinuationPoints: GUARD_LIMITS.historyContinuationPoints,
    maxSelectClauseParameters: GUARD_LIMITS.selectOperands,
    maxWhereClauseParameters: GUARD_LIMITS.whereOperands,
    maxArrayLength: GUARD_LIMITS.arrayLength,
    maxStringLength: GUARD_LIMITS.stringLength,
    maxByteStringLength: GUARD_LIMITS.byteStringLength,
    operationLimits: operationLimits(),
  }
}

function operationLimits(): NonNullable<NonNullable<OPCUAServerOptions['serverCapabilities']>['operationLimits']> {
  return {
    maxNodesPerRead: GUARD_LIMITS.nodesPerRead,
    maxNodesPerWrite: GUARD_LIMITS.nodesPerWrite,
    maxNodesPerBrowse: GUARD_LIMITS.nodesPerBrowse,
    maxNodesPerTranslateBrowsePathsToNodeIds: GUARD_LIMITS.nodesPerTranslate,
    maxMonitoredItemsPerCall: GUARD_LIMITS.monitoredItemsPerCall,
    maxNodesPerRegisterNodes: GUARD_LIMITS.nodesPerRegister,
    maxNodesPerMethodCall: GUARD_LIMITS.methodsPerCall,
    maxNodesPerHistoryReadData: GUARD_LIMITS.nodesPerHistoryReadData,
    maxNodesPerHistoryReadEvents: GUARD_LIMITS.nodesPerHistoryReadEvents,
    maxNodesPerHistoryUpdateData: GUARD_LIMITS.nodesPerHistoryUpdate,
    maxNodesPerHistoryUpdateEvents: GUARD_LIMITS.nodesPerHistoryUpdate,
  }
}
