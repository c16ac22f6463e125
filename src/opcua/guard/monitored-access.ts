import {
  AttributeIds,
  type BaseNode,
  DataValue,
  type ISessionContext,
  PermissionType,
  type StatusCode,
  StatusCodes,
} from 'node-opcua'
import type { AnyMethod, Hook } from './hooks.ts'

/** A subscription, as far as it is known whose it is. */
interface Owned {
  readonly $session?: { readonly sessionContext: ISessionContext } | undefined
}

/**
 * Tells whether the owner of a subscription may monitor an attribute: a Value takes the permission Read, every other attribute
 * Browse (Part 3 §8.55). The stack looks when it samples, and not when a value is pushed.
 */
export function accessOf(subscription: object, node: BaseNode, attributeId: number): StatusCode {
  const session = (subscription as Owned).$session?.sessionContext
  if (!session) return StatusCodes.Good
  if (session.isAccessRestricted(node)) return StatusCodes.BadSecurityModeInsufficient
  const needed = attributeId === AttributeIds.Value ? PermissionType.Read : PermissionType.Browse
  return session.checkPermission(node, needed) ? StatusCodes.Good : StatusCodes.BadUserAccessDenied
}

/** A monitored item, as far as it is known what it watches, and for whom. */
interface Watching {
  readonly $subscription: object | null
  readonly node: BaseNode | null
  readonly itemToMonitor: { readonly attributeId: number } | null
}

/**
 * Hooks what is told to monitored items, of events and of attributes other than Value: a session may have got another user, or
 * its user other roles, since the item was made. Values are judged where they are taken.
 */
export function accessHooks(items: object): Hook[] {
  return [
    {
      target: items,
      method: '_on_opcua_event',
      wrap: (original: AnyMethod) =>
        function (this: Watching, event: unknown) {
          if (verdictFor(this).isGood()) original.call(this, event)
        },
    },
    {
      target: items,
      method: '_on_value_changed',
      wrap: (original: AnyMethod) =>
        function (this: Watching, dataValue: DataValue, ...more: unknown[]) {
          const isValue = this.itemToMonitor?.attributeId === AttributeIds.Value
          const statusCode = isValue ? StatusCodes.Good : verdictFor(this)
          if (statusCode.isGood()) original.call(this, dataValue, ...more)
          else original.call(this, new DataValue({ statusCode }))
        },
    },
    {
      // It tells the last value again, which another session may have been told: the subscription was transferred.
      target: items,
      method: 'resendInitialValue',
      wrap: (original: AnyMethod) =>
        function (this: Watching & { oldDataValue: DataValue }) {
          const statusCode = verdictFor(this)
          if (!statusCode.isGood()) this.oldDataValue = new DataValue({ statusCode })
          return original.call(this)
        },
    },
  ]
}

function verdictFor({ $subscription, node, itemToMonitor }: Watching): StatusCode {
  if (!$subscription || !node || !itemToMonitor) return StatusCodes.Good
  return accessOf($subscription, node, itemToMonitor.attributeId)
}
