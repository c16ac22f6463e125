import { randomBytes } from 'node:crypto'
import { WireReader, type WireValue, type WireVariant, WireWriter } from './bytes.ts'
import { readAnswerHeader, WireChannel } from './channel.ts'
import { encryptFor, signatureOf, type WireIdentity } from './security.ts'

/** Numbers of the binary encodings of requests (Part 6, NodeIds.csv). */
const CREATE_SESSION = 461
const ACTIVATE_SESSION = 467
const CLOSE_SESSION = 473
const READ = 631
const WRITE = 673
const CALL = 712

/** Who logs in; nobody by name when absent. */
export interface WireUser {
  readonly name: string
  readonly password: string
}

/** How to connect. */
export interface WireOptions {
  readonly identity?: WireIdentity
  readonly user?: WireUser
  /** How large messages of the server may be; any size when absent. */
  readonly messageBytes?: number
}

/** What to read of one node. */
export interface WireRead {
  readonly nodeId: string
  readonly attributeId: number
  readonly indexRange?: string | null
  readonly dataEncoding?: string | null
}

/** How to read. */
export interface WireReadOptions {
  readonly maxAge?: number
  readonly timestamps?: number
}

/** What to write to one node: the bytes of a DataValue are the caller's. */
export interface WireWrite {
  readonly nodeId: string
  readonly attributeId: number
  readonly indexRange?: string | null
  readonly value: Buffer
}

/** What to call; arguments as bytes of Variants. */
export interface WireCall {
  readonly objectId: string
  readonly methodId: string
  readonly inputs: readonly Buffer[]
}

/** What a call came to. */
export interface WireCallResult {
  readonly status: number
  readonly inputStatuses: readonly number[]
  readonly outputs: readonly WireVariant[]
}

/** The answer of a service: its own status, and what it found when that is Good. */
export interface WireAnswer<Result> {
  readonly status: number
  readonly results: readonly Result[]
}

/** How a client connects. */
export interface WireOptions {
  readonly identity?: WireIdentity
  readonly user?: WireUser
  /** After how long without a request the server may end the session, in milliseconds. */
  readonly sessionTimeoutMs?: number
}

/** A client with a session that shares no code with the stack. */
export class WireClient {
  readonly channel: WireChannel
  #token: Buffer = new WireWriter().nodeId('i=0').bytes

  private constructor(channel: WireChannel) {
    this.channel = channel
  }

  /** Connects and opens a session. */
  static async open(port: number, options: WireOptions = {}): Promise<WireClient> {
    const client = new WireClient(await WireChannel.open(port, options.identity, options.messageBytes))
    await client.#login(port, options)
    return client
  }

  /** The body of a request with its header, for whoever sends it many times. */
  body(type: number, write: (out: WireWriter) => unknown): Buffer {
    const out = new WireWriter().nodeId(`i=${type}`).raw(this.#token)
    out.uint64(0n).uint32(1).uint32(0).text(null).uint32(10_000).nodeId('i=0').byte(0)
    write(out)
    return out.bytes
  }

  /** Sends a body and waits for what comes back, from behind the header of the answer. */
  ask(body: Buffer): Promise<{ readonly status: number; readonly reader: WireReader }> {
    return new Promise((resolve, reject) => {
      this.channel.onEnd = reject
      this.channel.send(body, (bytes) => {
        try {
          const reader = new WireReader(bytes)
          reader.nodeId()
          resolve({ status: readAnswerHeader(reader), reader })
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  readBody(items: readonly WireRead[], { maxAge = 0, timestamps = 2 }: WireReadOptions = {}): Buffer {
    return this.body(READ, (out) =>
      out
        .double(maxAge)
        .uint32(timestamps)
        .list(items, ({ nodeId, attributeId, indexRange, dataEncoding }) =>
          out
            .nodeId(nodeId)
            .uint32(attributeId)
            .text(indexRange ?? null)
            .uint16(0)
            .text(dataEncoding ?? null),
        ),
    )
  }

  read(items: readonly WireRead[], options?: WireReadOptions): Promise<WireAnswer<WireValue>> {
    return this.#results(this.readBody(items, options), (reader) => reader.value())
  }

  writeBody(items: readonly WireWrite[]): Buffer {
    return this.body(WRITE, (out) =>
      out.list(items, ({ nodeId, attributeId, indexRange, value }) =>
        out
          .nodeId(nodeId)
          .uint32(attributeId)
          .text(indexRange ?? null)
          .raw(value),
      ),
    )
  }

  write(items: readonly WireWrite[]): Promise<WireAnswer<number>> {
    return this.#results(this.writeBody(items), (reader) => reader.uint32())
  }

  callBody(items: readonly WireCall[]): Buffer {
    return this.body(CALL, (out) =>
      out.list(items, ({ objectId, methodId, inputs }) => out.nodeId(objectId).nodeId(methodId).list(inputs, out.raw)),
    )
  }

  call(items: readonly WireCall[]): Promise<WireAnswer<WireCallResult>> {
    return this.#results(this.callBody(items), (reader) => {
      const status = reader.uint32()
      const inputStatuses = reader.list(reader.uint32) ?? []
      reader.list(reader.diagnostic)
      return { status, inputStatuses, outputs: reader.list(reader.variant) ?? [] }
    })
  }

  /** Closes the session and the connection. */
  async close(): Promise<void> {
    await this.ask(this.body(CLOSE_SESSION, (out) => out.byte(1))).catch(() => undefined)
    await this.channel.close()
  }

  async #results<Result>(body: Buffer, read: (reader: WireReader) => Result): Promise<WireAnswer<Result>> {
    const { status, reader } = await this.ask(body)
    if (status !== 0) return { status, results: [] }
    const results = reader.list(() => read(reader)) ?? []
    reader.list(reader.diagnostic)
    if (!reader.isAtEnd) throw new Error('there is more in the answer than the service has')
    return { status, results }
  }

  async #login(port: number, { identity, user, sessionTimeoutMs = 60_000 }: WireOptions): Promise<void> {
    const url = `opc.tcp://127.0.0.1:${port}`
    const certificate = identity?.certificate.raw ?? null
    const create = this.body(CREATE_SESSION, (out) => {
      // The application: its URI is the one of its certificate.
      out.text(uriOf(identity)).text(null).byte(2).text('wire').uint32(1).text(null).text(null).int32(-1)
      out
        .text(null)
        .text(url)
        .text('wire')
        .byteString(identity ? randomBytes(32) : null)
      out.byteString(certificate).double(sessionTimeoutMs).uint32(0)
    })
    const created = await this.ask(create)
    if (created.status !== 0) throw new Error(`no session: 0x${created.status.toString(16)}`)
    const { reader } = created
    reader.nodeId()
    const start = reader.at
    reader.nodeId()
    this.#token = Buffer.from(reader.bytes.subarray(start, reader.at))
    reader.double()
    const nonce = reader.byteString() ?? Buffer.alloc(0)
    const server = reader.byteString() ?? Buffer.alloc(0)
    const policies = policiesOf(reader, identity ? 3 : 1)
    const activate = this.body(ACTIVATE_SESSION, (out) => {
      const signature = identity && signatureOf(Buffer.concat([server, nonce]), identity)
      out.text(identity ? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' : null).byteString(signature ?? null)
      out.int32(-1).int32(-1)
      const token = new WireWriter().text(policies[user ? 1 : 0] ?? '')
      if (user) writePassword(token, user, nonce, identity)
      out
        .nodeId(user ? 'i=324' : 'i=321')
        .byte(1)
        .byteString(token.bytes)
        .text(null)
        .byteString(null)
    })
    const { status } = await this.ask(activate)
    if (status !== 0) throw new Error(`no login: 0x${status.toString(16)}`)
  }
}

/** A name and a password that only the server can read (Part 4 §7.40.4). */
function writePassword(out: WireWriter, user: WireUser, nonce: Buffer, identity: WireIdentity | undefined): void {
  if (!identity) throw new Error('a password is sent with security only')
  const secret = Buffer.concat([Buffer.from(user.password), nonce])
  const plain = new WireWriter().uint32(secret.length).raw(secret).bytes
  out.text(user.name).byteString(encryptFor(identity, plain)).text('http://www.w3.org/2001/04/xmlenc#rsa-oaep')
}

function uriOf(identity: WireIdentity | undefined): string {
  return /URI:([^,\s]+)/.exec(identity?.certificate.subjectAltName ?? '')?.[1] ?? 'urn:wire'
}

/** The policies of the endpoint with this security mode, by the kind of their tokens. */
function policiesOf(reader: WireReader, mode: number): Readonly<Record<number, string>> {
  const found: Record<number, string> = {}
  const count = reader.int32()
  for (let endpoint = 0; endpoint < count; endpoint++) {
    reader.text()
    reader.text()
    reader.text()
    reader.localized()
    reader.uint32()
    reader.text()
    reader.text()
    reader.list(reader.text)
    reader.byteString()
    const securityMode = reader.uint32()
    const policy = reader.text() ?? ''
    const isOurs = securityMode === mode && /#(None|Basic256Sha256)$/.test(policy)
    const tokens = reader.list(() => {
      const id = reader.text() ?? ''
      const kind = reader.uint32()
      reader.text()
      reader.text()
      return { id, kind, policy: reader.text() ?? '' }
    })
    for (const { id, kind, policy: own } of tokens ?? []) {
      if (isOurs && (kind === 0 || own === '' || own.endsWith('#Basic256Sha256'))) found[kind] ??= id
    }
    reader.text()
    reader.byte()
  }
  return found
}
