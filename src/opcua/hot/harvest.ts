import { MonitoredItem, MonitoringMode, Subscription } from 'node-opcua'
import type { Hook } from '../guard/hooks.ts'
import { QuickNotification } from './notification.ts'
import { type Entry, Pending } from './pending.ts'
import { type Item, type Watched, watchedOf } from './watched.ts'

/** The parts of a subscription that are looked at; the stack's own methods look at the same. */
interface Harvesting {
  readonly monitoredItems: Map<number, Item>
  readonly maxNotificationMessageSize: number
  _pending_notifications: Pending | { values(): Iterable<Entry> }
  _hasUncollectedMonitoredItemNotifications: boolean
  _addNotificationMessage(notification: object, monitoredItemId: number): void
  [listed]?: List
}

/** Items of a subscription that may have something to tell, in the order in which they got it. */
interface List {
  readonly installation: object
  items: Watched[]
}

const listed = Symbol('listed')

/** Hooks that are put in place once more may have missed something in between. */
let installation: object = {}

/** What comes before the notifications of a message, as the stack reckons it, in bytes. */
const OVERHEAD_BYTES = 2048

/** So many items on a list may be gone before that is looked at. */
const FEW_GONE = 100

/** The queue of an item that has nothing to tell; nobody may put anything into it. */
const emptied: readonly object[] = Object.freeze([])

/**
 * Hooks how a subscription collects what its items have to tell.
 *
 * The stack asks all items, several times for each message. Here items come on a list when they get something to tell, and nobody
 * else is asked.
 */
export function harvestHooks(): Hook[] {
  const [items, subscriptions] = [MonitoredItem.prototype, Subscription.prototype]
  installation = {}
  return [
    {
      target: items,
      method: '_enqueue_notification',
      wrap: (original) =>
        function (this: Item, notification: object) {
          // What holds nothing, or just one of ours, is not to be changed.
          if (this.queue.length <= 1) this.queue = [...this.queue]
          original.call(this, notification)
          list(watchedOf(this))
        },
    },
    {
      target: items,
      method: 'trigger',
      wrap: (original) =>
        function (this: Item) {
          watchedOf(this).isTriggered = true
          original.call(this)
          // The stack collects what a triggered item has to tell at once after this.
          setImmediate(() => list(watchedOf(this)))
        },
    },
    { target: subscriptions, method: '_harvestMonitoredItems', wrap: () => harvest },
    { target: subscriptions, method: 'hasUncollectedMonitoredItemNotifications', isGetter: true, wrap: () => hasMore },
  ]
}

/** Puts an item on the list of those that may have something to tell, once. */
export function list(watched: Watched): void {
  if (watched.isListed) return
  const subscription = watched.item.$subscription as unknown as Harvesting | undefined
  if (!subscription) return
  const { items } = listOf(subscription)
  items.push(watched)
  watched.isListed = true
  // Items that are gone are let go of, even if nothing is ever collected.
  if (items.length <= FEW_GONE + 2 * subscription.monitoredItems.size) return
  listOf(subscription).items = items.filter(({ item }) => item.$subscription !== undefined)
}

/** How many items are on the list of a subscription; a test for leaks looks at it. */
export function listedCount(subscription: Subscription): number {
  return listOf(subscription as unknown as Harvesting).items.length
}

function listOf(subscription: Harvesting): List {
  const known = subscription[listed]
  if (known?.installation === installation) return known
  const items = [...subscription.monitoredItems.values()].filter(hasSomething).map(watchedOf)
  for (const watched of known?.items ?? []) watched.isListed = false
  for (const watched of items) watched.isListed = true
  const fresh = { installation, items }
  subscription[listed] = fresh
  return fresh
}

function hasSomething({ queue, _triggeredNotifications: triggered }: Item): boolean {
  return queue.length > 0 || (triggered !== undefined && triggered.length > 0)
}

function hasMore(this: Harvesting): boolean {
  this._hasUncollectedMonitoredItemNotifications ||= listOf(this).items.some(({ item }) => hasSomething(item))
  return this._hasUncollectedMonitoredItemNotifications
}

/**
 * Collects what the items on the list have to tell. How large a message may be is asked once and not for each of them, and what
 * cannot be too large for any is not judged one by one.
 */
function harvest(this: Harvesting): void {
  const listOfThis = listOf(this)
  const { items } = listOfThis
  listOfThis.items = []
  const queue = this._pending_notifications
  const pending = queue instanceof Pending ? queue : Pending.of(queue)
  this._pending_notifications = pending
  const room = roomIn(this.maxNotificationMessageSize)
  const add = (notification: object, id: number): void => {
    const isQuick = notification instanceof QuickNotification && (room === undefined || notification.size <= room)
    if (isQuick) pending.push(notification)
    else this._addNotificationMessage(notification, id)
  }
  for (const watched of items) {
    watched.isListed = false
    const { item, notification } = watched
    if (notification && isAlone(watched, notification)) {
      item.queue = emptied
      item.overflow = false
      add(notification, item.monitoredItemId)
      continue
    }
    const { monitoredItemId } = item
    const told = hasSomething(item) ? item.extractMonitoredItemNotifications() : emptied
    for (const each of told) add(each, monitoredItemId)
    // What is only sampled waits until it is triggered, or reported.
    if (hasSomething(item)) list(watched)
  }
  this._hasUncollectedMonitoredItemNotifications = false
}

/** How large a notification may be, in bytes; undefined when there is no limit. */
function roomIn(messageBytes: number): number | undefined {
  return messageBytes === 0 ? undefined : messageBytes - OVERHEAD_BYTES
}

/** Whether all that an item has to tell is one change in our form, and nothing about the item is out of the ordinary. */
function isAlone({ item, isPlain, isTriggered }: Watched, { alone }: QuickNotification): boolean {
  return isPlain && !isTriggered && item.queue === alone && item.monitoringMode === MonitoringMode.Reporting
}
