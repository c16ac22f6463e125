import type { OPCUACertificateManager, OPCUAServerOptions } from 'node-opcua'
import { defaultLimits, type Limits } from '../../model/limits.ts'
import { applyEncodingLimits, negotiateTransport } from './limits.ts'

/** What a guarded server needs to be told about itself. */
export interface GuardedServerInput {
  /** Judges the clients that open channels. */
  readonly serverCertificateManager: OPCUACertificateManager
  /** Judges the certificates that people log in with. */
  readonly userCertificateManager: OPCUACertificateManager
  readonly limits?: Limits | undefined
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
  const limits = input.limits ?? defaultLimits
  applyEncodingLimits()
  return {
    maxConnectionsPerEndpoint: limits.connections,
    timeout: limits.idleTimeout,
    serverCapabilities: { ...capabilities(limits), serverProfileArray: [...(input.serverProfiles ?? [])] },
    transportSettings: { adjustTransportLimits: negotiateTransport },
    serverCertificateManager: input.serverCertificateManager,
    userCertificateManager: input.userCertificateManager,
    buildInfo: { ...input.buildInfo },
    unresolvedPermissionPolicy: 'deny',
  }
}

function capabilities(limits: Limits): NonNullable<OPCUAServerOptions['serverCapabilities']> {
  return {
    maxSessions: limits.sessions,
    maxSubscriptions: limits.subscriptions,
    maxSubscriptionsPerSession: limits.subscriptionsPerSession,
    maxMonitoredItems: limits.monitoredItems,
    maxMonitoredItemsPerSubscription: limits.monitoredItemsPerSubscription,
    maxMonitoredItemsQueueSize: limits.monitoredItemsQueue,
    maxBrowseContinuationPoints: limits.browseContinuationPoints,
    maxHistoryContinuationPoints: limits.historyContinuationPoints,
    maxSelectClauseParameters: limits.selectOperands,
    maxWhereClauseParameters: limits.whereOperands,
    maxArrayLength: limits.arrayLength,
    maxStringLength: limits.stringLength,
    maxByteStringLength: limits.byteStringLength,
    operationLimits: operationLimits(limits),
  }
}

function operationLimits(
  limits: Limits,
): NonNullable<NonNullable<OPCUAServerOptions['serverCapabilities']>['operationLimits']> {
  return {
    maxNodesPerRead: limits.nodesPerRead,
    maxNodesPerWrite: limits.nodesPerWrite,
    maxNodesPerBrowse: limits.nodesPerBrowse,
    maxNodesPerTranslateBrowsePathsToNodeIds: limits.nodesPerTranslate,
    maxMonitoredItemsPerCall: limits.monitoredItemsPerCall,
    maxNodesPerRegisterNodes: limits.nodesPerRegister,
    maxNodesPerMethodCall: limits.methodsPerCall,
    // The stack holds every HistoryRead to both of them; the guard tells the two apart.
    maxNodesPerHistoryReadData: Math.max(limits.nodesPerHistoryReadData, limits.nodesPerHistoryReadEvents),
    maxNodesPerHistoryReadEvents: Math.max(limits.nodesPerHistoryReadData, limits.nodesPerHistoryReadEvents),
    maxNodesPerHistoryUpdateData: limits.nodesPerHistoryUpdate,
    maxNodesPerHistoryUpdateEvents: limits.nodesPerHistoryUpdate,
  }
}
