import type { OPCUACertificateManager, OPCUAServerOptions } from 'node-opcua'
import { applyEncodingLimits, GUARD_LIMITS, negotiateTransport } from './limits.ts'

/** What a guarded server needs to be told about itself. */
export interface GuardedServerInput {
  /** Judges the clients that open channels. */
  readonly serverCertificateManager: OPCUACertificateManager
  /** Judges the certificates that people log in with. */
  readonly userCertificateManager: OPCUACertificateManager
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
 * Both certificate stores are explicit: without an explicit one the stack trusts every client's certificate. Also sets the
 * process-wide bounds of the binary decoder.
 */
export function guardedServerOptions(input: GuardedServerInput): GuardedServerOptions {
  applyEncodingLimits()
  return {
    maxConnectionsPerEndpoint: GUARD_LIMITS.connections,
    timeout: GUARD_LIMITS.socketTimeoutMs,
    serverCapabilities: { ...capabilities(), serverProfileArray: [...(input.serverProfiles ?? [])] },
    transportSettings: { adjustTransportLimits: negotiateTransport },
    serverCertificateManager: input.serverCertificateManager,
    userCertificateManager: input.userCertificateManager,
    buildInfo: { ...input.buildInfo },
    unresolvedPermissionPolicy: 'deny',
  }
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
