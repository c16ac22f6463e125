import { DataType, type DataValue, NodeClass, type UAVariable } from 'node-opcua'
import { sameDataValue } from 'node-opcua-data-value'
import { copyOf } from './notification.ts'

/** The parts of a variable that take a value; the stack's own methods write the same. */
interface Shows {
  $dataValue: DataValue
  readonly dataType: unknown
  _internal_set_dataValue(dataValue: DataValue): void
}

/** What has been found of a variable: which type of values fits the type that it is declared with. */
export interface Fit {
  declared?: unknown
  dataType?: DataType
}

const pushed = new WeakSet<object>()

/** Notes that a variable is told every change of its value, and need not be asked for it. */
export function push(variable: UAVariable): void {
  variable.minimumSamplingInterval = 0
  pushed.add(variable)
}

/** Whether a node is told every change of its value. */
export function isPushed(node: object | null): boolean {
  return node !== null && pushed.has(node)
}

/**
 * Lets a variable show a value that has both of its times, and tells those who watch it. `fit` belongs to the variable, and is
 * empty at first.
 *
 * The first value of a type goes through the stack, which checks that it fits. Further ones are put in place and handed on once:
 * the stack copies the old and the new one, and compares all of both, to find that the source time has changed.
 */
export function show(variable: UAVariable, dataValue: DataValue, fit: Fit): void {
  const shows = variable as unknown as Shows
  const { dataType } = dataValue.value
  const isKnown = fit.declared !== undefined && fit.declared === shows.dataType
  if (!isKnown || (dataType !== fit.dataType && dataType !== DataType.Null)) {
    shows._internal_set_dataValue(dataValue)
    if (isPlain(variable, dataType)) Object.assign(fit, { declared: shows.dataType, dataType })
    return
  }
  const before = shows.$dataValue
  shows.$dataValue = dataValue
  if (variable.listenerCount('value_changed') === 0 || isSame(before, dataValue)) return
  // A Read makes the server time of what is shown new; what is reported keeps the one that it has.
  variable.emit('value_changed', copyOf(dataValue), null as never)
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
