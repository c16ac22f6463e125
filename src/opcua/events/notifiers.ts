import { type BaseNode, EventNotifierFlags, type UAObject } from 'node-opcua'
import type { SpaceContext } from '../space-context.ts'

/** The notifier above each one; the Server object is above the topmost equipment. */
const above = new WeakMap<BaseNode, UAObject>()

/**
 * Lets clients subscribe to the events of an object, and of everything that has it as a notifier above (Part 3 §7.15).
 *
 * The stack tells an event to its source, to whatever HasNotifier leads up to, and to the Server. Adding it again moves it.
 */
export function addNotifier(node: UAObject, parent: UAObject): void {
  const before = above.get(node)
  if (before === parent) return
  before?.removeReference({ referenceType: 'HasNotifier', nodeId: node.nodeId })
  node.setEventNotifier(EventNotifierFlags.SubscribeToEvents)
  parent.addReference({ referenceType: 'HasNotifier', nodeId: node.nodeId })
  above.set(node, parent)
}

/** Chains the Server, the equipment from the enterprise down, and the devices and pipelines of each piece of it. */
export function addNotifiers(context: SpaceContext): void {
  const { view, objectById } = context
  for (const { path } of view.equipment) {
    const slash = path.lastIndexOf('/')
    const parent = slash < 0 ? serverOf(context) : objectOf(context, `eq/${path.slice(0, slash)}`)
    addNotifier(objectOf(context, `eq/${path}`), parent)
  }
  for (const { id, equipment } of view.devices) addOwned(context, objectById.get(`dev/${id}`), equipment)
  for (const { id, equipment } of view.pipelines) addOwned(context, objectById.get(`pipe/${id}`), equipment)
}

/** Lets the events of a device or pipeline reach its equipment. */
export function addOwned(context: SpaceContext, node: UAObject | undefined, equipment: string): void {
  if (node) addNotifier(node, objectOf(context, `eq/${equipment}`))
}

/** Whether a client listens to a notifier or to one above it. The Server always hears of everything. */
export function isListenedTo(notifier: BaseNode): boolean {
  let at: BaseNode | undefined = notifier
  while (at && at.listenerCount('event') === 0) at = above.get(at)
  return at !== undefined
}

/** The notifier that a node is a part of: the device of a tag, the pipeline of a method. */
export function notifierOf(node: BaseNode): UAObject | undefined {
  let at: BaseNode | null = node
  while (at && !above.has(at)) at = parentOf(at)
  return (at as UAObject | null) ?? undefined
}

function parentOf(node: BaseNode): BaseNode | null {
  return (node as BaseNode & { readonly parent?: BaseNode | null }).parent ?? null
}

function serverOf({ addressSpace }: SpaceContext): UAObject {
  return addressSpace.rootFolder.objects.server as unknown as UAObject
}

function objectOf({ objectById }: SpaceContext, id: string): UAObject {
  const node = objectById.get(id)
  if (!node) throw new Error(`${id} is not in the address space`)
  return node
}
