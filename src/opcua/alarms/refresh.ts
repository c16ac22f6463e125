import {
  DataType,
  type ISessionContext,
  type MethodFunctor,
  type StatusCode,
  StatusCodes,
  type UAMethod,
  type UAObject,
  type UAObjectType,
  type Variant,
} from 'node-opcua'
import type { SpaceContext } from '../space-context.ts'
import { toldError } from '../told-error.ts'

/** A monitored item of a subscription, as far as a refresh needs it. */
interface MonitoredItem {
  /** Set while the item listens to events. */
  readonly _on_opcua_event_received_callback?: ((event: unknown) => void) | null
}

/** A subscription of the calling session, as far as a refresh needs it. */
interface Subscription {
  getMonitoredItem(id: number): MonitoredItem | null
  getMonitoredItems(): { readonly serverHandles: Iterable<number> }
}

interface CallingSession {
  getSubscription?(id: number): Subscription | null
}

/** The parts of the stack's address space that a refresh works with. */
interface RefreshingSpace {
  /** Whom events are for while this is set: the stack's monitored items drop the others. */
  _condition_refresh_scope: { subscription: Subscription; monitoredItemId?: number | undefined } | null
  constructEventData(type: UAObjectType, data: object): unknown
}

/**
 * Binds ConditionRefresh and ConditionRefresh2 (Part 9 §5.5.7, §5.5.8): what is retained is sent again, between a
 * RefreshStartEvent and a RefreshEndEvent, to the asking subscription or to one of its items alone.
 *
 * It runs in one turn, so that nothing else comes in between and no second refresh can begin.
 */
export function bindRefresh(space: SpaceContext, refreshAll: () => void): void {
  const type = eventType(space, 'ConditionType')
  const bind = (name: string): void => {
    const answer = async (inputs: Variant[], context: ISessionContext) => {
      return { statusCode: refresh(space, inputs, context, refreshAll), outputArguments: [] }
    }
    methodOf(type, name).bindMethod(answer as MethodFunctor)
  }
  bind('ConditionRefresh')
  bind('ConditionRefresh2')
  refuseOnTypes(space)
}

function refresh(
  space: SpaceContext,
  [subscriptionId, monitoredItemId]: readonly Variant[],
  context: ISessionContext,
  refreshAll: () => void,
): StatusCode {
  const session = (context as { session?: CallingSession }).session
  const subscription = session?.getSubscription?.(Number(subscriptionId?.value))
  if (!subscription) return StatusCodes.BadSubscriptionIdInvalid
  const itemId = monitoredItemId === undefined ? undefined : Number(monitoredItemId.value)
  if (itemId !== undefined && !subscription.getMonitoredItem(itemId)) return StatusCodes.BadMonitoredItemIdInvalid
  const target = space.addressSpace as unknown as RefreshingSpace
  const ids = itemId === undefined ? [...subscription.getMonitoredItems().serverHandles] : [itemId]
  target._condition_refresh_scope = { subscription, monitoredItemId: itemId }
  try {
    bracket(space, subscription, ids, 'RefreshStartEventType')
    refreshAll()
    bracket(space, subscription, ids, 'RefreshEndEventType')
    return StatusCodes.Good
  } catch (error) {
    space.log('error', `a refresh of conditions failed: ${toldError(error)}`)
    return StatusCodes.BadInternalError
  } finally {
    target._condition_refresh_scope = null
  }
}

/** Goes to every item of the subscription that listens to events, whichever notifier it listens to (Part 9 §4.5). */
function bracket(space: SpaceContext, subscription: Subscription, ids: readonly number[], typeName: string): void {
  const type = eventType(space, typeName)
  const server = space.addressSpace.rootFolder.objects.server
  const event = (space.addressSpace as unknown as RefreshingSpace).constructEventData(type, {
    sourceNode: { dataType: DataType.NodeId, value: server.nodeId },
    sourceName: { dataType: DataType.String, value: 'Server' },
    severity: { dataType: DataType.UInt16, value: 100 },
  })
  for (const id of ids) subscription.getMonitoredItem(id)?._on_opcua_event_received_callback?.(event)
}

/** Methods of conditions cannot be called on their types (Part 9 §5.5.4 and others); unbound, the stack would answer with an internal error. */
function refuseOnTypes(space: SpaceContext): void {
  const methods = {
    ConditionType: ['Enable', 'Disable', 'AddComment'],
    AcknowledgeableConditionType: ['Acknowledge', 'Confirm'],
    ShelvedStateMachineType: ['TimedShelve', 'OneShotShelve', 'Unshelve'],
  }
  const refuse = async (_inputs: Variant[], _context: ISessionContext) => ({
    statusCode: StatusCodes.BadNodeIdInvalid,
    outputArguments: [],
  })
  for (const [typeName, names] of Object.entries(methods)) {
    const type = eventType(space, typeName)
    for (const name of names) methodOf(type, name).bindMethod(refuse as MethodFunctor)
  }
}

function eventType({ addressSpace }: SpaceContext, name: string): UAObjectType {
  const type = addressSpace.findObjectType(name)
  if (!type) throw new Error(`namespace 0 lacks ${name}`)
  return type
}

function methodOf(type: UAObjectType, name: string): UAMethod {
  const method = (type as unknown as UAObject).getMethodByName(name)
  if (!method) throw new Error(`${type.browseName.toString()} lacks ${name}`)
  return method
}
