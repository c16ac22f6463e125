import { BinaryStream } from 'node-opcua-binary-stream'
import { Variant } from 'node-opcua-variant'

/** One kibibyte, in bytes. */
const KIB = 1024

/**
 * Everything that the guard bounds, in one place.
 *
 * Published limits (`ServerCapabilities`) and enforced limits are read from the same table, so that a client that keeps
 * to what it reads is never refused.
 */
export const GUARD_LIMITS = {
  connections: 100,
  sessions: 50,
  sessionTimeoutMs: 120_000,
  /** Share of the session table from which sessions without a channel are reclaimed. */
  sessionReclaimShare: 0.75,
  socketTimeoutMs: 60_000,
  /** Time to get from the TCP connection to a session. */
  handshakeTimeoutMs: 10_000,
  /** Time to finish a message whose first bytes have arrived. */
  messageTimeoutMs: 10_000,
  /** Bytes waiting in one socket from which on its requests are no longer read. */
  socketPauseBytes: 4 * KIB * KIB,
  /** Bytes waiting in one socket from which on it is closed. */
  socketCloseBytes: 16 * KIB * KIB,
  /** Time without a byte taken by a reader that has bytes waiting. */
  slowReaderTimeoutMs: 15_000,
  subscriptions: 500,
  subscriptionsPerSession: 10,
  monitoredItems: 50_000,
  monitoredItemsPerSubscription: 5_000,
  monitoredItemsQueue: 1_000,
  nodesPerRead: 1_000,
  nodesPerWrite: 500,
  nodesPerBrowse: 100,
  nodesPerTranslate: 100,
  monitoredItemsPerCall: 1_000,
  nodesPerRegister: 500,
  methodsPerCall: 50,
  nodesPerHistoryReadData: 50,
  /** The stack holds every HistoryRead to the smaller one of this and the limit before, so they are the same. */
  nodesPerHistoryReadEvents: 50,
  nodesPerHistoryUpdate: 50,
  /** Values and times of one HistoryUpdate, all of its nodes together. */
  valuesPerHistoryUpdate: 50_000,
  referencesPerBrowse: 20_000,
  /** References of one node in one answer; the rest waits at a continuation point. */
  referencesPerNode: 5_000,
  registeredNodesPerSession: 10_000,
  browseContinuationPoints: 10,
  historyContinuationPoints: 10,
  selectOperands: 200,
  whereOperands: 100,
  /** Elements visited when a where-clause is evaluated once, counted with repetition. */
  whereVisits: 1_000,
  arrayLength: 65_535,
  stringLength: KIB * KIB,
  byteStringLength: 4 * KIB * KIB,
  messageBytes: 4 * KIB * KIB,
  messageChunks: 256,
  transportBufferBytesMin: 8 * KIB,
  transportBufferBytesMax: 64 * KIB,
  /** What each chunk that we send may hold; small ones halve the cost of small answers. */
  transportSendBytes: 16 * KIB,
} as const

/** The smallest and the largest message that each part of the transport may be negotiated to. */
export interface TransportLimits {
  receiveBufferSize: number
  sendBufferSize: number
  maxMessageSize: number
  maxChunkCount: number
}

/**
 * Answers a Hello (Part 6 7.1.2.3) with the limits of the table.
 *
 * The stack allocates a buffer of the negotiated size for every answer, so the size stays at `transportSendBytes`; only
 * a client that takes few chunks gets larger ones. The message size is what those chunks can carry, so that it is true.
 */
export function negotiateTransport(hello: TransportLimits): TransportLimits {
  const { transportBufferBytesMin: min, transportBufferBytesMax: max, messageBytes, messageChunks } = GUARD_LIMITS
  const maxChunkCount = Math.min(hello.maxChunkCount || messageChunks, messageChunks)
  const wantedBytes = Math.min(hello.maxMessageSize || messageBytes, messageBytes)
  const chunkBytes = maxChunkCount < messageChunks ? Math.ceil(wantedBytes / maxChunkCount) : min
  const ceiling = Math.min(Math.max(GUARD_LIMITS.transportSendBytes, chunkBytes), max)
  const bufferBytes = (asked: number): number => Math.min(Math.max(asked || max, min), ceiling)
  const receiveBufferSize = bufferBytes(hello.receiveBufferSize)
  const sendBufferSize = bufferBytes(hello.sendBufferSize)
  const carried = maxChunkCount * Math.min(receiveBufferSize, sendBufferSize)
  return { receiveBufferSize, sendBufferSize, maxMessageSize: Math.min(wantedBytes, carried), maxChunkCount }
}

/**
 * Sets the process-wide bounds of the binary decoder.
 *
 * They are statics, and the options of a server only ever raise them; so they are set again after the server is made.
 */
export function applyEncodingLimits(): void {
  BinaryStream.maxArrayLength = GUARD_LIMITS.arrayLength
  BinaryStream.maxStringLength = GUARD_LIMITS.stringLength
  BinaryStream.maxByteStringLength = GUARD_LIMITS.byteStringLength
  Variant.maxArrayLength = GUARD_LIMITS.arrayLength
  Variant.maxTypedArrayLength = GUARD_LIMITS.arrayLength
}
