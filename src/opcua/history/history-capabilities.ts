import { DataType, ObjectIds, type OPCUAServer, type UAVariable, VariableIds, Variant } from 'node-opcua'
import type { PlantView } from '../plant-view.ts'
import { eventsReturnMax } from './events/read-events.ts'
import { returnMax } from './places.ts'

/**
 * Says what can be done with history (HistoryServerCapabilities, Part 11 §5.4.2) and lists the aggregates (Part 13 §4.2.2):
 * what is there, and nothing else.
 */
export function tellHistoryCapabilities(
  server: OPCUAServer,
  { history, eventHistory }: Pick<PlantView, 'history' | 'eventHistory'>,
): void {
  const { addressSpace, historyServerCapabilities: capabilities } = server.engine
  if (!addressSpace) throw new Error('the server has no address space')
  const hasHistory = history !== undefined
  capabilities.accessHistoryDataCapability = hasHistory
  capabilities.insertDataCapability = hasHistory
  capabilities.replaceDataCapability = hasHistory
  capabilities.updateDataCapability = hasHistory
  capabilities.deleteRawCapability = hasHistory
  capabilities.deleteAtTimeCapability = hasHistory
  capabilities.maxReturnDataValues = history ? returnMax : 0
  capabilities.accessHistoryEventsCapability = eventHistory !== undefined
  capabilities.maxReturnEventValues = eventHistory ? eventsReturnMax : 0
  const serverTimes = addressSpace.findNode(
    `i=${VariableIds.HistoryServerCapabilities_ServerTimestampSupported}`,
  ) as UAVariable | null
  serverTimes?.bindVariable({ get: () => new Variant({ dataType: DataType.Boolean, value: false }) }, true)
  const folders = [
    ObjectIds.HistoryServerCapabilities_AggregateFunctions,
    ObjectIds.Server_ServerCapabilities_AggregateFunctions,
  ]
  for (const folder of folders) {
    const node = addressSpace.findNode(`i=${folder}`)
    for (const number of Object.values(history?.aggregates ?? {})) {
      node?.addReference({ referenceType: 'Organizes', nodeId: `i=${number}` })
    }
  }
}
