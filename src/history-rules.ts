import { Deadband } from './history/record/deadband.ts'
import type { RunnablePlant } from './load-plant.ts'
import { ownerTag } from './model/tag.ts'
import type { DataType } from './model/value.ts'
import type { HistorizedTag } from './opcua/history/history-view.ts'

/** How the history of a tag is kept, and what lets its samples through. */
export interface HistoryRule extends HistorizedTag {
  readonly dataType: DataType
  readonly gate: Deadband | undefined
}

/** The tags of a definition that have a history. A deadband goes on where it was `before`, unless its width is another. */
export function historyRulesOf(
  plant: Pick<RunnablePlant, 'pipelines'>,
  before: ReadonlyMap<string, HistoryRule>,
): ReadonlyMap<string, HistoryRule> {
  const rules = new Map<string, HistoryRule>()
  for (const { definition, description } of plant.pipelines) {
    for (const { name, history } of definition.outputs) {
      const port = description.outputs.find((output) => output.name === name)
      if (!history || !port) continue
      const tag = ownerTag(description.id, name)
      const known = before.get(tag)
      const gate = history.deadband > 0 ? new Deadband(history.deadband) : undefined
      rules.set(tag, {
        ...history,
        dataType: port.dataType,
        gate: known?.deadband === history.deadband ? known.gate : gate,
      })
    }
  }
  return rules
}
