import { AttributeIds, type DataValue, MonitoredItem } from 'node-opcua'
import type { Hook } from '../guard/hooks.ts'
import { QuickNotification } from './notification.ts'
import { isPushed, unwatch, watch } from './pushed.ts'
import { denialFor } from './readable.ts'
import { take, takeIn, waitForEnd } from './report.ts'
import { type Item, watchedOf } from './watched.ts'
import { endOf } from './windows.ts'

/**
 * Hooks what monitored items do with a change of a variable that is reported as it happens.
 *
 * The stack copies the value four times for each item. Here all items that watch a variable share the value that it shows, which
 * nobody changes: whoever has to mark a queued value, because the queue overflows or the meaning of the value has changed, makes it
 * its own first. Index ranges, deadbands and linked items are the stack's affair.
 */
export function changeHooks(): Hook[] {
  const items = MonitoredItem.prototype
  return [
    {
      target: items,
      method: '_on_value_changed_exception_based',
      wrap: (original) =>
        function (this: Item, changed: DataValue, given?: unknown) {
          const watched = watchedOf(this)
          const nowMs = performance.now()
          const denial = denialFor(watched, nowMs)
          const range = denial ? null : given
          if (!range) takeIn(watched, denial ?? changed, nowMs)
          else {
            // The stack keeps it back when an end is waited for.
            if (nowMs < watched.windowEndMs) waitForEnd(watched)
            original.call(this, changed, range)
          }
        },
    },
    {
      target: items,
      method: '_on_coalesce_window_end',
      wrap: () =>
        function (this: Item) {
          const pending = this._pendingDataValue
          const watched = watchedOf(this)
          watched.isWaiting = false
          this._coalesceTimer = null
          this._pendingDataValue = null
          if (!pending || !this.itemToMonitor) return
          watched.windowEndMs = endOf(this.samplingInterval, performance.now())
          take(watched, pending)
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
          watchedOf(this).windowEndMs = 0
          const result = original.apply(this, given)
          if (this.node && this._value_changed_callback) watch(this.node, watchedOf(this))
          return result
        },
    },
    {
      target: items,
      method: '_stop_sampling',
      wrap: (original) =>
        function (this: Item) {
          const watched = watchedOf(this)
          watched.isPlain = false
          watched.isWaiting = false
          if (this.node) unwatch(this.node, watched)
          original.call(this)
        },
    },
    {
      target: items,
      method: '_set_parameters',
      wrap: (original) =>
        function (this: Item, ...given: unknown[]) {
          original.apply(this, given)
          if (isOfPushed(this)) this._exceptionBased = true
          watchedOf(this).isPlain = false
        },
    },
    {
      target: items,
      method: 'addLinkItem',
      wrap: (original) =>
        function (this: Item, ...given: unknown[]) {
          watchedOf(this).isPlain = false
          return original.apply(this, given)
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
          watchedOf(this).isPlain = false
          this.queue.forEach(own)
          // It tells the value again.
          if (denialFor(watchedOf(this), performance.now()) === undefined) original.call(this)
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
  ]
}

function isOfPushed({ itemToMonitor, node }: Item): boolean {
  return itemToMonitor?.attributeId === AttributeIds.Value && isPushed(node ?? null)
}

function own(notification: unknown): void {
  if (notification instanceof QuickNotification) notification.own()
}
