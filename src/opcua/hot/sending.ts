import { type StatusCode, StatusCodes } from 'node-opcua'
import { encodeExpandedNodeId } from 'node-opcua-basic-types'
import { BinaryStream, BinaryStreamMaxSizeExceededError } from 'node-opcua-binary-stream'
import { MessageSecurityMode, SequenceNumberGenerator } from 'node-opcua-secure-channel'
import { MessageChunker } from 'node-opcua-secure-channel/dist/source/message_chunker.js'
import type { AnyMethod, Hook } from '../guard/hooks.ts'
import { QuickAnswer } from './answer.ts'
import { isQuickPublish, writePublish } from './publish.ts'
import { writer } from './writer.ts'

/** Message header, token and sequence header (Part 6 §6.7.2). */
const SECURED_FROM = 16
const BODY_FROM = 24
/** A first guess of how large a message is that the stack encodes, in bytes. */
const MESSAGE_BYTES_FEW = 1024

type TakeChunk = (chunk: Buffer | null) => void

/** What the stack tells of how the chunks of one message are to be made. */
interface Parameters {
  readonly channelId: number
  readonly securityHeader: { readonly tokenId: number }
  readonly securityOptions: {
    readonly chunkSize: number
    readonly requestId: number
    readonly signatureLength: number
    readonly plainBlockSize: number
    readonly cipherBlockSize: number
    readonly signBufferFunc?: (bytes: Buffer) => Buffer
    readonly encryptBufferFunc?: (bytes: Buffer) => Buffer
  }
}

interface Chunker {
  readonly securityMode: MessageSecurityMode
  readonly maxMessageSize: number
  readonly maxChunkCount: number
}

/**
 * Hooks the making of chunks: buffers as large as what they carry, instead of one of the negotiated size and a chain of
 * emitters for each message. Opening a channel stays with the stack, and so does the counter of its messages.
 */
export function sendingHooks(): Hook[] {
  const counters = new WeakMap<object, SequenceNumberGenerator>()
  let asking: object | undefined
  return [
    {
      target: SequenceNumberGenerator.prototype,
      method: 'next',
      wrap: (original) =>
        function (this: SequenceNumberGenerator) {
          if (asking) counters.set(asking, this)
          return original.call(this)
        },
    },
    {
      target: MessageChunker.prototype,
      method: 'chunkSecureMessage',
      wrap: (original: AnyMethod) =>
        function (this: Chunker, type: string, parameters: Parameters, message: object, take: TakeChunk) {
          const counter = counters.get(this)
          // The first message of a channel opens it, and shows which counter is the channel's.
          if (type === 'MSG' && counter) return send(this, parameters, message, counter, take)
          asking = this
          try {
            return original.call(this, type, parameters, message, take)
          } finally {
            asking = undefined
          }
        },
    },
  ]
}

interface Encodes {
  readonly schema: { readonly name: string; readonly encodingDefaultBinary?: never }
  encode(stream: BinaryStream): void
}

function send(
  chunker: Chunker,
  parameters: Parameters,
  message: object,
  counter: SequenceNumberGenerator,
  take: TakeChunk,
): StatusCode {
  let body: Buffer
  try {
    body = bodyOf(message, chunker.maxMessageSize)
  } catch (error) {
    if (error instanceof BinaryStreamMaxSizeExceededError) return StatusCodes.BadTcpMessageTooLarge
    throw error
  }
  const { maxMessageSize, maxChunkCount } = chunker
  const room = roomOf(chunker, parameters)
  const count = Math.ceil(body.length / room)
  if (maxMessageSize > 0 && body.length > maxMessageSize) return StatusCodes.BadTcpMessageTooLarge
  if (maxChunkCount > 0 && count > maxChunkCount) return StatusCodes.BadTcpMessageTooLarge
  for (let from = 0; from < body.length; from += room) {
    const part = body.subarray(from, from + room)
    take(chunkOf(chunker, parameters, part, { sequence: counter.next(), isLast: from + room >= body.length }))
  }
  take(null)
  return StatusCodes.Good
}

/** The bytes of a message; they are good until the next message is encoded. */
function bodyOf(message: object, maxBytes: number): Buffer {
  if (message instanceof QuickAnswer) {
    writer.reset()
    message.write(writer)
    return writer.bytes.subarray(0, writer.length)
  }
  if (isQuickPublish(message)) {
    writer.reset()
    writePublish(writer, message)
    return writer.bytes.subarray(0, writer.length)
  }
  const { schema, encode } = message as Encodes
  if (!schema.encodingDefaultBinary) throw new Error(`message schema ${schema.name} has no encodingDefaultBinary`)
  const stream = BinaryStream.createGrowable(
    MESSAGE_BYTES_FEW,
    maxBytes > 0 ? maxBytes : MessageChunker.defaultMaxMessageSize,
  )
  encodeExpandedNodeId(schema.encodingDefaultBinary, stream)
  encode.call(message, stream)
  return stream.buffer.subarray(0, stream.length)
}

/** How much of a message one chunk carries, in bytes: what is left of it beside headers, padding and signature. */
function roomOf(chunker: Chunker, { securityOptions }: Parameters): number {
  const { chunkSize, signatureLength, plainBlockSize, cipherBlockSize } = securityOptions
  if (chunker.securityMode === MessageSecurityMode.None) return chunkSize - BODY_FROM
  if (cipherBlockSize === 0) return chunkSize - BODY_FROM - signatureLength
  const blocks = Math.floor((chunkSize - SECURED_FROM) / cipherBlockSize)
  return plainBlockSize * blocks - (BODY_FROM - SECURED_FROM) - signatureLength - 1
}

function chunkOf(
  chunker: Chunker,
  { channelId, securityHeader, securityOptions }: Parameters,
  part: Buffer,
  { sequence, isLast }: { readonly sequence: number; readonly isLast: boolean },
): Buffer {
  const isSigned = chunker.securityMode !== MessageSecurityMode.None && securityOptions.signBufferFunc !== undefined
  const { requestId, plainBlockSize, signatureLength } = securityOptions
  const isEncrypted = isSigned && plainBlockSize > 0
  const signatureBytes = isSigned ? signatureLength : 0
  const paddingBytes = isEncrypted ? paddingOf(part.length + signatureBytes, plainBlockSize) : 0
  const signedBytes = BODY_FROM + part.length + paddingBytes
  const chunk = Buffer.allocUnsafe(signedBytes + signatureBytes)
  chunk.write(isLast ? 'MSGF' : 'MSGC', 0, 'latin1')
  chunk.writeUInt32LE(chunk.length, 4)
  chunk.writeUInt32LE(channelId, 8)
  chunk.writeUInt32LE(securityHeader.tokenId, 12)
  chunk.writeUInt32LE(sequence, 16)
  chunk.writeUInt32LE(requestId, 20)
  chunk.set(part, BODY_FROM)
  if (isEncrypted) chunk.fill(paddingBytes - 1, BODY_FROM + part.length, signedBytes)
  if (isSigned) chunk.set(securityOptions.signBufferFunc?.(chunk.subarray(0, signedBytes)) ?? [], signedBytes)
  if (isEncrypted) chunk.set(securityOptions.encryptBufferFunc?.(chunk.subarray(SECURED_FROM)) ?? [], SECURED_FROM)
  return chunk
}

/** Bytes of padding, the one that tells their number included, so that whole blocks are encrypted (Part 6 §6.7.2.5). */
function paddingOf(bytes: number, blockBytes: number): number {
  const rest = (BODY_FROM - SECURED_FROM + bytes + 1) % blockBytes
  return 1 + (rest === 0 ? 0 : blockBytes - rest)
}
