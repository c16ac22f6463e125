import { DataType, MethodIds, type OPCUAServer, type UAVariable, VariableIds, Variant } from 'node-opcua'
import type { Limits } from '../model/limits.ts'

/** Locales that texts are there in: one, since the stack gives every client the first of several. */
export const localeIds: readonly string[] = ['en']

/**
 * Corrects what the stack says about the server although it was told otherwise, or does not know.
 *
 * It never publishes a `MinSupportedSampleRate` below 100 ms, but here values are pushed and no timer samples them. It says
 * that nothing is audited, but calls and writes are (Part 5 §6.3.1), by `events/audit.ts`; it has one limit for the nodes of
 * every HistoryRead, and claims to have durable subscriptions.
 */
export function correctCapabilities(server: OPCUAServer, limits: Limits): void {
  const say = (id: number, dataType: DataType, value: unknown): void => {
    const variable = server.engine.addressSpace?.findNode(`i=${id}`) as UAVariable | null | undefined
    variable?.bindVariable({ get: () => new Variant({ dataType, value }) }, true)
  }
  say(VariableIds.Server_ServerCapabilities_MinSupportedSampleRate, DataType.Double, 0)
  say(VariableIds.Server_Auditing, DataType.Boolean, true)
  // It would say that a subscription lasts for weeks, which ends with the program.
  const durable = server.engine.addressSpace?.findNode(`i=${MethodIds.Server_SetSubscriptionDurable}`)
  if (durable) server.engine.addressSpace?.deleteNode(durable)
  const data = VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadData
  say(data, DataType.UInt32, limits.nodesPerHistoryReadData)
  const events = VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerHistoryReadEvents
  say(events, DataType.UInt32, limits.nodesPerHistoryReadEvents)
}
