import { AttributeIds, type DataValue, type ISessionContext, PermissionType, type UAVariable } from 'node-opcua'

/** For how long it holds that a session may read a variable, in milliseconds. */
const HOLDS_MS = 1000

/** Kept in the item itself: a table of very many items is slow to look into, and slow to collect. */
const found = Symbol('may read')

/** A monitored item, as far as it concerns who may know what it reports. */
export interface Reporting {
  readonly node: object | null
  getSessionContext(): ISessionContext | null
  [found]?: Finding
}

interface Finding {
  readonly context: ISessionContext | null
  readonly atMs: number
  /** What is reported instead of the value; undefined for a session that may read. */
  readonly denial: DataValue | undefined
}

/**
 * What a monitored item has to report instead of a value which its session may not read; undefined when it may.
 *
 * The stack looks at permissions when an item begins and when it asks for a value, and not when a change is told to it, so that a
 * client could hear of values that it may not read. What is found holds for a second, since permissions and roles may change.
 */
export function denialFor(item: Reporting, nowMs: number): DataValue | undefined {
  const context = item.getSessionContext()
  const known = item[found]
  // Without a session, between two of them, nobody is told anything that was not allowed before.
  if (known && (known.context === context || !context) && Math.abs(nowMs - known.atMs) < HOLDS_MS) return known.denial
  const denial = context ? judge(item.node as UAVariable, context) : known?.denial
  item[found] = { context: context ?? known?.context ?? null, atMs: nowMs, denial }
  return denial
}

/** Lets an item be judged anew: its session has another user. */
export function forgetDenial(item: Reporting): void {
  delete item[found]
}

function judge(node: UAVariable, context: ISessionContext): DataValue | undefined {
  const mayRead =
    !context.isAccessRestricted(node) &&
    node.isUserReadable(context) &&
    context.checkPermission(node, PermissionType.Read)
  return mayRead ? undefined : node.readAttribute(context, AttributeIds.Value)
}
