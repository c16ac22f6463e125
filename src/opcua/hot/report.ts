import {
  AttributeIds,
  DataChangeFilter,
  DataChangeTrigger,
  DataType,
  type DataValue,
  DeadbandType,
  sameVariant,
  VariantArrayType,
} from 'node-opcua'
import { sameDataValue } from 'node-opcua-data-value'
import { list } from './harvest.ts'
import { QuickNotification } from './notification.ts'
import { mayRead } from './readable.ts'
import type { Item, Watched } from './watched.ts'
import { endOf, Windows } from './windows.ts'

const windows = new Windows()
/** The handle that no item has. */
const INVALID_HANDLE = 0xffff_ffff

/**
 * Tells an item of a change that its variable shows, where nothing about the item and the value is out of the ordinary and it is
 * known that its session may read; says whether it was so. Nothing is thrown. `nowMs` is a time of the monotonic clock.
 */
export function tell(watched: Watched, dataValue: DataValue, nowMs: number): boolean {
  if (!watched.isPlain || watched.isWaiting || nowMs < watched.windowEndMs) return false
  const { item } = watched
  // The stack throws where it cannot mark a queued value that is Bad.
  if (item.queue.length > 1 && item.queue.length >= item.queueSize) return false
  if (!mayRead(watched, nowMs) || !isSimple(dataValue) || !isPlainFor(item, dataValue)) return false
  if (item.samplingInterval > 0) watched.windowEndMs = endOf(item.samplingInterval, nowMs)
  if (hasChanged(item, dataValue)) report(watched, dataValue)
  return true
}

/** Lets an item take a change, or keep it back until the end of its sampling interval. */
export function takeIn(watched: Watched, dataValue: DataValue, nowMs: number): void {
  const { item } = watched
  const { samplingInterval } = item
  if (samplingInterval > 0 && (nowMs < watched.windowEndMs || item._coalesceTimer)) {
    item._pendingDataValue = dataValue
    waitForEnd(watched)
    return
  }
  if (samplingInterval > 0) watched.windowEndMs = endOf(samplingInterval, nowMs)
  take(watched, dataValue)
}

/** Lets what an item keeps back be told when its sampling interval is over. */
export function waitForEnd(watched: Watched): void {
  const { item, windowEndMs } = watched
  watched.isWaiting = true
  item._coalesceTimer ??= windows.wait(item, windowEndMs)
}

/** Lets an item take a change. */
export function take(watched: Watched, dataValue: DataValue): void {
  const { item } = watched
  watched.isPlain = isPlain(item)
  if (!watched.isPlain || !isPlainFor(item, dataValue)) item._on_value_changed(dataValue)
  else if (hasChanged(item, dataValue)) report(watched, dataValue)
}

/** Whether changes have to be looked at in no special way. */
function isPlain(item: Item): boolean {
  const { itemToMonitor, node, filter } = item
  if (!itemToMonitor || itemToMonitor.attributeId !== AttributeIds.Value || !node || item._linkedItems) return false
  if (itemToMonitor.indexRange && !itemToMonitor.indexRange.isEmpty()) return false
  if (node.semantic_version !== item._semantic_version || item.clientHandle === INVALID_HANDLE) return false
  return filter === null || (filter instanceof DataChangeFilter && filter.deadbandType === DeadbandType.None)
}

/** Whether values are compared by a look at them. */
function isSimple({ value: { arrayType, value } }: DataValue): boolean {
  return arrayType === VariantArrayType.Scalar && (value === null || typeof value !== 'object')
}

function isPlainFor({ oldDataValue }: Item, { value }: DataValue): boolean {
  // Before the first value there is one without times, which is no value.
  if (!oldDataValue.serverTimestamp) return false
  return value.dataType !== DataType.ExtensionObject && value.arrayType !== VariantArrayType.Matrix
}

/** Whether a client is to hear of a value after the last one that it heard of (Part 4 §7.22.2). */
function hasChanged({ filter, oldDataValue: old }: Item, now: DataValue): boolean {
  const trigger = filter instanceof DataChangeFilter ? filter.trigger : DataChangeTrigger.StatusValue
  if (now.statusCode.value !== old.statusCode.value) return true
  if (trigger === DataChangeTrigger.Status) return false
  const isLater = old.sourceTimestamp?.getTime() !== now.sourceTimestamp?.getTime()
  if (trigger === DataChangeTrigger.StatusValueTimestamp && isLater) return true
  const { value: before } = old.value
  const { value: after } = now.value
  if (typeof before === 'number' && typeof after === 'number') return before !== after
  if (!(filter instanceof DataChangeFilter)) return !sameVariant(old.value, now.value)
  // With a filter the stack takes two lists for different unless all of the report is the same.
  return !sameDataValue(old, now) && before !== after
}

function report(watched: Watched, dataValue: DataValue): void {
  const { item } = watched
  item.oldDataValue = dataValue
  let { notification } = watched
  if (!notification?.isFree) {
    notification = new QuickNotification(item.monitoredItemId, dataValue)
    watched.notification = notification
  }
  notification.take(item.clientHandle, dataValue, item.timestampsToReturn)
  if (item.queue.length > 0) item._enqueue_notification(notification)
  else {
    item.queue = notification.alone
    list(watched)
  }
}
