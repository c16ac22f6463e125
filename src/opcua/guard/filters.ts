import {
  AggregateFilter,
  AttributeIds,
  type BaseNode,
  type ContentFilter,
  DataChangeFilter,
  ElementOperand,
  EventFilter,
  FilterOperand,
  MonitoringMode,
  NodeClass,
  SimpleAttributeOperand,
  type StatusCode,
  StatusCodes,
} from 'node-opcua'
import { compileWhere } from '../history/events/where-clause.ts'
import { GUARD_BOUNDS, limitsInUse } from './limits.ts'
import { isIndexRangeSound } from './ranges.ts'

/** The last attribute that Part 6 A.1 numbers (AccessLevelEx). */
const ATTRIBUTE_ID_MAX = 27

/** What a client asks of one monitored item (Part 4 7.21); revised in place where the specification says so. */
export interface ItemParameters {
  samplingInterval: number
  queueSize: number
  readonly filter: unknown
}

/**
 * Judges the place that a monitored item watches: attribute, index range and mode.
 *
 * An attribute outside the table ends in an assertion of a timer, where nobody can answer it.
 */
export function checkItemPlace(
  item: { readonly attributeId: number; readonly indexRange: unknown },
  node: BaseNode | null,
  monitoringMode: number,
): StatusCode {
  if (!Number.isInteger(item.attributeId) || item.attributeId < 1 || item.attributeId > ATTRIBUTE_ID_MAX) {
    return StatusCodes.BadAttributeIdInvalid
  }
  if (item.attributeId === AttributeIds.EventNotifier && node && node.nodeClass !== NodeClass.Object) {
    return StatusCodes.BadAttributeIdInvalid
  }
  if (!isIndexRangeSound(item.indexRange as never)) return StatusCodes.BadIndexRangeInvalid
  const isModeKnown = monitoringMode >= MonitoringMode.Disabled && monitoringMode <= MonitoringMode.Reporting
  return isModeKnown ? StatusCodes.Good : StatusCodes.BadMonitoringModeInvalid
}

/**
 * Judges the parameters of a monitored item and revises what may be revised.
 *
 * Part 4 7.21: any negative sampling interval means the publishing interval; a queue longer than ours is shortened.
 */
export function checkItemParameters(parameters: ItemParameters, attributeId: number): StatusCode {
  if (!Number.isFinite(parameters.samplingInterval)) return StatusCodes.BadInvalidArgument
  if (parameters.samplingInterval < 0) parameters.samplingInterval = -1
  parameters.queueSize = Math.min(parameters.queueSize, limitsInUse().monitoredItemsQueue)
  return checkFilter(parameters.filter, attributeId)
}

/** Judges a monitoring filter against the attribute that it is for (Part 4 7.22). */
function checkFilter(filter: unknown, attributeId: number): StatusCode {
  if (attributeId === AttributeIds.EventNotifier) {
    // Without an event filter the stack accepts the item and throws when the first event is raised.
    if (!(filter instanceof EventFilter)) return StatusCodes.BadMonitoredItemFilterInvalid
    const soundness = checkEventFilter(filter)
    if (!soundness.isGood()) return soundness
    // A clause that cannot be evaluated would let no event pass, without a word.
    return typeof compileWhere(filter.whereClause) === 'function' ? soundness : StatusCodes.BadEventFilterInvalid
  }
  if (filter === null || filter === undefined) return StatusCodes.Good
  if (attributeId !== AttributeIds.Value || filter instanceof EventFilter) return StatusCodes.BadFilterNotAllowed
  if (filter instanceof AggregateFilter) return StatusCodes.BadMonitoredItemFilterUnsupported
  return filter instanceof DataChangeFilter ? checkDataChangeFilter(filter) : StatusCodes.BadMonitoredItemFilterInvalid
}

function checkDataChangeFilter(filter: DataChangeFilter): StatusCode {
  // Status, StatusValue, StatusValueTimestamp and None, Absolute, Percent: three of each.
  if (!isOneOfThree(filter.trigger) || !isOneOfThree(filter.deadbandType)) {
    return StatusCodes.BadMonitoredItemFilterInvalid
  }
  const isSound = Number.isFinite(filter.deadbandValue) && filter.deadbandValue >= 0
  return isSound || filter.deadbandType === 0 ? StatusCodes.Good : StatusCodes.BadDeadbandFilterInvalid
}

function isOneOfThree(value: number): boolean {
  return value === 0 || value === 1 || value === 2
}

/** Judges what an event filter selects and how large its where-clause is (Part 4 §7.22.3). */
export function checkEventFilter(filter: EventFilter): StatusCode {
  const selects = filter.selectClauses ?? []
  if (selects.length > limitsInUse().selectOperands) return StatusCodes.BadEventFilterInvalid
  const areSelectsSound = selects.every(
    (select) => select instanceof SimpleAttributeOperand && isIndexRangeSound(select.indexRange),
  )
  if (!areSelectsSound) return StatusCodes.BadEventFilterInvalid
  return isWhereClauseSound(filter.whereClause) ? StatusCodes.Good : StatusCodes.BadEventFilterInvalid
}

/**
 * Says whether a where-clause can be evaluated within the budget.
 *
 * Elements may be shared by several parents, so a short clause can stand for a tree of 2^n visits; visits are counted
 * with repetition, and an element that is its own descendant has no finite count.
 */
function isWhereClauseSound(clause: ContentFilter | null): boolean {
  const elements = clause?.elements ?? []
  if (elements.length === 0) return true
  const operandsOf = (index: number): readonly unknown[] => elements[index]?.filterOperands ?? []
  const operandCount = elements.reduce((count, _element, index) => count + operandsOf(index).length, 0)
  const { whereOperands } = limitsInUse()
  if (operandCount > whereOperands || elements.length > whereOperands) return false
  const visits = new Array<number | undefined>(elements.length)
  const visitsOf = (index: number): number => {
    if (!elements[index]) return Number.POSITIVE_INFINITY
    const known = visits[index]
    if (known !== undefined) return known
    visits[index] = Number.POSITIVE_INFINITY
    let count = 1
    for (const operand of operandsOf(index)) {
      if (!(operand instanceof FilterOperand)) return Number.POSITIVE_INFINITY
      if (operand instanceof ElementOperand) count += visitsOf(operand.index)
    }
    visits[index] = count
    return count
  }
  return elements.every((_element, index) => visitsOf(index) <= GUARD_BOUNDS.whereVisits)
}
