import type { WireReader, WireValue } from './bytes.ts'
import type { WireClient } from './client.ts'
import { writeParameters } from './items.ts'

/** Numbers of binary encodings (Part 6, NodeIds.csv). */
const CREATE_SUBSCRIPTION = 787
const CREATE_MONITORED_ITEMS = 751
const PUBLISH = 826
const REPUBLISH = 832
const TRANSFER_SUBSCRIPTIONS = 841
const DELETE_SUBSCRIPTIONS = 847
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

/** A message of a subscription (Part 4 §7.26); a keep-alive has no changes and no bytes. */
export interface WireMessage {
  readonly sequence: number
  readonly changes: readonly WireChange[]
  /** The list of notifications as it came. */
  readonly bytes: Buffer
}

/** What a Publish brought. */
export interface WirePublished extends WireMessage {
  readonly available: readonly number[]
  readonly isMore: boolean
  /** What became of the acknowledgements. */
  readonly results: readonly number[]
}

/** How long a subscription lasts and what its messages hold (Part 4 §5.14.2). */
export interface WireLasting {
  /** Intervals without changes until a keep-alive; 1 when absent. */
  readonly keepAliveCount?: number
  /** Intervals without a Publish until it ends; 10 000 when absent. */
  readonly lifetimeCount?: number
  /** The most notifications of a message; 0, when absent, for no limit. */
  readonly notificationsMax?: number
}

/** Makes a subscription that publishes; gives its number. */
export async function wireSubscription(
  client: WireClient,
  intervalMs: number,
  { keepAliveCount = 1, lifetimeCount = 10_000, notificationsMax = 0 }: WireLasting = {},
): Promise<number> {
  // At its end: publishing, and no priority.
  const body = client.body(CREATE_SUBSCRIPTION, (out) =>
    out.double(intervalMs).uint32(lifetimeCount).uint32(keepAliveCount).uint32(notificationsMax).byte(1).byte(0),
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

/** What became of an item that was asked for. */
export interface WireMade {
  readonly status: number
  readonly id: number
  readonly samplingInterval: number
  readonly queueSize: number
}

/** Makes monitored items of values, and gives the status of each with the revised sampling interval and queue size. */
export async function wireItems(
  client: WireClient,
  subscriptionId: number,
  items: readonly WireItem[],
  timestamps = 2,
): Promise<readonly (readonly [number, number, number])[]> {
  const made = await wireMade(client, subscriptionId, items, { timestamps })
  return made.map(({ status, samplingInterval, queueSize }) => [status, samplingInterval, queueSize])
}

/** Makes monitored items of values: in a mode of 0 Disabled, 1 Sampling, 2 Reporting. */
export async function wireMade(
  client: WireClient,
  subscriptionId: number,
  items: readonly WireItem[],
  { timestamps = 2, mode = 2 }: { timestamps?: number; mode?: number } = {},
): Promise<readonly WireMade[]> {
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
          .uint32(mode)
        writeParameters(out, item)
      }),
  )
  const { status, reader } = await client.ask(body)
  if (status !== 0) throw new Error(`no items: 0x${status.toString(16)}`)
  const made = reader.list((): WireMade => {
    const each = { status: reader.uint32(), id: reader.uint32() }
    const revised = { samplingInterval: reader.double(), queueSize: reader.uint32() }
    reader.extension()
    return { ...each, ...revised }
  })
  return made ?? []
}

/** Asks for what there is to tell, and gives the changes of one message; none for a keep-alive. */
export async function wirePublish(client: WireClient): Promise<readonly WireChange[]> {
  return (await wireMessage(client)).changes
}

/** Asks for what there is to tell, and acknowledges messages by the numbers of their subscription and their own. */
export async function wireMessage(
  client: WireClient,
  acknowledged: readonly (readonly [number, number])[] = [],
): Promise<WirePublished> {
  const body = client.body(PUBLISH, (out) => out.list(acknowledged, (pair) => out.uint32(pair[0]).uint32(pair[1])))
  const { status, reader } = await client.ask(body)
  if (status !== 0) throw new Error(`nothing is published: 0x${status.toString(16)}`)
  // The answer to a Publish (Part 4 §5.14.5).
  reader.uint32()
  const available = reader.list(reader.uint32) ?? []
  const isMore = reader.byte() === 1
  const message = messageIn(reader)
  const results = reader.list(reader.uint32) ?? []
  reader.list(reader.diagnostic)
  if (!reader.isAtEnd) throw new Error('there is more in the answer than a Publish has')
  return { ...message, available, isMore, results }
}

/** Asks for a message once more (Part 4 §5.14.6). */
export async function wireRepublish(
  client: WireClient,
  subscriptionId: number,
  sequence: number,
): Promise<WireMessage | number> {
  const { status, reader } = await client.ask(
    client.body(REPUBLISH, (out) => out.uint32(subscriptionId).uint32(sequence)),
  )
  if (status !== 0) return status
  const message = messageIn(reader)
  if (!reader.isAtEnd) throw new Error('there is more in the answer than a Republish has')
  return message
}

/** Takes a subscription over from another session (Part 4 §5.14.7), and gives the status and the messages that are kept. */
export async function wireTransfer(
  client: WireClient,
  subscriptionId: number,
  isInitial: boolean,
): Promise<readonly [number, readonly number[]]> {
  const { status, reader } = await client.ask(
    client.body(TRANSFER_SUBSCRIPTIONS, (out) => out.list([subscriptionId], out.uint32).byte(isInitial ? 1 : 0)),
  )
  if (status !== 0) throw new Error(`nothing is transferred: 0x${status.toString(16)}`)
  const results = reader.list((): [number, readonly number[]] => [reader.uint32(), reader.list(reader.uint32) ?? []])
  return results?.[0] ?? [0, []]
}

/** Reads a NotificationMessage. */
function messageIn(reader: WireReader): WireMessage {
  const sequence = reader.uint32()
  reader.take(8)
  const start = reader.at
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
  return { sequence, changes, bytes: reader.bytes.subarray(start, reader.at) }
}
