import { crc32 } from 'node:zlib'
import { MillraceError } from '../../model/errors.ts'
import type { Value } from '../../model/value.ts'
import { ByteReader, ByteWriter } from '../codec/bytes.ts'
import { readValue, writeValue } from '../codec/scalars.ts'

/** Samples of many tags by column, as one row of the journal has them. */
export interface Batch {
  readonly count: number
  /** Numbers of the tags. */
  readonly tags: Uint32Array
  readonly times: Float64Array
  readonly statuses: Uint32Array
  /** Numbers; the place of any other value holds 0. */
  readonly numbers: Float64Array
  /** The values that are no numbers, by index. */
  readonly others: ReadonlyMap<number, Value>
  /** Numbers of the runs that produced them, 0 for none; absent when all are 0. */
  readonly runs?: Uint32Array | undefined
}

const version = 1
/** Version, flags, two bytes to spare, count, check sum, four bytes to spare: what follows is aligned for doubles. */
const headerBytes = 16
/** Flags: the columns that are there besides times, numbers and tags, in this order. */
const hasStatuses = 1
const hasRuns = 2

const writer = new ByteWriter()

/** A batch as a blob: columns as they are, because writing it must cost next to nothing; chunks are small, the journal is fast. */
export function packBatch(batch: Batch): Uint8Array {
  const { count, tags, times, statuses, numbers, others, runs } = batch
  const isAllGood = statuses.every((status) => status === 0)
  const flags = (isAllGood ? 0 : hasStatuses) | (runs ? hasRuns : 0)
  for (const [index, value] of others) {
    writer.varint(index)
    writeValue(writer, value)
  }
  const rest = writer.take()
  const columns = count * bytesOf(flags)
  const blob = new Uint8Array(headerBytes + columns + rest.length)
  new Float64Array(blob.buffer, headerBytes, count).set(times)
  new Float64Array(blob.buffer, headerBytes + count * 8, count).set(numbers)
  new Uint32Array(blob.buffer, headerBytes + count * 16, count).set(tags)
  if (!isAllGood) new Uint32Array(blob.buffer, headerBytes + count * 20, count).set(statuses)
  if (runs) new Uint32Array(blob.buffer, headerBytes + columns - count * 4, count).set(runs)
  blob.set(rest, headerBytes + columns)
  const view = new DataView(blob.buffer)
  blob[0] = version
  blob[1] = flags
  view.setUint32(4, count, true)
  view.setUint32(8, crc32(blob.subarray(headerBytes)), true)
  return blob
}

/** The column of tags in a row of the journal, for a statement that needs nothing else of it: the check sum is not looked at. */
export const tagColumn = `substr(blob, ${headerBytes + 1} + n * 16, n * 4)`

/** The numbers of tags in a {@link tagColumn}; of a damaged row, anything. */
export function unpackTags(column: Uint8Array): Uint32Array {
  const bytes = aligned(column)
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
}

/** Bytes that columns can be laid over: a blob of its own is aligned already. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
}

/** The batch of a blob. It throws `database-corrupt` when a bit is wrong. */
export function unpackBatch(packed: Uint8Array): Batch {
  const blob = aligned(packed)
  const { buffer, byteOffset } = blob
  const view = new DataView(buffer, byteOffset, blob.length)
  if (blob.length < headerBytes || blob[0] !== version) throw corrupt()
  const count = view.getUint32(4, true)
  if (view.getUint32(8, true) !== crc32(blob.subarray(headerBytes))) throw corrupt()
  const flags = blob[1] ?? 0
  const end = headerBytes + count * bytesOf(flags)
  if (blob.length < end) throw corrupt()
  const begin = byteOffset + headerBytes
  const codes = (at: number): Uint32Array => new Uint32Array(buffer, byteOffset + at, count)
  return {
    count,
    times: new Float64Array(buffer, begin, count),
    numbers: new Float64Array(buffer, begin + count * 8, count),
    tags: codes(headerBytes + count * 16),
    statuses: flags & hasStatuses ? codes(headerBytes + count * 20) : new Uint32Array(count),
    others: unpackOthers(blob, end),
    runs: flags & hasRuns ? codes(end - count * 4) : undefined,
  }
}

/** Bytes of one sample in the columns. */
function bytesOf(flags: number): number {
  return 8 + 8 + 4 + (flags & hasStatuses ? 4 : 0) + (flags & hasRuns ? 4 : 0)
}

function unpackOthers(blob: Uint8Array, at: number): Map<number, Value> {
  const others = new Map<number, Value>()
  const input = new ByteReader(blob, at)
  while (input.hasMore) {
    const index = input.varint()
    others.set(index, readValue(input))
  }
  return others
}

function corrupt(): MillraceError {
  return new MillraceError('database-corrupt', 'a row of the journal fails its check sum; restore a backup')
}
