import type { DataValue, ISessionContext, MonitoredItem, Subscription, UAVariable } from 'node-opcua'
import type { NumericRange } from 'node-opcua-numeric-range'
import type { QuickNotification } from './notification.ts'
import type { InWindow } from './windows.ts'

/** The parts of a monitored item that are looked at; the stack's own methods look at the same. */
export interface Item extends InWindow {
  readonly monitoredItemId: number
  readonly $subscription?: Subscription
  readonly itemToMonitor: { readonly attributeId: number; readonly indexRange?: NumericRange } | null
  readonly filter: MonitoredItem['filter'] | null
  readonly samplingInterval: number
  readonly clientHandle: number
  readonly queueSize: number
  readonly timestampsToReturn: MonitoredItem['timestampsToReturn']
  readonly monitoringMode: MonitoredItem['monitoringMode']
  readonly node: (UAVariable & { readonly semantic_version?: number }) | null
  queue: readonly object[]
  overflow: boolean
  readonly _semantic_version: number
  readonly _linkedItems?: readonly number[]
  _triggeredNotifications?: readonly object[] | undefined
  readonly _value_changed_callback: unknown
  oldDataValue: DataValue
  _pendingDataValue: DataValue | null
  _exceptionBased: boolean
  getSessionContext(): ISessionContext | null
  extractMonitoredItemNotifications(): readonly object[]
  _on_value_changed(dataValue: DataValue): void
  _on_value_changed_exception_based(dataValue: DataValue, range: null): void
  _enqueue_notification(notification: object): void
  [watched]?: Watched
}

/** Kept in the item itself: a table of very many items is slow to look into, and slow to collect. */
const watched = Symbol('watched')

/**
 * What is known of a monitored item beside what the stack knows, in one place: what is looked at for each change lies close together,
 * since with very many items it is memory that takes the time.
 */
export class Watched {
  readonly item: Item
  /** Whether its changes need to be looked at in no special way; false when that is to be found out anew. */
  isPlain = false
  /** Whether it keeps a change back until the end of its window. */
  isWaiting = false
  /** Until when further changes are kept back, in milliseconds of the monotonic clock. */
  windowEndMs = 0
  /** For which session it has been found whether it may read the variable, when, and what it is told instead of the value. */
  context: ISessionContext | null = null
  judgedAtMs = Number.NEGATIVE_INFINITY
  denial: DataValue | undefined
  /** What it has reported before, to be taken again when it has been sent. */
  notification: QuickNotification | undefined
  /** Whether its subscription has it on the list of those that may have something to tell. */
  isListed = false
  /** Whether another item has ever triggered it. */
  isTriggered = false
  /** Whether it is on the list of those that listen to its variable. */
  isWatching = false

  constructor(item: Item) {
    this.item = item
  }
}

/** What is known of an item. */
export function watchedOf(item: Item): Watched {
  const known = item[watched]
  if (known) return known
  const fresh = new Watched(item)
  item[watched] = fresh
  return fresh
}
