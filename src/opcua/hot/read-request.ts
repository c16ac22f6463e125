import { NodeId, NodeIdType, ReadRequest, ReadValueId, RequestHeader, TimestampsToReturn } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import { MessageBuilder } from 'node-opcua-secure-channel'
import type { AnyMethod, Hook } from '../guard/hooks.ts'
import { limitsInUse } from '../guard/limits.ts'

/** What is asked of one node. Without index range and data encoding: what has one is decoded by the stack. */
export interface Wanted {
  readonly nodeId: NodeId
  readonly attributeId: number
  readonly indexRange?: unknown
  readonly dataEncoding?: unknown
}

/** The id of the binary encoding of ReadRequest in four bytes (Part 6 §5.2.2.9, NodeIds.csv). */
const TYPE_ID = Buffer.from([1, 0, 631 & 0xff, 631 >> 8])
/** Longer texts are left to the stack, which has the limits for them. */
const IDENTIFIER_BYTES_MAX = 4096

/**
 * A ReadRequest whose nodes are decoded here. It is one for the stack too, which gets the nodes in its own form when it asks for
 * them: another server of the process, that reads in the stack's way, knows nothing of this.
 */
export class QuickReadRequest {
  readonly requestHeader = new RequestHeader(null as never)
  readonly maxAge: number
  readonly timestampsToReturn: TimestampsToReturn
  wanted: readonly Wanted[] = []
  #nodesToRead: ReadValueId[] | undefined

  constructor(stream: BinaryStream) {
    this.requestHeader.decode(stream)
    this.maxAge = stream.readDouble()
    this.timestampsToReturn = stream.readUInt32()
  }

  get nodesToRead(): ReadValueId[] {
    this.#nodesToRead ??= this.wanted.map(({ nodeId, attributeId }) => {
      const item = new ReadValueId(null as never)
      item.nodeId = nodeId
      item.attributeId = attributeId
      return item
    })
    return this.#nodesToRead
  }

  set nodesToRead(items: ReadValueId[]) {
    this.#nodesToRead = items
  }
}
Object.setPrototypeOf(QuickReadRequest.prototype, ReadRequest.prototype)

interface Builder {
  readonly id: string
  readonly channelId: number
  readonly securityHeader?: unknown
  readonly sequenceHeader: { readonly requestId: number } | null
  readonly messageHeader?: { readonly msgType: string }
  emit(event: 'message', request: object, type: string, header: unknown, requestId: number, channelId: number): boolean
}

/**
 * Hooks the decoding of messages, so that the usual Read, of attributes by numeric or textual NodeIds, makes no objects that
 * nobody looks at. Whatever is unusual, or not sound, is decoded by the stack as ever.
 */
export function readRequestHook(): Hook {
  return {
    target: MessageBuilder.prototype,
    method: '_decodeMessageBody',
    wrap: (original: AnyMethod) =>
      function (this: Builder, body: Buffer) {
        const { sequenceHeader, securityHeader, messageHeader } = this
        if (!sequenceHeader || !securityHeader || messageHeader?.msgType !== 'MSG' || !this.id.startsWith('server')) {
          return original.call(this, body)
        }
        const request = decodeReadRequest(body)
        if (!request) return original.call(this, body)
        this.emit('message', request, 'MSG', securityHeader, sequenceHeader.requestId, this.channelId)
        return true
      },
  }
}

/** Decodes a usual ReadRequest; undefined for anything else. */
export function decodeReadRequest(body: Buffer): QuickReadRequest | undefined {
  if (body.length < TYPE_ID.length || TYPE_ID.compare(body, 0, TYPE_ID.length) !== 0) return undefined
  const stream = new BinaryStream(body)
  stream.length = TYPE_ID.length
  try {
    const request = new QuickReadRequest(stream)
    const count = stream.readInteger()
    if (!(request.timestampsToReturn in TimestampsToReturn)) return undefined
    if (count <= 0 || count > limitsInUse().nodesPerRead) return undefined
    const wanted = decodeWanted(body, stream.length, count)
    if (!wanted) return undefined
    request.wanted = wanted
    return request
  } catch {
    // It is too short or not sound; the stack decides what becomes of it.
    return undefined
  }
}

function decodeWanted(body: Buffer, start: number, count: number): Wanted[] | undefined {
  const wanted: Wanted[] = []
  let at = start
  for (let index = 0; index < count; index++) {
    const form = body.readUInt8(at)
    let nodeId: NodeId
    if (form === 3) {
      const length = body.readInt32LE(at + 3)
      const begin = at + 7
      at = begin + length
      if (length <= 0 || length > IDENTIFIER_BYTES_MAX || at > body.length) return undefined
      nodeId = new NodeId(NodeIdType.STRING, body.toString('utf8', begin, at), body.readUInt16LE(begin - 6))
    } else if (form === 2) {
      nodeId = new NodeId(NodeIdType.NUMERIC, body.readUInt32LE(at + 3), body.readUInt16LE(at + 1))
      at += 7
    } else if (form === 1) {
      nodeId = new NodeId(NodeIdType.NUMERIC, body.readUInt16LE(at + 2), body.readUInt8(at + 1))
      at += 4
    } else if (form === 0) {
      nodeId = new NodeId(NodeIdType.NUMERIC, body.readUInt8(at + 1), 0)
      at += 2
    } else return undefined
    const attributeId = body.readUInt32LE(at)
    // No index range, and a data encoding without namespace and name.
    if (body.readInt32LE(at + 4) !== -1 || body.readUInt16LE(at + 8) !== 0 || body.readInt32LE(at + 10) !== -1) {
      return undefined
    }
    at += 14
    wanted.push({ nodeId, attributeId })
  }
  return wanted
}
