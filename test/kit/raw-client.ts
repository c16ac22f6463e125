import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  ActivateSessionRequest,
  AnonymousIdentityToken,
  CreateSessionRequest,
  type CreateSessionResponse,
  MessageSecurityMode,
  NodeId,
  StatusCode,
} from 'node-opcua'
import { decodeExpandedNodeId } from 'node-opcua-basic-types'
import { BinaryStream } from 'node-opcua-binary-stream'
import { getStandardDataTypeFactory } from 'node-opcua-factory'
import {
  OpenSecureChannelRequest,
  type OpenSecureChannelResponse,
  SecurityTokenRequestType,
} from 'node-opcua-service-secure-channel'
import { chunkOf, encodeBody, helloOf, openHeader, symmetricHeader } from './raw-messages.ts'

/** A request class of node-opcua, as far as the raw client looks at it. */
export interface RawRequest {
  readonly requestHeader: { authenticationToken: NodeId; requestHandle: number }
  encode(stream: unknown): void
}

/** What came back: a decoded answer, or the text of an error message. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every service.
export type RawAnswer = any

/** What one chunk carries; the smallest buffer that Part 6 allows is 8 192 bytes. */
const CHUNK_BODY_BYTES = 8_000

interface Waiting {
  resolve(answer: RawAnswer): void
  reject(error: Error): void
}

/**
 * An OPC UA client without manners: it frames messages by hand, so it can send what a client library refuses to.
 *
 * Every step is a call of its own (connect, hello, open, session), so that a test may leave one out or do it twice.
 */
export class RawClient {
  readonly socket: Socket
  /** Resolves when the connection has ended, by whichever side. */
  readonly closed: Promise<void>
  channelId = 0
  tokenId = 0
  authenticationToken = NodeId.nullNodeId
  #sequence = 0
  #received = Buffer.alloc(0)
  #bodies: Buffer[] = []
  readonly #waiting = new Map<number, Waiting>()
  #acknowledge: Waiting | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => undefined)
    socket.on('data', (data) => this.#take(data as Buffer))
    void this.closed.then(() => this.#fail(new Error('the server closed the connection')))
  }

  /** Opens the TCP connection and nothing else, from any address of this machine (127.0.0.0/8). */
  static async connect(port: number, localAddress?: string): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) })
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  /** Goes all the way to an activated anonymous session. */
  static async session(port: number): Promise<RawClient> {
    const client = await RawClient.connect(port)
    await client.hello()
    await client.open()
    await client.login()
    return client
  }

  /** Sends bytes as they are. */
  send(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Sends a Hello and waits for the Acknowledge. */
  async hello(limits: Parameters<typeof helloOf>[0] = {}): Promise<Buffer> {
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#acknowledge = { resolve, reject }
    })
    this.send(helloOf(limits))
    return await answer
  }

  /** Opens or renews the secure channel with SecurityPolicy None; `securityMode` may be one that does not exist. */
  async open(securityMode: number = MessageSecurityMode.None, renew = false): Promise<OpenSecureChannelResponse> {
    const requestType = renew ? SecurityTokenRequestType.Renew : SecurityTokenRequestType.Issue
    const request = new OpenSecureChannelRequest({ requestType, requestedLifetime: 60_000, securityMode: 1 })
    request.securityMode = securityMode
    return this.#noteToken(await this.#call('OPN', openHeader(), encodeBody(request)))
  }

  /** Creates and activates an anonymous session. */
  async login(timeoutMs = 60_000): Promise<CreateSessionResponse> {
    const endpointUrl = `opc.tcp://127.0.0.1:${this.socket.remotePort}`
    const created = await this.request(
      new CreateSessionRequest({ endpointUrl, requestedSessionTimeout: timeoutMs, sessionName: 'raw' }),
    )
    this.authenticationToken = created.authenticationToken
    const policyId = anonymousPolicyOf(created)
    await this.request(new ActivateSessionRequest({ userIdentityToken: new AnonymousIdentityToken({ policyId }) }))
    return created
  }

  /** Sends a request and waits for its answer; rejects when the connection ends first. */
  async request(request: object): Promise<RawAnswer> {
    return await this.requestBytes(this.encode(request))
  }

  /** A request's body with this session's token in it, to be changed by hand. */
  encode(request: object): Buffer {
    const { requestHeader } = request as RawRequest
    requestHeader.authenticationToken = this.authenticationToken
    return encodeBody(request)
  }

  /** Sends a request body of any bytes and waits for its answer. */
  async requestBytes(body: Buffer): Promise<RawAnswer> {
    return await this.#call('MSG', symmetricHeader(this.tokenId), body)
  }

  /** Sends one chunk as the parts say, the next sequence number where they say none, and waits for the answer to it. */
  async chunk(parts: Partial<Parameters<typeof chunkOf>[0]> & { readonly body: Buffer }): Promise<RawAnswer> {
    const { sequence = this.#sequence + 1 } = parts
    this.#sequence = sequence
    const { requestId = sequence } = parts
    const answer = new Promise<RawAnswer>((resolve, reject) => this.#waiting.set(requestId, { resolve, reject }))
    const header = symmetricHeader(this.tokenId)
    this.send(chunkOf({ type: 'MSG', channelId: this.channelId, header, ...parts, sequence, requestId }))
    return await answer
  }

  /** Opens a channel with any security header, which ends in an error for most of them. */
  async openWith(header: Buffer): Promise<RawAnswer> {
    const request = new OpenSecureChannelRequest({ requestedLifetime: 60_000, securityMode: 1 })
    return this.#noteToken(await this.#call('OPN', header, encodeBody(request)))
  }

  #noteToken(response: RawAnswer): RawAnswer {
    if (response.securityToken) {
      this.channelId = response.securityToken.channelId
      this.tokenId = response.securityToken.tokenId
    }
    return response
  }

  /** Sends a request in chunks without waiting; gives the request's id. */
  post(request: object): number {
    return this.#post('MSG', symmetricHeader(this.tokenId), this.encode(request))
  }

  /** Ends the connection without a word. */
  async destroy(): Promise<void> {
    this.socket.destroy()
    await this.closed
  }

  async #call(type: string, header: Buffer, body: Buffer): Promise<RawAnswer> {
    return await new Promise<RawAnswer>((resolve, reject) => {
      this.#waiting.set(this.#sequence + 1, { resolve, reject })
      this.#post(type, header, body)
    })
  }

  #post(type: string, header: Buffer, body: Buffer): number {
    const requestId = this.#sequence + 1
    for (let offset = 0; offset === 0 || offset < body.length; offset += CHUNK_BODY_BYTES) {
      this.#sequence += 1
      const part = body.subarray(offset, offset + CHUNK_BODY_BYTES)
      const isFinal = offset + CHUNK_BODY_BYTES >= body.length ? 'F' : 'C'
      const { channelId } = this
      this.send(chunkOf({ type, channelId, header, sequence: this.#sequence, requestId, body: part, isFinal }))
    }
    return requestId
  }

  #take(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data])
    while (this.#received.length >= 8) {
      const length = this.#received.readUInt32LE(4)
      if (this.#received.length < length) return
      const chunk = this.#received.subarray(0, length)
      this.#received = this.#received.subarray(length)
      this.#takeChunk(chunk)
    }
  }

  #takeChunk(chunk: Buffer): unknown {
    const type = chunk.toString('latin1', 0, 3)
    if (type === 'ACK') return this.#acknowledge?.resolve(chunk)
    if (type === 'ERR') return this.#fail(new Error(`error message 0x${chunk.readUInt32LE(8).toString(16)}`))
    const stream = new BinaryStream(chunk)
    stream.length = type === 'OPN' ? openHeaderEnd(chunk) : 16
    stream.readUInt32()
    const requestId = stream.readUInt32()
    this.#bodies.push(chunk.subarray(stream.length))
    if (chunk[3] === 'C'.charCodeAt(0)) return
    const body = new BinaryStream(Buffer.concat(this.#bodies))
    this.#bodies = []
    const answer = getStandardDataTypeFactory().constructObject(decodeExpandedNodeId(body))
    answer.decode(body)
    this.#waiting.get(requestId)?.resolve(answer)
    this.#waiting.delete(requestId)
  }

  #fail(error: Error): void {
    this.#acknowledge?.reject(error)
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

/** The name of an answer's status: of the service, or of its first result. */
export function statusOf(answer: RawAnswer): string {
  const service = answer.responseHeader.serviceResult as StatusCode
  if (!service.isGood()) return service.name
  const first = answer.results?.[0]
  const status: StatusCode | undefined = first instanceof StatusCode ? first : first?.statusCode
  return status?.name ?? service.name
}

function anonymousPolicyOf(created: CreateSessionResponse): string {
  const policies = (created.serverEndpoints ?? []).flatMap((endpoint) => endpoint.userIdentityTokens ?? [])
  return policies.find((policy) => policy.tokenType === 0)?.policyId ?? 'anonymous'
}

/** Policy, certificate and thumbprint are three byte strings behind the channel id. */
function openHeaderEnd(chunk: Buffer): number {
  let offset = 12
  for (let field = 0; field < 3; field += 1) offset += 4 + Math.max(0, chunk.readInt32LE(offset))
  return offset
}
