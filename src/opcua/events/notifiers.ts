import { type BaseNode, BrowseDirection, EventNotifierFlags, NodeClass, type UAObject } from 'node-opcua'

/** The EventNotifier of an object whose events can be subscribed to and read later (Part 3 §8.59). */
export const heardAndKept = EventNotifierFlags.SubscribeToEvents | EventNotifierFlags.HistoryRead

/** The notifier above each one; the Server object is above the topmost equipment. */
const above = new WeakMap<BaseNode, UAObject>()

/**
 * Lets clients subscribe to the events of an object, and of everything that has it as a notifier above (Part 3 §7.15).
 *
 * The Server is above the topmost equipment, and equipment above its parts, devices and pipelines. The stack tells an
 * event to its source, to whatever HasNotifier leads up to, and to the Server. `isKept` says that there is a history of events.
 * Adding it again moves it. It is one of the
 * builders that the placement runs, where a reference that is there already is no fault.
 */
export function addNotifier(node: UAObject, parent: UAObject, isKept: boolean): void {
  const before = above.get(node)
  if (before !== parent) before?.removeReference({ referenceType: 'HasNotifier', nodeId: node.nodeId })
  node.setEventNotifier(isKept ? heardAndKept : EventNotifierFlags.SubscribeToEvents)
  parent.addReference({ referenceType: 'HasNotifier', nodeId: node.nodeId })
  above.set(node, parent)
}

/** The notifier above a notifier; undefined for a node that is none. */
export function notifierAbove(notifier: BaseNode): UAObject | undefined {
  return above.get(notifier)
}

/** Whether a client listens to a notifier or to one above it. The Server always hears of everything. */
export function isListenedTo(notifier: BaseNode): boolean {
  let at: BaseNode | undefined = notifier
  while (at && at.listenerCount('event') === 0) at = above.get(at)
  return at !== undefined
}

/** The notifier that a node is a part of: the device of a tag, the pipeline of a method. */
export function notifierOf(node: BaseNode): UAObject | undefined {
  const known = notifierByPart.get(node)
  if (known && above.has(known)) return known
  let at: BaseNode | null = node
  while (at && !above.has(at)) at = parentOf(at)
  const found = (at as UAObject | null) ?? undefined
  const isPart = node.nodeClass === NodeClass.Variable || node.nodeClass === NodeClass.Method
  if (found && isPart) notifierByPart.set(node, found)
  return found
}

/** Variables and methods are made for what they are a part of, and go with it. */
const notifierByPart = new WeakMap<BaseNode, UAObject>()

/** The stack's own `parent` complains of a node that is a part of two, as building blocks of a machine are. */
function parentOf(node: BaseNode): BaseNode | null {
  return node.findReferencesExAsObject('Aggregates', BrowseDirection.Inverse)[0] ?? null
}
