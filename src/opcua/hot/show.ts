import { DataType, type DataValue, NodeClass, type UAVariable } from 'node-opcua'
import { sameDataValue } from 'node-opcua-data-value'
import { copyOf } from './notification.ts'
import { isAmongItems, type Pushed } from './pushed.ts'
import { tell } from './report.ts'
import type { Watched } from './watched.ts'

/** The parts of a variable that take a value; the stack's own methods write the same. */
interface Shows {
  $dataValue: DataValue
  readonly dataType: unknown
  _internal_set_dataValue(dataValue: DataValue): void
}

/**
 * Lets a variable show a value that has both of its times, and tells those who watch it. `nowMs` is a time of the monotonic clock.
 *
 * The first value of a type goes through the stack, which checks that it fits. Further ones are put in place and handed on once:
 * the stack copies the old and the new one, and compares all of both, to find that the source time has changed.
 */
export function show(pushed: Pushed, dataValue: DataValue, nowMs: number): void {
  const { variable } = pushed
  const shows = variable as unknown as Shows
  const { dataType } = dataValue.value
  const isKnown = pushed.declared !== undefined && pushed.declared === shows.dataType
  if (!isKnown || (dataType !== pushed.dataType && dataType !== DataType.Null)) {
    shows._internal_set_dataValue(dataValue)
    if (!isPlain(variable, dataType)) return
    pushed.declared = shows.dataType
    pushed.dataType = dataType
    return
  }
  const before = shows.$dataValue
  shows.$dataValue = dataValue
  if (!isAmongItems(pushed)) {
    if (variable.listenerCount('value_changed') === 0 || isSame(before, dataValue)) return
    // A Read makes the server time of what is shown new; what is handed to strangers keeps the one that it has.
    variable.emit('value_changed', copyOf(dataValue), null as never)
    return
  }
  if (isSame(before, dataValue)) return
  // A variable gives a Bad value away as it is, and whoever reads it may take its times away.
  const told = dataValue.statusCode.isGoodish() ? dataValue : copyOf(dataValue)
  if (pushed.first) hand(pushed.first, told, nowMs)
  for (const watched of pushed.others) hand(watched, told, nowMs)
}

function hand(watched: Watched, dataValue: DataValue, nowMs: number): void {
  if (!tell(watched, dataValue, nowMs)) watched.item._on_value_changed_exception_based(copyOf(dataValue), null)
}

/** Whether nothing but the value changes: no structure with variables for its fields, no property that tells what another value means. */
function isPlain(variable: UAVariable, dataType: DataType): boolean {
  if (dataType === DataType.ExtensionObject || dataType === DataType.Null) return false
  if (variable.parent?.nodeClass === NodeClass.Variable) return false
  return !Object.hasOwn(variable, '_internal_set_dataValue') && !Object.hasOwn(variable, '_inner_replace_dataValue')
}

/** Whether it is the same report again: of the same source time, with the same status and value. */
function isSame(before: DataValue, now: DataValue): boolean {
  const isOld = before.sourceTimestamp?.getTime() === now.sourceTimestamp?.getTime()
  return isOld && sameDataValue(before, now)
}
