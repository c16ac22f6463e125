import { type WireWriter, WireWriter as Writer } from './bytes.ts'
import type { WireClient } from './client.ts'
import type { WireItem } from './subscription.ts'

/** Numbers of binary encodings (Part 6, NodeIds.csv). */
const MODIFY_MONITORED_ITEMS = 763
const SET_MONITORING_MODE = 769
const SET_TRIGGERING = 775
const DELETE_MONITORED_ITEMS = 781
const DATA_CHANGE_FILTER = 724

/** How an item is asked to behave (Part 4 §7.21). */
export type WireParameters = Omit<WireItem, 'nodeId' | 'indexRange'>

/** Writes MonitoringParameters. */
export function writeParameters(out: WireWriter, item: WireParameters): void {
  out.uint32(item.handle).double(item.samplingInterval ?? 0)
  if (item.filter) {
    const [trigger, kind, deadband] = item.filter
    const filter = new Writer().uint32(trigger).uint32(kind).double(deadband)
    out.nodeId(`i=${DATA_CHANGE_FILTER}`).byte(1).byteString(filter.bytes)
  } else out.nodeId('i=0').byte(0)
  out.uint32(item.queueSize ?? 10).byte(item.discardOldest === false ? 0 : 1)
}

/** Changes an item (Part 4 §5.13.3), and gives its status with the revised sampling interval and queue size. */
export async function wireModify(
  client: WireClient,
  subscriptionId: number,
  itemId: number,
  parameters: WireParameters,
  timestamps = 2,
): Promise<readonly number[]> {
  const { status, reader } = await client.ask(
    client.body(MODIFY_MONITORED_ITEMS, (out) =>
      out
        .uint32(subscriptionId)
        .uint32(timestamps)
        .list([parameters], (each) => {
          out.uint32(itemId)
          writeParameters(out, each)
        }),
    ),
  )
  if (status !== 0) return [status]
  const results = reader.list((): number[] => {
    const revised = [reader.uint32(), reader.double(), reader.uint32()]
    reader.extension()
    return revised
  })
  return results?.[0] ?? []
}

/** Sets the mode of items (Part 4 §5.13.4): 0 Disabled, 1 Sampling, 2 Reporting. */
export function wireMode(
  client: WireClient,
  subscriptionId: number,
  itemIds: readonly number[],
  mode: number,
): Promise<readonly number[]> {
  return statuses(client, SET_MONITORING_MODE, (out) =>
    out.uint32(subscriptionId).uint32(mode).list(itemIds, out.uint32),
  )
}

/** Lets an item trigger others (Part 4 §5.13.5). */
export function wireTriggering(
  client: WireClient,
  subscriptionId: number,
  itemId: number,
  linked: readonly number[],
  unlinked: readonly number[] = [],
): Promise<readonly number[]> {
  return statuses(client, SET_TRIGGERING, (out) =>
    out.uint32(subscriptionId).uint32(itemId).list(linked, out.uint32).list(unlinked, out.uint32),
  )
}

/** Removes items (Part 4 §5.13.6). */
export function wireRemove(
  client: WireClient,
  subscriptionId: number,
  itemIds: readonly number[],
): Promise<readonly number[]> {
  return statuses(client, DELETE_MONITORED_ITEMS, (out) => out.uint32(subscriptionId).list(itemIds, out.uint32))
}

/** Asks, and gives the status of the service or of each thing. */
async function statuses(
  client: WireClient,
  type: number,
  write: (out: WireWriter) => unknown,
): Promise<readonly number[]> {
  const { status, reader } = await client.ask(client.body(type, write))
  return status === 0 ? (reader.list(reader.uint32) ?? []) : [status]
}
