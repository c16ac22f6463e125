import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { WireReader, WireWriter } from './bytes.ts'
import { policyUri, sealOpening, thumbprintOf, unsealOpening, type WireIdentity, WireKeys } from './security.ts'

const NONE = 'http://opcfoundation.org/UA/SecurityPolicy#None'
/** What one chunk of ours carries; every server takes chunks of 8 192 bytes (Part 6 §7.1.2.3). */
const CHUNK_BODY_BYTES = 8000

/** Numbers of binary encodings (Part 6, NodeIds.csv). */
const OPEN_REQUEST = 446

/** What comes back for a request: the body behind the sequence header. */
type Answered = (body: Buffer) => void

interface Keys {
  readonly ours: WireKeys
  readonly theirs: WireKeys
}

/**
 * A secure channel made by hand on a socket, without security or with Basic256Sha256 and SignAndEncrypt.
 *
 * It shares nothing with the stack that it talks to, so that what both sides agree on is what the specification says.
 */
export class WireChannel {
  readonly socket: Socket
  readonly identity: WireIdentity | undefined
  /** Told that the connection has ended. */
  onEnd: (error: Error) => void = () => undefined
  /** Whether signatures of answers are verified. */
  isVerifying = true
  #channelId = 0
  #tokenId = 0
  #keys: Keys | undefined
  #sequence = 0
  #requestId = 0
  #received: Buffer = Buffer.alloc(0)
  #parts: Buffer[] = []
  #opened: ((chunk: Buffer) => void) | undefined
  readonly #waiting = new Map<number, Answered>()

  private constructor(socket: Socket, identity: WireIdentity | undefined) {
    this.socket = socket
    this.identity = identity
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('data', (data) => this.#take(data as Buffer))
    socket.on('close', () => this.onEnd(new Error('the server closed the connection')))
  }

  /** Connects, says hello and opens a channel; messages of the server may have so many bytes, or any number when that is 0. */
  static async open(port: number, identity?: WireIdentity, messageBytes = 0): Promise<WireChannel> {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    const channel = new WireChannel(socket, identity)
    await channel.#hello(port, messageBytes)
    await channel.#open()
    return channel
  }

  /** Sends a message; `answered` is given the body of its answer. Gives the number of the request. */
  send(body: Buffer, answered: Answered): number {
    this.#requestId += 1
    this.#waiting.set(this.#requestId, answered)
    const chunks: Buffer[] = []
    for (let from = 0; from < body.length; from += CHUNK_BODY_BYTES) {
      this.#sequence += 1
      const type = from + CHUNK_BODY_BYTES >= body.length ? 'MSGF' : 'MSGC'
      const head = new WireWriter().raw(Buffer.from(type)).uint32(0).uint32(this.#channelId).uint32(this.#tokenId).bytes
      const tail = new WireWriter().uint32(this.#sequence).uint32(this.#requestId)
      tail.raw(body.subarray(from, from + CHUNK_BODY_BYTES))
      chunks.push(this.#seal(head, tail.bytes))
    }
    this.socket.write(Buffer.concat(chunks))
    return this.#requestId
  }

  /** Asks the server to end the channel (Part 4 §5.5.3). */
  sendClose(): void {
    this.#requestId += 1
    this.#sequence += 1
    const head = new WireWriter().raw(Buffer.from('CLOF')).uint32(0).uint32(this.#channelId).uint32(this.#tokenId).bytes
    const tail = new WireWriter().uint32(this.#sequence).uint32(this.#requestId).nodeId('i=452')
    tail.nodeId('i=0').uint64(0n).uint32(1).uint32(0).text(null).uint32(0).nodeId('i=0').byte(0)
    this.socket.write(this.#seal(head, tail.bytes))
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    this.onEnd = () => undefined
    if (this.socket.destroyed) return
    const hasClosed = once(this.socket, 'close')
    this.socket.destroy()
    await hasClosed
  }

  #seal(head: Buffer, tail: Buffer): Buffer {
    if (this.#keys) return this.#keys.ours.seal(head, tail)
    head.writeUInt32LE(head.length + tail.length, 4)
    return Buffer.concat([head, tail])
  }

  async #hello(port: number, messageBytes: number): Promise<void> {
    const hello = new WireWriter().raw(Buffer.from('HELF')).uint32(0)
    // Whoever takes few chunks may send large ones, which a long chain needs (Part 6 §6.7.2.3).
    const chunkMax = this.identity?.sent ? 32 : 0
    for (const limit of [0, 65_536, 65_536, messageBytes, chunkMax]) hello.uint32(limit)
    const bytes = hello.text(`opc.tcp://127.0.0.1:${port}`).bytes
    bytes.writeUInt32LE(bytes.length, 4)
    await this.#exchange(bytes)
  }

  async #open(): Promise<void> {
    const { identity } = this
    const nonce = identity ? randomBytes(32) : null
    const head = new WireWriter()
      .raw(Buffer.from('OPNF'))
      .uint32(0)
      .uint32(0)
      .text(identity ? policyUri : NONE)
    head
      .byteString(identity?.sent ?? identity?.certificate.raw ?? null)
      .byteString(identity ? thumbprintOf(identity.server) : null)
    this.#sequence += 1
    this.#requestId += 1
    const body = new WireWriter().uint32(this.#sequence).uint32(this.#requestId).nodeId(`i=${OPEN_REQUEST}`)
    body.nodeId('i=0').uint64(0n).uint32(1).uint32(0).text(null).uint32(0).nodeId('i=0').byte(0)
    // Protocol version, a new token, the security mode, the client's nonce, and a lifetime in milliseconds.
    body
      .uint32(0)
      .uint32(0)
      .uint32(identity ? 3 : 1)
      .byteString(nonce)
      .uint32(600_000)
    const opening = identity ? sealOpening(head.bytes, body.bytes, identity) : this.#seal(head.bytes, body.bytes)
    this.#takeToken(await this.#exchange(opening), nonce)
  }

  #exchange(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#opened = resolve
      this.onEnd = reject
      this.socket.write(bytes)
    })
  }

  #takeToken(chunk: Buffer, nonce: Buffer | null): void {
    const reader = new WireReader(chunk)
    reader.at = 12
    for (let field = 0; field < 3; field++) reader.byteString()
    const head = chunk.subarray(0, reader.at)
    const sealed = chunk.subarray(reader.at)
    const body = new WireReader(this.identity ? unsealOpening(head, sealed, this.identity) : sealed)
    body.take(8)
    body.nodeId()
    const status = readAnswerHeader(body)
    if (status !== 0) throw new Error(`the channel is not opened: 0x${status.toString(16)}`)
    body.uint32()
    this.#channelId = body.uint32()
    this.#tokenId = body.uint32()
    body.uint64()
    body.uint32()
    const theirs = body.byteString()
    if (nonce && theirs) this.#keys = { ours: new WireKeys(theirs, nonce), theirs: new WireKeys(nonce, theirs) }
  }

  #take(data: Buffer): void {
    const received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data])
    let at = 0
    while (received.length - at >= 8) {
      const length = received.readUInt32LE(at + 4)
      if (received.length - at < length) break
      this.#takeChunk(received.subarray(at, at + length))
      at += length
    }
    this.#received = received.subarray(at)
  }

  #takeChunk(chunk: Buffer): unknown {
    const type = chunk.toString('latin1', 0, 4)
    if (type === 'ERRF') return this.onEnd(new Error(`the server says 0x${chunk.readUInt32LE(8).toString(16)}`))
    if (!type.startsWith('MSG')) return this.#opened?.(chunk)
    const plain = this.#keys ? this.#keys.theirs.unseal(chunk, this.isVerifying) : chunk.subarray(16)
    this.#parts.push(plain.subarray(8))
    if (type !== 'MSGF') return undefined
    const body = this.#parts.length === 1 ? plain.subarray(8) : Buffer.concat(this.#parts)
    this.#parts = []
    const requestId = plain.readUInt32LE(4)
    const answered = this.#waiting.get(requestId)
    this.#waiting.delete(requestId)
    return answered?.(body)
  }
}

/** Reads the header of an answer, and gives its status. */
export function readAnswerHeader(reader: WireReader): number {
  reader.uint64()
  reader.uint32()
  const status = reader.uint32()
  reader.diagnostic()
  reader.list(reader.text)
  reader.extension()
  return status
}
