import type { UAObject } from 'node-opcua'
import { historianOwner } from '../model/diagnostics.ts'
import { bindDiagnostics } from './diagnostic-variable.ts'
import { addNotifier } from './events/notifiers.ts'
import { namespaceUris } from './namespaces.ts'
import { objectTypeOf, type SpaceContext } from './space-context.ts'

/** Adds the object that shows what the historian does, below the runtime; its events are told by it and by the Server. */
export function addHistorian(context: SpaceContext, runtime: UAObject): UAObject {
  const node = objectTypeOf(context, 'HistorianType', namespaceUris.types).instantiate({
    browseName: 'Historian',
    displayName: 'Historian',
    description: 'Keeps the history of tags.',
    namespace: context.namespace,
    nodeId: 's=historian',
    componentOf: runtime,
  })
  context.objectById.set('historian', node)
  const server = context.addressSpace.rootFolder.objects.server as unknown as UAObject
  addNotifier(node, server, context.view.eventHistory !== undefined)
  bindDiagnostics(context, node, historianOwner, [
    { name: 'state', member: 'State', kind: 'HistorianStateEnumeration' },
    { name: 'reason', member: 'Reason', kind: 'localizedText' },
    { name: 'recordedCount', member: 'RecordedCount', kind: 'count' },
    { name: 'waitingCount', member: 'WaitingCount', kind: 'count' },
    { name: 'lostCount', member: 'LostCount', kind: 'count' },
    { name: 'recordedEventCount', member: 'RecordedEventCount', kind: 'count' },
    { name: 'lostEventCount', member: 'LostEventCount', kind: 'count' },
    { name: 'gapCount', member: 'GapCount', kind: 'count' },
    { name: 'tagCount', member: 'TagCount', kind: 'count' },
    { name: 'lastWriteTime', member: 'LastWriteTime', kind: 'time' },
    { name: 'databaseSize', member: 'DatabaseSize', kind: 'amount' },
    { name: 'freeSpace', member: 'FreeSpace', kind: 'amount' },
  ])
  return node
}
