import { AttributeIds, type DataValue, type ISessionContext, PermissionType, type UAVariable } from 'node-opcua'
import { Access } from './access.ts'
import { type Item, type Watched, watchedOf } from './watched.ts'

/** For how long it holds that a session may read a variable, in milliseconds. */
const HOLDS_MS = 1000
const CURRENT_READ = 1

/** What has been looked up for a session, and when. */
interface Lookup {
  readonly access: Access
  readonly atMs: number
}

const lookups = new WeakMap<ISessionContext, Lookup>()

/**
 * What a monitored item has to report instead of a value which its session may not read; undefined when it may. `nowMs` is a time of
 * the monotonic clock.
 *
 * The stack looks at permissions when an item begins and when it asks for a value, and not when a change is told to it, so that a
 * client could hear of values that it may not read. What is found holds for a second, since permissions and roles may change.
 */
export function denialFor(watched: Watched, nowMs: number): DataValue | undefined {
  const context = watched.item.getSessionContext()
  if (holds(watched, context, nowMs) || mayReadNow(watched, context, nowMs)) return watched.denial
  if (context) {
    watched.denial = judge(watched.item.node as UAVariable, context)
    watched.context = context
  }
  watched.judgedAtMs = nowMs
  return watched.denial
}

/** Whether a session is known to be allowed to read what an item watches; where it is not, nothing is said of why. */
export function mayRead(watched: Watched, nowMs: number): boolean {
  const context = watched.item.getSessionContext()
  if (holds(watched, context, nowMs)) return watched.denial === undefined
  try {
    return mayReadNow(watched, context, nowMs)
  } catch {
    // The other way fails too, and has the guard around it.
    return false
  }
}

/** Without a session, between two of them, nobody is told anything that was not allowed before. */
function holds({ context: known, judgedAtMs }: Watched, context: ISessionContext | null, nowMs: number): boolean {
  return (known === context || !context) && nowMs - judgedAtMs < HOLDS_MS
}

/** The same with what has been looked up for the session within the last second, which is good for all its items. */
function mayReadNow(watched: Watched, context: ISessionContext | null, nowMs: number): boolean {
  const { node } = watched.item
  if (!context || !node) return false
  const { accessLevel, userAccessLevel } = node
  if ((accessLevel & (userAccessLevel ?? CURRENT_READ) & CURRENT_READ) === 0) return false
  let lookup = lookups.get(context)
  if (!lookup || nowMs - lookup.atMs >= HOLDS_MS) {
    lookup = { access: new Access(context), atMs: nowMs }
    lookups.set(context, lookup)
  }
  if (!lookup.access.allows(node, PermissionType.Read)) return false
  watched.denial = undefined
  watched.context = context
  watched.judgedAtMs = lookup.atMs
  return true
}

/** Lets an item be judged anew: its session has another user. */
export function forgetDenial(item: Item): void {
  const context = item.getSessionContext()
  if (context) lookups.delete(context)
  const watched = watchedOf(item)
  watched.judgedAtMs = Number.NEGATIVE_INFINITY
  watched.denial = undefined
}

function judge(node: UAVariable, context: ISessionContext): DataValue | undefined {
  const isReadable =
    !context.isAccessRestricted(node) &&
    node.isUserReadable(context) &&
    context.checkPermission(node, PermissionType.Read)
  return isReadable ? undefined : node.readAttribute(context, AttributeIds.Value)
}
