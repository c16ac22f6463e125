import {
  AttributeIds,
  type ClientMonitoredItem,
  type ClientSubscription,
  constructEventFilter,
  ofType,
  TimestampsToReturn,
  type Variant,
} from 'node-opcua'
import type { EventTypeName } from '../../src/opcua/types/event-types.ts'
import { typeIds } from '../../src/opcua/types/ids.ts'
import type { Client } from './bench.ts'

/** The NodeId of an event type of ours. */
export function typeId(name: EventTypeName): string {
  return `ns=8;i=${typeIds[name]}`
}

/** An event as a client got it: the values of the fields that it selected, by their names without namespaces. */
export type Heard = Readonly<Record<string, unknown>>

/** A client's subscription to the events of one object. */
export interface EventListener {
  readonly heard: Heard[]
  readonly subscriptionId: number
  /** Waits until so many events came since the last call of `take`, and gives them. */
  take(count: number, deadlineMs?: number): Promise<readonly Heard[]>
  /** Waits for a while and gives what came; for events that must not come. */
  rest(waitMs?: number): Promise<readonly Heard[]>
  stop(): Promise<void>
}

/** What every event has (Part 5 §6.4.2). */
const baseFields = [
  ...['EventId', 'EventType', 'SourceNode', 'SourceName', 'Time', 'ReceiveTime', 'LocalTime', 'Message', 'Severity'],
]

/** Subscribes to the events of an object; `fields` are selected besides those of BaseEventType, `type` is asked for with OfType. */
export async function listen(
  { session }: Client,
  nodeId: string,
  { fields = [], type }: { readonly fields?: readonly string[]; readonly type?: string } = {},
): Promise<EventListener> {
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 20,
    requestedLifetimeCount: 1000,
    requestedMaxKeepAliveCount: 100,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
    priority: 1,
  })
  const names = [...baseFields, ...fields]
  const filter = constructEventFilter(names, type === undefined ? undefined : ofType(type))
  const item = await subscription.monitor(
    { nodeId, attributeId: AttributeIds.EventNotifier },
    { samplingInterval: 0, queueSize: 10_000, discardOldest: true, filter },
    TimestampsToReturn.Both,
  )
  if (item.statusCode.isNotGood()) throw new Error(`${nodeId} cannot be listened to: ${item.statusCode.name}`)
  return listenerOf(subscription, item as ClientMonitoredItem, names)
}

function listenerOf(subscription: ClientSubscription, item: ClientMonitoredItem, names: string[]): EventListener {
  const heard: Heard[] = []
  let taken = 0
  item.on('changed', (values) => heard.push(heardOf(names, values as unknown as Variant[])))
  const rest = async (waitMs = 120): Promise<readonly Heard[]> => {
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    const found = heard.slice(taken)
    taken = heard.length
    return found
  }
  return {
    heard,
    subscriptionId: subscription.subscriptionId,
    rest,
    async take(count, deadlineMs = 4000) {
      const end = performance.now() + deadlineMs
      while (heard.length < taken + count) {
        if (performance.now() > end) throw new Error(`${heard.length - taken} of ${count} events came`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      const found = heard.slice(taken, taken + count)
      taken += count
      return found
    },
    stop: () => subscription.terminate(),
  }
}

/** `FromState.Id` of namespace 0 is selected as such, `8:RunId` is heard as `RunId`. */
function heardOf(names: readonly string[], values: readonly Variant[]): Heard {
  return Object.fromEntries(names.map((name, index) => [name.replace(/\d+:/g, ''), values[index]?.value ?? null]))
}
