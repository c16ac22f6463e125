import type { AddressSpace, BaseNode, IEventData, NodeId, UAObject } from 'node-opcua'
import { notifierAbove, notifierOf } from '../../events/notifiers.ts'
import type { Log } from '../../space-context.ts'
import { toldError } from '../../told-error.ts'
import { keptEventOf, type Raiser } from './event-codec.ts'
import type { EventHistoryView } from './event-history-view.ts'

/** The part of the stack's address space that says whom a refresh is for. */
interface RefreshingSpace {
  readonly _condition_refresh_scope: object | null
}

/**
 * Records every event that the server tells, from the plant, its alarms, the audit and the stack itself; ends with the returned
 * function. What a refresh of conditions repeats is no new event.
 */
export function recordEvents(addressSpace: AddressSpace, history: EventHistoryView, log: Log): () => void {
  const server = addressSpace.rootFolder.objects.server
  const space = addressSpace as unknown as RefreshingSpace
  const record = (event: IEventData): void => {
    if (space._condition_refresh_scope !== null) return
    try {
      const kept = keptEventOf(addressSpace, event, raiserOf(addressSpace, event))
      if (kept) history.record(kept)
    } catch (error) {
      // An event that cannot be kept must still reach those who listen.
      log('error', `an event is not kept: ${toldError(error)}`)
    }
  }
  server.on('event', record)
  return () => server.off('event', record)
}

/** The notifier that an event came from, by its source: the device of a tag, the pipeline of an alarm. */
function raiserOf(addressSpace: AddressSpace, event: IEventData): Raiser {
  const source = (Reflect.get(event, 'sourceNode') as { value?: NodeId } | undefined)?.value
  const node = source ? addressSpace.findNode(source) : null
  const notifier = node && notifierOf(node)
  return notifier ? raiserFrom(notifier) : { notifier: '', equipment: '' }
}

/** The name under which the events of a notifier are kept. */
export function raiserFrom(notifier: UAObject): Raiser {
  const id = idOf(notifier)
  const equipment = equipmentOf(notifier) ?? equipmentOf(notifierAbove(notifier)) ?? ''
  return { notifier: id, equipment }
}

/** The path of equipment, for a node that is a piece of it. */
export function equipmentOf(node: BaseNode | undefined): string | undefined {
  const id = node ? idOf(node) : ''
  return id.startsWith('eq/') ? id.slice('eq/'.length) : undefined
}

function idOf({ nodeId }: BaseNode): string {
  return typeof nodeId.value === 'string' ? nodeId.value : ''
}
