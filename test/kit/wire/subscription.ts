import { type WireReader, type WireValue, WireWriter } from './bytes.ts'
import type { WireClient } from './client.ts'

/** Numbers of binary encodings (Part 6, NodeIds.csv). */
const CREATE_SUBSCRIPTION = 787
const CREATE_MONITORED_ITEMS = 751
const PUBLISH = 826
const DELETE_SUBSCRIPTIONS = 847
const DATA_CHANGE_FILTER = 724
const DATA_CHANGE_NOTIFICATION = 811

/** What an item watches, and how (Part 4 §7.21). */
export interface WireItem {
  readonly nodeId: string
  readonly handle: number
  readonly indexRange?: string | null
  readonly samplingInterval?: number
  readonly queueSize?: number
  readonly discardOldest?: boolean
  /** Trigger, kind of deadband, and deadband. */
  readonly filter?: readonly [number, number, number]
}

/** A change that was reported. */
export interface WireChange {
  readonly handle: number
  readonly value: WireValue
}

/** Makes a subscription that publishes, with a keep-alive for each interval without changes; gives its number. */
export async function wireSubscription(
  client: WireClient,
  intervalMs: number,
  keepAliveCount = 1,
  lifetimeCount = 10_000,
): Promise<number> {
  // Publishing interval, lifetime and keep-alive counts, no limit of notifications, publishing, no priority.
  const body = client.body(CREATE_SUBSCRIPTION, (out) =>
    out.double(intervalMs).uint32(lifetimeCount).uint32(keepAliveCount).uint32(0).byte(1).byte(0),
  )
  const { status, reader } = await client.ask(body)
  if (status !== 0) throw new Error(`no subscription: 0x${status.toString(16)}`)
  return reader.uint32()
}

/** Ends a subscription. */
export async function wireUnsubscribe(client: WireClient, subscriptionId: number): Promise<void> {
  const { status } = await client.ask(
    client.body(DELETE_SUBSCRIPTIONS, (out) => out.list([subscriptionId], out.uint32)),
  )
  if (status !== 0) throw new Error(`the subscription goes on: 0x${status.toString(16)}`)
}

/** Makes monitored items of values, and gives the status of each with the revised sampling interval and queue size. */
export async function wireItems(
  client: WireClient,
  subscriptionId: number,
  items: readonly WireItem[],
  timestamps = 2,
): Promise<readonly (readonly [number, number, number])[]> {
  const body = client.body(CREATE_MONITORED_ITEMS, (out) =>
    out
      .uint32(subscriptionId)
      .uint32(timestamps)
      .list(items, (item) => {
        out
          .nodeId(item.nodeId)
          .uint32(13)
          .text(item.indexRange ?? null)
          .uint16(0)
          .text(null)
        out
          .uint32(2)
          .uint32(item.handle)
          .double(item.samplingInterval ?? 0)
        if (item.filter) {
          const [trigger, kind, deadband] = item.filter
          const filter = new WireWriter().uint32(trigger).uint32(kind).double(deadband)
          out.nodeId(`i=${DATA_CHANGE_FILTER}`).byte(1).byteString(filter.bytes)
        } else out.nodeId('i=0').byte(0)
        out.uint32(item.queueSize ?? 10).byte(item.discardOldest === false ? 0 : 1)
      }),
  )
  const { status, reader } = await client.ask(body)
  if (status !== 0) throw new Error(`no items: 0x${status.toString(16)}`)
  const made = reader.list((): [number, number, number] => {
    const created = reader.uint32()
    reader.uint32()
    const revised: [number, number, number] = [created, reader.double(), reader.uint32()]
    reader.extension()
    return revised
  })
  return made ?? []
}

/** Asks for what there is to tell, and gives the changes of one message; none for a keep-alive. */
export async function wirePublish(client: WireClient): Promise<readonly WireChange[]> {
  const { status, reader } = await client.ask(client.body(PUBLISH, (out) => out.int32(-1)))
  if (status !== 0) throw new Error(`nothing is published: 0x${status.toString(16)}`)
  return changesIn(reader)
}

/** Reads a Publish answer behind its header (Part 4 §5.14.5). */
function changesIn(reader: WireReader): readonly WireChange[] {
  reader.uint32()
  reader.list(reader.uint32)
  reader.take(1 + 4 + 8)
  const changes: WireChange[] = []
  reader.list(() => {
    const type = reader.nodeId()
    reader.byte()
    const end = reader.int32() + reader.at
    if (type === `i=${DATA_CHANGE_NOTIFICATION}`) {
      reader.list(() => changes.push({ handle: reader.uint32(), value: reader.value() }))
      reader.list(reader.diagnostic)
    } else reader.at = end
    if (reader.at !== end) throw new Error('a notification is longer or shorter than it says')
  })
  reader.list(reader.uint32)
  reader.list(reader.diagnostic)
  if (!reader.isAtEnd) throw new Error('there is more in the answer than a Publish has')
  return changes
}
