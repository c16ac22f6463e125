import {
  type BaseNode,
  DataValue,
  MonitoredItem,
  MonitoredItemCreateResult,
  MonitoredItemModifyResult,
  NumericRange,
  StatusCodes,
  Subscription,
} from 'node-opcua'
import { eventFilterHook } from './event-filter.ts'
import { checkItemParameters, checkItemPlace, type ItemParameters } from './filters.ts'
import type { Report } from './findings.ts'
import type { AnyMethod, Hook } from './hooks.ts'
import { accessHooks, accessOf } from './monitored-access.ts'

/** Methods of a monitored item that timers and the address space call, where a throw would end the process. */
const ITEM_CALLBACKS = [
  '__start_sampling',
  '_on_value_changed',
  '_on_value_changed_exception_based',
  '_on_coalesce_window_end',
  '_on_semantic_changed',
  '_on_opcua_event',
  'resendInitialValue',
] as const

/** Methods of a subscription that timers call. */
const SUBSCRIPTION_CALLBACKS = ['_tick', 'process_subscription', '_flushRemainingNotifications'] as const

/**
 * Hooks subscriptions and monitored items of the whole process.
 *
 * Their work is done in timers and inside `setValueFromSource`, far from any request: a throw there ends the process,
 * or surfaces in the device that has just delivered a value.
 */
export function itemHooks(report: Report): Hook[] {
  const items = MonitoredItem.prototype
  const subscriptions = Subscription.prototype
  return [
    { target: subscriptions, method: 'preCreateMonitoredItem', wrap: (original) => guardCreate(original, report) },
    { target: subscriptions, method: 'adjustSamplingInterval', wrap: guardSamplingInterval },
    { target: subscriptions, method: 'postCreateMonitoredItem', wrap: (original) => guardPostCreate(original, report) },
    // Ranges of different kinds end in an assertion; taken as overlapping, the item looks at the value itself.
    {
      target: NumericRange,
      method: 'overlap',
      wrap: (original) =>
        swallow(
          original,
          () => undefined,
          () => true,
        ),
    },
    eventFilterHook(items),
    ...accessHooks(items),
    { target: items, method: 'modify', wrap: (original) => guardModify(original, report) },
    { target: items, method: '_on_sampling_timer', wrap: (original) => guardSampling(original, report) },
    {
      target: items,
      method: 'extractMonitoredItemNotifications',
      wrap: (original) => swallow(original, report, () => []),
    },
    ...ITEM_CALLBACKS.map((method) => ({ target: items, method, wrap: (o: AnyMethod) => swallow(o, report) })),
    ...SUBSCRIPTION_CALLBACKS.map((method) => ({
      target: subscriptions,
      method,
      wrap: (o: AnyMethod) => swallow(o, report),
    })),
  ]
}

interface CreateRequest {
  readonly itemToMonitor: { readonly nodeId: never; readonly attributeId: number; readonly indexRange: unknown }
  readonly requestedParameters: ItemParameters
  readonly monitoringMode: number
}

function guardCreate(original: AnyMethod, report: Report): AnyMethod {
  return function (this: Subscription, addressSpace: { findNode(id: never): BaseNode | null }, stamps, request) {
    const { itemToMonitor, requestedParameters, monitoringMode } = request as CreateRequest
    const refused = (statusCode: never) => ({
      createResult: new MonitoredItemCreateResult({ statusCode }),
      monitoredItemCreateRequest: request,
    })
    const node = addressSpace.findNode(itemToMonitor.nodeId)
    const place = checkItemPlace(itemToMonitor, node, monitoringMode)
    const checked = place.isGood() ? checkItemParameters(requestedParameters, itemToMonitor.attributeId) : place
    const isAsked = node !== null && checked.isGood()
    const verdict = isAsked ? accessOf(this, node, itemToMonitor.attributeId) : checked
    if (!verdict.isGood()) {
      report('refusedItem', 'CreateMonitoredItems', verdict.name)
      return refused(verdict as never)
    }
    const countBefore = this.monitoredItemCount
    try {
      return original.call(this, addressSpace, stamps, request)
    } catch (error) {
      report('containedThrow', 'CreateMonitoredItems', error)
      if (this.monitoredItemCount > countBefore) dropHalfMade(this, lastItemId(this))
      return refused(StatusCodes.BadInternalError as never)
    }
  }
}

/**
 * A variable whose MinimumSamplingInterval is indeterminate, -1 (Part 3 §5.6.2), can be watched as fast as is practical, which for
 * the stack ends in an assertion: it is sampled then, as often as anything is.
 */
function guardSamplingInterval(original: AnyMethod): AnyMethod {
  return function (this: Subscription, interval: number, node: { readonly minimumSamplingInterval?: number } | null) {
    const isIndeterminate = (node?.minimumSamplingInterval ?? 0) < 0
    return original.call(
      this,
      interval === 0 && isIndeterminate ? MonitoredItem.minimumSamplingInterval : interval,
      node,
    )
  }
}

function guardPostCreate(original: AnyMethod, report: Report): AnyMethod {
  return function (this: Subscription, item: MonitoredItem, request: unknown, result: MonitoredItemCreateResult) {
    try {
      return original.call(this, item, request, result)
    } catch (error) {
      report('containedThrow', 'CreateMonitoredItems', error)
      result.statusCode = StatusCodes.BadInternalError
      dropHalfMade(this, item.monitoredItemId)
    }
  }
}

function guardModify(original: AnyMethod, report: Report): AnyMethod {
  return function (this: MonitoredItem, stamps: unknown, parameters: ItemParameters) {
    const verdict = checkItemParameters(parameters, this.itemToMonitor.attributeId)
    if (!verdict.isGood()) {
      report('refusedItem', 'ModifyMonitoredItems', verdict.name)
      return new MonitoredItemModifyResult({ statusCode: verdict })
    }
    if (parameters.samplingInterval === -1) parameters.samplingInterval = this.samplingInterval
    const { filter } = this
    try {
      const result = original.call(this, stamps, parameters) as MonitoredItemModifyResult
      // The stack puts the new filter in place before it judges it.
      if (!result.statusCode.isGood()) this.filter = filter
      return result
    } catch (error) {
      report('containedThrow', 'ModifyMonitoredItems', error)
      this.filter = filter
      return new MonitoredItemModifyResult({ statusCode: StatusCodes.BadInternalError })
    }
  }
}

function guardSampling(original: AnyMethod, report: Report): AnyMethod {
  return function (this: MonitoredItem) {
    try {
      return original.call(this)
    } catch (error) {
      report('containedThrow', 'sampling', error)
      // The stack's flag against re-entry would keep this item silent for ever.
      Reflect.set(this, '_is_sampling', false)
      try {
        this.recordValue(new DataValue({ statusCode: StatusCodes.BadInternalError, sourceTimestamp: new Date() }), true)
      } catch (fault) {
        report('containedThrow', 'sampling', fault)
      }
    }
  }
}

function swallow(original: AnyMethod, report: Report, otherwise: () => unknown = () => undefined): AnyMethod {
  return function (this: object, ...args: unknown[]) {
    const give = (error: unknown): unknown => {
      report('containedThrow', this.constructor.name, error)
      return otherwise()
    }
    try {
      const result: unknown = original.apply(this, args)
      return result instanceof Promise ? result.catch(give) : result
    } catch (error) {
      return give(error)
    }
  }
}

function lastItemId(subscription: Subscription): number {
  const items = Reflect.get(subscription, 'monitoredItems') as Map<number, MonitoredItem>
  return [...items.keys()].at(-1) ?? 0
}

function dropHalfMade(subscription: Subscription, itemId: number): void {
  const items = Reflect.get(subscription, 'monitoredItems') as Map<number, MonitoredItem>
  try {
    subscription.removeMonitoredItem(itemId)
  } catch {
    // An item without a node cannot be disposed by the stack; taking it off the list is what is left.
    if (items.delete(itemId)) Reflect.get(subscription, 'globalCounter').totalMonitoredItemCount -= 1
  }
}
