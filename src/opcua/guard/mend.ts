import { CallMethodResult, DataValue, StatusCodes } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import { limitsInUse } from './limits.ts'

/** The parts of an answer that carry values somebody else has made. */
interface Answer {
  results?: unknown[] | null
  notificationMessage?: {
    notificationData?: readonly ({ monitoredItems?: { value: DataValue }[] | null } | null)[] | null
  }
}

/**
 * Replaces the values of an answer that cannot be encoded by BadEncodingError, so that the others still arrive.
 *
 * Called only after an answer has failed as a whole, so that good answers cost nothing. Says whether anything was mended.
 */
export function mendAnswer(response: object): boolean {
  const answer = response as Answer
  let count = 0
  const mend = (value: unknown): unknown => {
    if (isEncodable(value)) return value
    count += 1
    if (value instanceof CallMethodResult) return new CallMethodResult({ statusCode: StatusCodes.BadEncodingError })
    return new DataValue({ statusCode: StatusCodes.BadEncodingError, sourceTimestamp: new Date() })
  }
  if (Array.isArray(answer.results) && answer.results.some(isMendable)) answer.results = answer.results.map(mend)
  for (const data of answer.notificationMessage?.notificationData ?? []) {
    for (const item of data?.monitoredItems ?? []) item.value = mend(item.value) as DataValue
  }
  return count > 0
}

/** Says whether a value can be put on the wire. */
export function isEncodable(value: unknown): boolean {
  const stream = BinaryStream.createGrowable(1_024, limitsInUse().messageBytes)
  try {
    ;(value as DataValue).encode(stream)
    return true
  } catch {
    return false
  }
}

function isMendable(value: unknown): boolean {
  return value instanceof DataValue || value instanceof CallMethodResult
}
