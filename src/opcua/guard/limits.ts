import { ServerSession } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import { Variant } from 'node-opcua-variant'
import { defaultLimits, type LimitName, type Limits, limitNames, limitsWith } from '../../model/limits.ts'

/** One kibibyte, in bytes. */
const KIB = 1024

/** What the guard bounds besides the limits of the plant file. */
export const GUARD_BOUNDS = {
  /** Share of the session table from which sessions without a channel are reclaimed. */
  sessionReclaimShare: 0.75,
  /** Time to finish a message whose first bytes have arrived. */
  messageTimeoutMs: 10_000,
  /** Time that the requests of one connection may take in a turn of the event loop; the one under way is ended. */
  turnMs: 5,
  /** Bytes waiting in one socket from which on its requests are no longer read. */
  socketPauseBytes: 4 * KIB * KIB,
  /** Bytes waiting in one socket from which on it is closed. */
  socketCloseBytes: 16 * KIB * KIB,
  /** Time without a byte taken by a reader that has bytes waiting. */
  slowReaderTimeoutMs: 15_000,
  /** Elements visited when a where-clause is evaluated once, counted with repetition. */
  whereVisits: 1_000,
  transportBufferBytesMin: 8 * KIB,
  transportBufferBytesMax: 64 * KIB,
  /** What each chunk that we send may hold; small ones halve the cost of small answers. */
  transportSendBytes: 16 * KIB,
} as const

const inUse: Limits[] = []
let lowest = defaultLimits

/**
 * The limits of what all servers of the process share: decoder, transport and monitored items of the stack know no server.
 *
 * They are the lowest of those that run, so that none can raise what another one is held to.
 */
export function limitsInUse(): Limits {
  return lowest
}

/** Puts limits into use for the whole process; the returned function takes them back. */
export function useLimits(limits: Limits): () => void {
  const own = { ...limits }
  inUse.push(own)
  useLowest()
  return () => {
    const index = inUse.indexOf(own)
    if (index >= 0) inUse.splice(index, 1)
    useLowest()
  }
}

function useLowest(): void {
  const low = (name: LimitName) => Math.min(...inUse.map((limits) => limits[name]))
  lowest =
    inUse.length === 0 ? defaultLimits : limitsWith(Object.fromEntries(limitNames.map((name) => [name, low(name)])))
  applyEncodingLimits()
}

/** The smallest and the largest message that each part of the transport may be negotiated to. */
export interface TransportLimits {
  receiveBufferSize: number
  sendBufferSize: number
  maxMessageSize: number
  maxChunkCount: number
}

/**
 * Answers a Hello (Part 6 7.1.2.3) with the limits in use.
 *
 * The stack allocates a buffer of the negotiated size for every answer, so the size stays at `transportSendBytes`; only
 * a client that takes few chunks gets larger ones. The message size is what those chunks can carry, so that it is true.
 */
export function negotiateTransport(hello: TransportLimits): TransportLimits {
  const { transportBufferBytesMin: min, transportBufferBytesMax: max } = GUARD_BOUNDS
  const { messageBytes, messageChunks } = limitsInUse()
  const maxChunkCount = Math.min(hello.maxChunkCount || messageChunks, messageChunks)
  const wantedBytes = Math.min(hello.maxMessageSize || messageBytes, messageBytes)
  const chunkBytes = maxChunkCount < messageChunks ? Math.ceil(wantedBytes / maxChunkCount) : min
  const ceiling = Math.min(Math.max(GUARD_BOUNDS.transportSendBytes, chunkBytes), max)
  const bufferBytes = (asked: number): number => Math.min(Math.max(asked || max, min), ceiling)
  const receiveBufferSize = bufferBytes(hello.receiveBufferSize)
  const sendBufferSize = bufferBytes(hello.sendBufferSize)
  const carried = maxChunkCount * Math.min(receiveBufferSize, sendBufferSize)
  return { receiveBufferSize, sendBufferSize, maxMessageSize: Math.min(wantedBytes, carried), maxChunkCount }
}

/**
 * Sets the process-wide bounds of the binary decoder, and of the queue of Publish requests of new sessions.
 *
 * They are statics, and the options of a server only ever raise them; so they are set again after the server is made.
 */
export function applyEncodingLimits(): void {
  const { arrayLength, stringLength, byteStringLength, nesting, publishRequests } = limitsInUse()
  BinaryStream.maxArrayLength = arrayLength
  BinaryStream.maxStringLength = stringLength
  BinaryStream.maxByteStringLength = byteStringLength
  BinaryStream.maxNestingLevel = nesting
  Variant.maxArrayLength = arrayLength
  Variant.maxTypedArrayLength = arrayLength
  ServerSession.maxPublishRequestInQueue = publishRequests
}
