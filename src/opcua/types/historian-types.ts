import { addDataVariable } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** Adds `HistorianType`: what keeps the history of the plant, and whether it does. */
export function addHistorianType({ namespace, enumerations }: TypeContext): void {
  const type = namespace.addObjectType({
    browseName: 'HistorianType',
    description: 'Keeps the history of tags and events. Counters begin with the program.',
  })
  const add = (name: string, dataType: Parameters<typeof addDataVariable>[2]['dataType'], description: string): void =>
    addDataVariable(namespace, type, { name, dataType, description })
  add('State', enumerations.HistorianStateEnumeration, 'Whether history is kept, and if not, why.')
  add('Reason', 'LocalizedText', 'What is wrong, where, and what to do; empty when nothing is.')
  add('RecordedCount', 'UInt32', 'Samples kept.')
  add('WaitingCount', 'UInt32', 'Samples that wait to be kept.')
  add('LostCount', 'UInt32', 'Samples lost; gaps in the history stand for them.')
  add('RecordedEventCount', 'UInt32', 'Events kept.')
  add('LostEventCount', 'UInt32', 'Events lost; each loss is told by an event.')
  add('GapCount', 'UInt32', 'Gaps recorded.')
  add('TagCount', 'UInt32', 'Tags whose history is kept.')
  add('LastWriteTime', 'UtcTime', 'When samples were kept last.')
  add('DatabaseSize', 'Double', 'Bytes that the history takes on its disk.')
  add('FreeSpace', 'Double', 'Bytes that are free on the disk of the history.')
}
