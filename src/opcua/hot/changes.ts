import {
  AttributeIds,
  DataChangeFilter,
  DataChangeTrigger,
  DataType,
  type DataValue,
  DeadbandType,
  MonitoredItem,
  Subscription,
  sameVariant,
  TimestampsToReturn,
  VariantArrayType,
} from 'node-opcua'
import { sameDataValue } from 'node-opcua-data-value'
import type { NumericRange } from 'node-opcua-numeric-range'
import type { Hook } from '../guard/hooks.ts'
import { copyOf, QuickNotification } from './notification.ts'
import { denialFor, type Reporting } from './readable.ts'
import { isPushed } from './show.ts'
import { type InWindow, Windows } from './windows.ts'

/** The parts of a monitored item that are looked at; the stack's own methods look at the same. */
interface Item extends InWindow, Reporting {
  readonly itemToMonitor: { readonly attributeId: number; readonly indexRange?: NumericRange } | null
  readonly filter: unknown
  readonly clientHandle: number
  readonly timestampsToReturn: TimestampsToReturn
  readonly node: { readonly semantic_version?: number } | null
  queue: unknown[]
  readonly _semantic_version: number
  readonly _linkedItems?: readonly number[]
  oldDataValue: DataValue
  _pendingDataValue: DataValue | null
  _exceptionBased: boolean
  _on_value_changed(dataValue: DataValue): void
  _enqueue_notification(notification: object): void
}

/**
 * Hooks what monitored items do with a change of a variable that is reported as it happens.
 *
 * The stack copies the value four times for each item. Here all items that watch a variable share one copy of it, which nobody
 * changes: whoever has to mark a queued value, because the queue overflows or the meaning of the value has changed, makes it its own
 * first. Index ranges, deadbands and linked items are the stack's affair.
 */
export function changeHooks(): Hook[] {
  const items = MonitoredItem.prototype
  return [
    {
      target: items,
      method: '_on_value_changed_exception_based',
      wrap: (original) =>
        function (this: Item, changed: DataValue, given?: unknown) {
          const denial = denialFor(this, timeOf(changed))
          const dataValue = denial ?? changed
          const range = denial ? null : given
          if (range) return original.call(this, dataValue, range)
          if (this.samplingInterval <= 0) return take(this, dataValue)
          if (this._coalesceTimer) this._pendingDataValue = dataValue
          else {
            take(this, dataValue)
            this._coalesceTimer = windows.open(this)
          }
        },
    },
    {
      target: items,
      method: '_on_coalesce_window_end',
      wrap: () =>
        function (this: Item) {
          const pending = this._pendingDataValue
          this._coalesceTimer = null
          this._pendingDataValue = null
          if (!pending || !this.itemToMonitor) return
          take(this, pending)
          this._coalesceTimer = windows.open(this)
        },
    },
    // The stack asks a variable for its value again and again when a client wants it at intervals; one that tells of every change
    // need not be asked. This is settled when an item begins, and again when it is modified.
    {
      target: items,
      method: '__start_sampling',
      wrap: (original) =>
        function (this: Item, ...given: unknown[]) {
          if (isOfPushed(this)) this._exceptionBased = true
          return original.apply(this, given)
        },
    },
    {
      target: items,
      method: '_set_parameters',
      wrap: (original) =>
        function (this: Item, ...given: unknown[]) {
          original.apply(this, given)
          if (isOfPushed(this)) this._exceptionBased = true
        },
    },
    // These write into the values of queued notifications.
    {
      target: items,
      method: '_setOverflowBit',
      wrap: (original) =>
        function (this: Item, notification: unknown) {
          own(notification)
          return original.call(this, notification)
        },
    },
    {
      target: items,
      method: '_on_semantic_changed',
      wrap: (original) =>
        function (this: Item) {
          this.queue.forEach(own)
          // It tells the value again.
          if (denialFor(this, Date.now()) === undefined) original.call(this)
        },
    },
    {
      target: items,
      method: 'extractMonitoredItemNotifications',
      wrap: (original) =>
        function (this: Item, isForced?: boolean) {
          const { node, queue } = this
          if (this._semantic_version < (node?.semantic_version ?? 0)) own(queue.at(-1))
          return original.call(this, isForced)
        },
    },
    { target: Subscription.prototype, method: '_harvestMonitoredItems', wrap: () => harvest },
  ]
}

const windows = new Windows()

function isOfPushed({ itemToMonitor, node }: Item): boolean {
  return itemToMonitor?.attributeId === AttributeIds.Value && isPushed(node ?? null)
}

function take(item: Item, dataValue: DataValue): void {
  if (!isUsual(item, dataValue)) item._on_value_changed(dataValue)
  else if (hasChanged(item, dataValue)) report(item, dataValue)
}

function timeOf({ serverTimestamp }: DataValue): number {
  return serverTimestamp?.getTime() ?? Date.now()
}

function own(notification: unknown): void {
  if (notification instanceof QuickNotification) notification.own()
}

/** Whether the change has to be looked at in no special way. */
function isUsual(item: Item, { value }: DataValue): boolean {
  const { itemToMonitor, node, filter } = item
  if (!itemToMonitor || itemToMonitor.attributeId !== AttributeIds.Value || !node || item._linkedItems) return false
  if (itemToMonitor.indexRange && !itemToMonitor.indexRange.isEmpty()) return false
  if (node.semantic_version !== item._semantic_version || item.clientHandle === INVALID_HANDLE) return false
  // Before the first value there is one without times, which is no value.
  if (!item.oldDataValue.serverTimestamp) return false
  if (value.dataType === DataType.ExtensionObject || value.arrayType === VariantArrayType.Matrix) return false
  return filter === null || (filter instanceof DataChangeFilter && filter.deadbandType === DeadbandType.None)
}

const INVALID_HANDLE = 0xffff_ffff

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

function report(item: Item, dataValue: DataValue): void {
  const { timestampsToReturn: choice, clientHandle } = item
  item.oldDataValue = dataValue
  const told = choice === TimestampsToReturn.Both ? dataValue : withTimes(dataValue, choice)
  const notification = new QuickNotification(clientHandle, told)
  // Most queues hold one value when they are emptied, and a list that is made for one takes a tenth of one that may grow.
  if (item.queue.length === 0) item.queue = [notification]
  else item._enqueue_notification(notification)
}

function withTimes(dataValue: DataValue, choice: TimestampsToReturn): DataValue {
  const copy = copyOf(dataValue)
  if (choice === TimestampsToReturn.Server || choice === TimestampsToReturn.Neither) {
    copy.sourceTimestamp = null
    copy.sourcePicoseconds = 0
  }
  if (choice === TimestampsToReturn.Source || choice === TimestampsToReturn.Neither) {
    copy.serverTimestamp = null
    copy.serverPicoseconds = 0
  }
  return copy
}

interface Told {
  readonly queue: readonly unknown[]
  readonly _triggeredNotifications?: readonly unknown[]
  extractMonitoredItemNotifications(): object[]
}

interface Harvesting {
  readonly monitoredItems: Map<number, Told>
  readonly maxNotificationMessageSize: number
  readonly publishIntervalCount: number
  readonly _pending_notifications: { push(entry: object): void }
  _hasUncollectedMonitoredItemNotifications: boolean
  _addNotificationMessage(notification: object, monitoredItemId: number): void
}

/** What comes before the notifications of a message, as the stack reckons it, in bytes. */
const OVERHEAD_BYTES = 2048

/**
 * Collects what all items of a subscription have to tell. How large a message may be is asked once and not for each of them, and
 * what cannot be too large for any is not judged one by one.
 */
function harvest(this: Harvesting): void {
  const budget = this.maxNotificationMessageSize
  const publishTime = new Date()
  const { publishIntervalCount: start_tick } = this
  for (const [monitoredItemId, item] of this.monitoredItems) {
    if (item.queue.length === 0 && !item._triggeredNotifications) continue
    for (const notification of item.extractMonitoredItemNotifications()) {
      const size = notification instanceof QuickNotification ? notification.binaryStoreSize() : undefined
      if (size !== undefined && (budget === 0 || size + OVERHEAD_BYTES <= budget)) {
        this._pending_notifications.push({
          monitoredItemId,
          notification,
          size: budget === 0 ? undefined : size,
          publishTime,
          start_tick,
        })
      } else this._addNotificationMessage(notification, monitoredItemId)
    }
  }
  this._hasUncollectedMonitoredItemNotifications = false
}
