import { AttributeIds, type DataValue, type ISessionContext, PermissionType, type UAVariable } from 'node-opcua'
import type { Watched } from './watched.ts'

/** For how long it holds that a session may read a variable, in milliseconds. */
const HOLDS_MS = 1000

/**
 * What a monitored item has to report instead of a value which its session may not read; undefined when it may. `nowMs` is a time of
 * the monotonic clock.
 *
 * The stack looks at permissions when an item begins and when it asks for a value, and not when a change is told to it, so that a
 * client could hear of values that it may not read. What is found holds for a second, since permissions and roles may change.
 */
export function denialFor(watched: Watched, nowMs: number): DataValue | undefined {
  const context = watched.item.getSessionContext()
  if (holds(watched, context, nowMs)) return watched.denial
  if (context) {
    watched.denial = judge(watched.item.node as UAVariable, context)
    watched.context = context
  }
  watched.judgedAtMs = nowMs
  return watched.denial
}

/** Whether it is known and not too long ago that a session may read what an item watches. */
export function mayRead(watched: Watched, nowMs: number): boolean {
  return watched.denial === undefined && holds(watched, watched.item.getSessionContext(), nowMs)
}

/** Without a session, between two of them, nobody is told anything that was not allowed before. */
function holds({ context: known, judgedAtMs }: Watched, context: ISessionContext | null, nowMs: number): boolean {
  return (known === context || !context) && nowMs - judgedAtMs < HOLDS_MS
}

function judge(node: UAVariable, context: ISessionContext): DataValue | undefined {
  const isReadable =
    !context.isAccessRestricted(node) &&
    node.isUserReadable(context) &&
    context.checkPermission(node, PermissionType.Read)
  return isReadable ? undefined : node.readAttribute(context, AttributeIds.Value)
}
