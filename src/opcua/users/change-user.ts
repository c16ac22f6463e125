import { AttributeIds, type BaseNode, DataValue, type ServerSession } from 'node-opcua'
import { accessOf } from '../guard/monitored-access.ts'
import { forgetDenial } from '../hot/readable.ts'
import type { Item as Told } from '../hot/watched.ts'

/** What a subscription of the stack holds for its client. */
interface Subscribed {
  readonly monitoredItems: ReadonlyMap<number, Item>
  readonly _pending_notifications: { clear(): void }
  _sent_notification_messages: unknown[]
}

/** What a monitored item of the stack holds. */
type Item = Told & {
  readonly itemToMonitor: { readonly attributeId: number; readonly indexRange?: never; readonly dataEncoding?: never }
}

/**
 * Takes out of a session what its user has left there, when another one takes it over (Part 4 §5.7.3.1): what waits to be told or
 * could be told again, and what a Browse would go on with. Each monitored item goes on with what the new user may know.
 *
 * Registered nodes stay: they are names, and whoever uses one is judged then.
 */
export function handOver(session: ServerSession): void {
  session.continuationPointManager.clear()
  for (const subscription of session.publishEngine.subscriptions) {
    const held = subscription as unknown as Subscribed
    held._pending_notifications.clear()
    held._sent_notification_messages = []
    for (const item of held.monitoredItems.values()) handOverItem(subscription, item)
  }
}

function handOverItem(subscription: object, item: Item): void {
  item.queue = []
  item.overflow = false
  item._triggeredNotifications = undefined
  item._pendingDataValue = null
  forgetDenial(item)
  const { attributeId } = item.itemToMonitor
  // The stack tells the last value of each item again when a session is activated.
  if (item.node && attributeId !== AttributeIds.EventNotifier) item.oldDataValue = knownTo(subscription, item)
}

/** What the user of a subscription may know of an item now: its value, or why there is none. */
function knownTo(subscription: object, item: Item): DataValue {
  const { attributeId, indexRange, dataEncoding } = item.itemToMonitor
  const node = item.node as BaseNode
  const context = item.getSessionContext()
  const verdict = accessOf(subscription, node, attributeId)
  if (verdict.isGood()) return node.readAttribute(context, attributeId, indexRange, dataEncoding)
  const now = new Date()
  return new DataValue({ statusCode: verdict, sourceTimestamp: now, serverTimestamp: now })
}
