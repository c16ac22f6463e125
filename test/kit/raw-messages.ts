import type { ExpandedNodeId } from 'node-opcua'
import { encodeExpandedNodeId } from 'node-opcua-basic-types'
import { BinaryStream } from 'node-opcua-binary-stream'

const POLICY_NONE = 'http://opcfoundation.org/UA/SecurityPolicy#None'

/** What a client announces in its Hello (Part 6 7.1.2.3). */
export interface HelloLimits {
  readonly receiveBufferSize?: number
  readonly sendBufferSize?: number
  readonly maxMessageSize?: number
  readonly maxChunkCount?: number
  readonly endpointUrl?: string
}

/** A Hello message. */
export function helloOf(limits: HelloLimits): Buffer {
  const url = Buffer.from(limits.endpointUrl ?? 'opc.tcp://127.0.0.1')
  const { receiveBufferSize = 65_536, sendBufferSize = 65_536, maxMessageSize = 0, maxChunkCount = 0 } = limits
  const numbers = [0, receiveBufferSize, sendBufferSize, maxMessageSize, maxChunkCount, url.length]
  const body = Buffer.concat([...numbers.map(uint32), url])
  return Buffer.concat([Buffer.from('HELF'), uint32(8 + body.length), body])
}

/** One chunk that carries a whole message, or as much of it as the test wants to send. */
export function chunkOf(parts: {
  readonly type: string
  readonly channelId: number
  readonly header: Buffer
  readonly sequence: number
  /** The sequence number of the message's first chunk, unless told. */
  readonly requestId?: number
  readonly body: Buffer
  /** F for the last chunk of a message, C for one before it, A to abort it. */
  readonly isFinal?: 'F' | 'C' | 'A'
}): Buffer {
  const { type, channelId, header, sequence, body, isFinal = 'F' } = parts
  const { requestId = sequence } = parts
  const rest = Buffer.concat([uint32(channelId), header, uint32(sequence), uint32(requestId), body])
  return Buffer.concat([Buffer.from(`${type}${isFinal}`), uint32(8 + rest.length), rest])
}

/** The security header of an OpenSecureChannel with SecurityPolicy None; nothing proves whose a certificate in it is. */
export function openHeader(policy: string = POLICY_NONE, certificate?: Uint8Array): Buffer {
  const shown = certificate ? Buffer.concat([uint32(certificate.length), certificate]) : uint32(0xffff_ffff)
  return Buffer.concat([uint32(policy.length), Buffer.from(policy), shown, uint32(0xffff_ffff)])
}

/** The security header of every other message. */
export function symmetricHeader(tokenId: number): Buffer {
  return uint32(tokenId)
}

/** Where requests are encoded; what comes out is copied. */
const scratch = Buffer.alloc(2 * 1024 * 1024)

/** A request behind the id of its binary encoding. */
export function encodeBody(request: object): Buffer {
  const { schema, encode } = request as {
    schema: { encodingDefaultBinary?: ExpandedNodeId }
    encode: (s: unknown) => void
  }
  const stream = new BinaryStream(scratch)
  stream.length = 0
  if (!schema.encodingDefaultBinary) throw new Error('this class has no binary encoding')
  encodeExpandedNodeId(schema.encodingDefaultBinary, stream)
  encode.call(request, stream)
  return Buffer.from(stream.buffer.subarray(0, stream.length))
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
