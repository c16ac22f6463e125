import { type UAObject, type UAVariable, VariableIds } from 'node-opcua'
import { diagnosticTag, healthOwner } from '../model/diagnostics.ts'
import { toVariant } from './conversion.ts'
import { bindDiagnostics } from './diagnostic-variable.ts'
import { addNotifier } from './events/notifiers.ts'
import { namespaceUris } from './namespaces.ts'
import { objectTypeOf, type SpaceContext } from './space-context.ts'

/** Adds the object that shows how the server is, below the runtime, and lets `Server.ServiceLevel` say the same. */
export function addHealth(context: SpaceContext, runtime: UAObject): UAObject {
  const node = objectTypeOf(context, 'ServerHealthType', namespaceUris.types).instantiate({
    browseName: 'Health',
    displayName: 'Health',
    description: 'How the server as a whole is.',
    namespace: context.namespace,
    nodeId: 's=health',
    componentOf: runtime,
  })
  context.objectById.set('health', node)
  const server = context.addressSpace.rootFolder.objects.server as unknown as UAObject
  addNotifier(node, server, context.view.eventHistory !== undefined)
  bindDiagnostics(context, node, healthOwner, [
    { name: 'serviceLevel', member: 'ServiceLevel', kind: 'byte' },
    { name: 'reason', member: 'Reason', kind: 'localizedText' },
    { name: 'blockedCount', member: 'BlockedCount', kind: 'count' },
    { name: 'longestBlock', member: 'LongestBlock', kind: 'duration' },
    { name: 'clockJumpCount', member: 'ClockJumpCount', kind: 'count' },
    { name: 'lastClockJump', member: 'LastClockJump', kind: 'duration' },
    { name: 'unhandledRejectionCount', member: 'UnhandledRejectionCount', kind: 'count' },
    { name: 'handleCount', member: 'HandleCount', kind: 'count' },
    { name: 'handleLimit', member: 'HandleLimit', kind: 'count' },
    { name: 'heapUsed', member: 'HeapUsed', kind: 'amount' },
    { name: 'heapLimit', member: 'HeapLimit', kind: 'amount' },
    { name: 'memoryUsed', member: 'MemoryUsed', kind: 'amount' },
  ])
  showServiceLevel(context)
  return node
}

/** The stack always says 255 there, from a function of its own that has to be taken away first. */
function showServiceLevel({ addressSpace, live }: SpaceContext): void {
  const variable = addressSpace.findNode(`i=${VariableIds.Server_ServiceLevel}`) as UAVariable | null
  if (!variable) throw new Error('namespace 0 lacks Server.ServiceLevel')
  variable.bindVariable({}, true)
  live.bind(diagnosticTag(healthOwner, 'serviceLevel'), variable, (value) =>
    toVariant({ dataType: 'Byte', isArray: false }, value),
  )
}
