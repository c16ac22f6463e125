import { type HistoryReadRequest, ReadEventDetails } from 'node-opcua'
import type { LimitName, Limits } from '../../model/limits.ts'
import { QuickReadRequest } from '../hot/read-request.ts'

/** Where a request of a service has its operations, and which limit they are held to. */
const operations: Readonly<Record<string, readonly [field: string, limit: LimitName]>> = {
  Read: ['nodesToRead', 'nodesPerRead'],
  Write: ['nodesToWrite', 'nodesPerWrite'],
  Browse: ['nodesToBrowse', 'nodesPerBrowse'],
  BrowseNext: ['continuationPoints', 'nodesPerBrowse'],
  TranslateBrowsePathsToNodeIds: ['browsePaths', 'nodesPerTranslate'],
  RegisterNodes: ['nodesToRegister', 'nodesPerRegister'],
  UnregisterNodes: ['nodesToUnregister', 'nodesPerRegister'],
  Call: ['methodsToCall', 'methodsPerCall'],
  CreateMonitoredItems: ['itemsToCreate', 'monitoredItemsPerCall'],
  ModifyMonitoredItems: ['itemsToModify', 'monitoredItemsPerCall'],
  DeleteMonitoredItems: ['monitoredItemIds', 'monitoredItemsPerCall'],
  SetMonitoringMode: ['monitoredItemIds', 'monitoredItemsPerCall'],
  HistoryRead: ['nodesToRead', 'nodesPerHistoryReadData'],
}

/**
 * Says whether a request has more operations than its service takes (BadTooManyOperations, Part 4 §7.38.2).
 *
 * The stack judges most of them as well, and counts none; it cannot tell a HistoryRead of values from one of events.
 */
export function hasTooManyOperations(service: string, request: object, limits: Limits): boolean {
  if (service === 'SetTriggering') {
    const links = lengthOf(request, 'linksToAdd') + lengthOf(request, 'linksToRemove')
    return links > limits.monitoredItemsPerCall
  }
  const row = operations[service]
  if (!row) return false
  const [field, limit] = row
  return lengthOf(request, field) > limits[ofEvents(service, request) ? 'nodesPerHistoryReadEvents' : limit]
}

function ofEvents(service: string, request: object): boolean {
  return service === 'HistoryRead' && (request as HistoryReadRequest).historyReadDetails instanceof ReadEventDetails
}

function lengthOf(request: object, field: string): number {
  // It would make all of them in the stack's form, to be counted.
  if (request instanceof QuickReadRequest) return request.wanted.length
  const list: unknown = Reflect.get(request, field)
  return Array.isArray(list) || ArrayBuffer.isView(list) ? ((list as { readonly length?: number }).length ?? 0) : 0
}
