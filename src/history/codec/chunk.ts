import { crc32 } from 'node:zlib'
import { MillraceError } from '../../model/errors.ts'
import type { Samples } from '../samples.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { readStatuses, readTimes, readValues, writeStatuses, writeTimes, writeValues } from './columns.ts'

const version = 1
/** Version, then the check sum of everything after it. */
const headerBytes = 5

const writer = new ByteWriter()

/** Samples of one tag as a blob: times, statuses and values, each by its own codec; what comes back is equal bit by bit. */
export function encodeChunk(samples: Samples): Uint8Array {
  writer.byte(version)
  for (let index = 1; index < headerBytes; index++) writer.byte(0)
  writer.varint(samples.count)
  writeTimes(writer, samples.times)
  writeStatuses(writer, samples.statuses)
  writeValues(writer, samples.values)
  const blob = writer.take()
  new DataView(blob.buffer).setUint32(1, crc32(blob.subarray(headerBytes)), true)
  return blob
}

/** The samples of a blob. It throws `database-corrupt` when a bit is wrong or the version unknown. */
export function decodeChunk(blob: Uint8Array): Samples {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  if (blob.length < headerBytes || view.getUint32(1, true) !== crc32(blob.subarray(headerBytes))) {
    throw new MillraceError('database-corrupt', 'a chunk of the history fails its check sum; restore a backup')
  }
  if (blob[0] !== version) {
    throw new MillraceError(
      'database-corrupt',
      `a chunk of the history has the version ${blob[0]}; this program knows ${version}`,
    )
  }
  const input = new ByteReader(blob, headerBytes)
  const count = input.varint()
  const times = readTimes(input, count)
  const statuses = readStatuses(input, count)
  return { count, times, statuses, values: readValues(input, count) }
}
