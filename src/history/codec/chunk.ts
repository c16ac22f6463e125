import { crc32 } from 'node:zlib'
import { MillraceError } from '../../model/errors.ts'
import type { Samples } from '../samples.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { readCodes, readTimes, readValues, writeCodes, writeTimes, writeValues } from './columns.ts'

/** Times, statuses, values. */
const plain = 1
/** The same, and the numbers of runs after the statuses. */
const withRuns = 2
/** Version, then the check sum of everything after it. */
const headerBytes = 5

const writer = new ByteWriter()

/**
 * Samples of one tag as a blob: times, statuses, runs and values, each by its own codec; what comes back is equal bit by bit.
 * Without runs it is what programs have written that did not know any.
 */
export function encodeChunk(samples: Samples): Uint8Array {
  const runs = samples.runs?.some((run) => run !== 0) ? samples.runs : undefined
  writer.byte(runs ? withRuns : plain)
  for (let index = 1; index < headerBytes; index++) writer.byte(0)
  writer.varint(samples.count)
  writeTimes(writer, samples.times)
  writeCodes(writer, samples.statuses)
  if (runs) writeCodes(writer, runs)
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
  if (blob[0] !== plain && blob[0] !== withRuns) {
    throw new MillraceError(
      'database-corrupt',
      `a chunk of the history has the version ${blob[0]}; this program knows ${plain} and ${withRuns}`,
    )
  }
  const input = new ByteReader(blob, headerBytes)
  const count = input.varint()
  const times = readTimes(input, count)
  const statuses = readCodes(input, count)
  const runs = blob[0] === withRuns ? readCodes(input, count) : undefined
  return { count, times, statuses, values: readValues(input, count), runs }
}
