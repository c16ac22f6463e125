import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A message of the server: its letter, and what follows its length. */
interface Message {
  readonly type: string
  readonly body: Buffer
}

/**
 * As much of PostgreSQL's protocol (version 3.0) as a benchmark needs: statements one after the other, rows as text, and COPY
 * in its binary format. One connection stays open, so that nothing but the work is measured.
 */
export class PostgresClient {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #waiting: { readonly messages: Message[]; resolve(messages: Message[]): void; reject(error: Error): void } | undefined
  #isUntil: (type: string) => boolean = () => false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data) => this.#take(data as Buffer))
    socket.on('close', () => this.#waiting?.reject(new Error('PostgreSQL closed the connection')))
    socket.on('error', (error) => this.#waiting?.reject(error))
  }

  /** Connects to a socket of the file system, as the user that needs no password. */
  static async connect(path: string): Promise<PostgresClient> {
    const socket = connect(path)
    await once(socket, 'connect')
    const client = new PostgresClient(socket)
    const words = Buffer.from('user\0bench\0database\0postgres\0\0', 'latin1')
    const hello = Buffer.alloc(8 + words.length)
    hello.writeInt32BE(hello.length, 0)
    hello.writeInt32BE(196_608, 4)
    words.copy(hello, 8)
    await client.#ask(hello, (type) => type === 'Z')
    return client
  }

  /** Runs a statement and gives its rows, each column as text. */
  async query(sql: string): Promise<(string | null)[][]> {
    const messages = await this.#ask(framed('Q', Buffer.from(`${sql}\0`)), (type) => type === 'Z')
    return messages.filter(({ type }) => type === 'D').map(({ body }) => columnsOf(body))
  }

  /** Copies rows in, in a transaction of their own; it is durable when this resolves, unless synchronous_commit is off. */
  async copy(table: string, rows: Buffer): Promise<void> {
    await this.#ask(
      framed('Q', Buffer.from(`COPY ${table} FROM STDIN BINARY\0`)),
      (type) => type === 'G' || type === 'Z',
    )
    const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
    const trailer = Buffer.from([0xff, 0xff])
    const data = framed('d', Buffer.concat([header, rows, trailer]))
    await this.#ask(Buffer.concat([data, framed('c', Buffer.alloc(0))]), (type) => type === 'Z')
  }

  async close(): Promise<void> {
    this.#socket.end(framed('X', Buffer.alloc(0)))
    await once(this.#socket, 'close')
  }

  #ask(bytes: Buffer, isUntil: (type: string) => boolean): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      this.#isUntil = isUntil
      this.#waiting = { messages: [], resolve, reject }
      this.#socket.write(bytes)
    })
  }

  #take(data: Buffer): void {
    const received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data])
    let offset = 0
    while (received.length - offset >= 5) {
      const end = offset + 1 + received.readInt32BE(offset + 1)
      if (received.length < end) break
      this.#takeMessage({
        type: String.fromCharCode(received[offset] as number),
        body: received.subarray(offset + 5, end),
      })
      offset = end
    }
    this.#received = received.subarray(offset)
  }

  #takeMessage(message: Message): void {
    const waiting = this.#waiting
    if (message.type === 'E') waiting?.reject(new Error(`PostgreSQL: ${message.body.toString().replaceAll('\0', ' ')}`))
    waiting?.messages.push(message)
    if (waiting && this.#isUntil(message.type)) waiting.resolve(waiting.messages)
  }
}

function framed(type: string, body: Buffer): Buffer {
  const message = Buffer.alloc(5 + body.length)
  message.write(type, 0, 'latin1')
  message.writeInt32BE(4 + body.length, 1)
  body.copy(message, 5)
  return message
}

function columnsOf(body: Buffer): (string | null)[] {
  const columns: (string | null)[] = []
  let at = 2
  for (let count = body.readInt16BE(0); count > 0; count--) {
    const length = body.readInt32BE(at)
    at += 4
    columns.push(length < 0 ? null : body.toString('latin1', at, at + length))
    at += Math.max(0, length)
  }
  return columns
}
