import { DataChangeNotification, PublishResponse } from 'node-opcua'
import { writeHead } from './answer.ts'
import { KeptChanges } from './kept.ts'
import { QuickNotification } from './notification.ts'
import type { Writer } from './writer.ts'

/** Numbers of binary encodings (Part 6, NodeIds.csv). */
const PUBLISH_RESPONSE = 829
const DATA_CHANGE_NOTIFICATION = 811

/** An answer to Publish that tells of nothing but changes, all of them in our form. */
type QuickPublish = PublishResponse & {
  readonly notificationMessage: { readonly notificationData: Changes[] }
}

type Changes = DataChangeNotification & { readonly monitoredItems: readonly QuickNotification[] }

/** Whether an answer can be written by {@link writePublish}. */
export function isQuickPublish(message: object): message is QuickPublish {
  if (!(message instanceof PublishResponse)) return false
  const { notificationData } = message.notificationMessage
  if (!notificationData?.length || message.diagnosticInfos?.length) return false
  return notificationData.every((data) => {
    if (!(data instanceof DataChangeNotification) || data.diagnosticInfos?.length) return false
    return data.monitoredItems?.every((item) => item instanceof QuickNotification) ?? false
  })
}

/**
 * Writes the answer to a Publish (Part 4 §5.14.5), with values as they are shared by all items that report them. When all of it is
 * written, its message holds the bytes in place of the values, for clients that ask for it again.
 */
export function writePublish(out: Writer, response: QuickPublish): void {
  const { responseHeader, subscriptionId, availableSequenceNumbers, moreNotifications, results } = response
  const { sequenceNumber, publishTime, notificationData } = response.notificationMessage
  writeHead(out, PUBLISH_RESPONSE, responseHeader)
  out.reserve(4)
  out.uint32(subscriptionId)
  writeNumbers(out, availableSequenceNumbers)
  out.reserve(64)
  out.uint8(moreNotifications ? 1 : 0)
  out.uint32(sequenceNumber)
  out.dateTime(publishTime?.getTime() ?? 0, 0)
  out.uint32(notificationData.length)
  const changes: readonly Changes[] = [...notificationData]
  const kept = changes.map((data) => writeChanges(out, data))
  writeNumbers(
    out,
    results?.map(({ value }) => value),
  )
  writeNumbers(out, response.diagnosticInfos as [] | null)
  for (const { monitoredItems } of changes) for (const item of monitoredItems) item.isFree = true
  notificationData.splice(0, kept.length, ...(kept as object[] as Changes[]))
}

/** Writes a structure with the number of its encoding in front, and its length. */
function writeChanges(out: Writer, { monitoredItems, diagnosticInfos }: Changes): KeptChanges {
  out.reserve(32)
  out.uint8(1)
  out.uint8(0)
  out.uint16(DATA_CHANGE_NOTIFICATION)
  out.uint8(1)
  const lengthAt = out.length
  out.uint32(0)
  out.uint32(monitoredItems.length)
  for (const item of monitoredItems) item.write(out)
  writeNumbers(out, diagnosticInfos as [] | null)
  out.bytes.writeUInt32LE(out.length - lengthAt - 4, lengthAt)
  return new KeptChanges(out.bytes.subarray(lengthAt + 4, out.length))
}

function writeNumbers(out: Writer, numbers: readonly number[] | null | undefined): void {
  out.reserve(4 + 4 * (numbers?.length ?? 0))
  out.uint32(numbers ? numbers.length : 0xffff_ffff)
  for (const number of numbers ?? []) out.uint32(number)
}
