import { AttributeIds, coerceNodeId, ReadRequest, type ReadResponse, ReadValueId, TimestampsToReturn } from 'node-opcua'
import { RawClient } from '../kit/raw-client.ts'
import { chunkOf, symmetricHeader } from '../kit/raw-messages.ts'

const bodyBytes = 8000

/** Number of the binary encoding of ReadResponse (Part 6, NodeIds.csv). */
const readResponseId = 634

/**
 * A client that reads without decoding: it sends the same request again and again and looks at the header of each answer, so
 * that the server is what is measured.
 */
export class RawReader {
  readonly #client: RawClient
  #id: number
  #received: Buffer = Buffer.alloc(0)
  #isInside = false
  #onAnswer: () => void = () => undefined
  #fail: (error: Error) => void = () => undefined

  private constructor(client: RawClient, id: number) {
    this.#client = client
    this.#id = id
    client.socket.removeAllListeners('data')
    client.socket.on('data', (data) => this.#take(data as Buffer))
  }

  /** Opens a session without security, and checks once that all of these nodes have Good values. */
  static async open(port: number, nodeIds: readonly string[]): Promise<RawReader> {
    const client = await RawClient.session(port)
    check((await client.request(requestOf(nodeIds))) as ReadResponse, nodeIds.length)
    const id = client.post(requestOf(nodeIds.slice(0, 1)))
    await new Promise((resolve) => setTimeout(resolve, 200))
    return new RawReader(client, id)
  }

  /** Reads these nodes with so many requests in flight for a while, and gives the answers per second. */
  run(nodeIds: readonly string[], inFlight: number, forMs: number): Promise<number> {
    const body = this.#client.encode(requestOf(nodeIds))
    return new Promise((resolve, reject) => {
      this.#fail = reject
      const start = performance.now()
      let answers = 0
      let open = inFlight
      this.#onAnswer = () => {
        answers += 1
        const elapsed = performance.now() - start
        if (elapsed < forMs) this.#send(body)
        else {
          open -= 1
          if (open === 0) resolve((answers * 1000) / elapsed)
        }
      }
      for (let n = 0; n < inFlight; n++) this.#send(body)
    })
  }

  async close(): Promise<void> {
    await this.#client.destroy()
  }

  #send(body: Buffer): void {
    const { channelId, tokenId } = this.#client
    const requestId = this.#id + 1
    const chunks: Buffer[] = []
    for (let offset = 0; offset < body.length; offset += bodyBytes) {
      this.#id += 1
      const isFinal = offset + bodyBytes >= body.length ? 'F' : 'C'
      const part = body.subarray(offset, offset + bodyBytes)
      const header = symmetricHeader(tokenId)
      chunks.push(chunkOf({ type: 'MSG', channelId, header, sequence: this.#id, requestId, body: part, isFinal }))
    }
    this.#client.send(Buffer.concat(chunks))
  }

  #take(data: Buffer): void {
    const received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data])
    let offset = 0
    while (received.length - offset >= 8) {
      const length = received.readUInt32LE(offset + 4)
      if (received.length - offset < length) break
      this.#takeChunk(received.subarray(offset, offset + length))
      offset += length
    }
    this.#received = received.subarray(offset)
  }

  /** Behind 24 bytes of headers, the first chunk of an answer holds its type's id (4), time (8), handle (4) and status (4). */
  #takeChunk(chunk: Buffer): void {
    const isRead = this.#isInside || (chunk.readUInt16LE(26) === readResponseId && chunk.readUInt32LE(40) === 0)
    if (!isRead) this.#fail(new Error('the server answered something else than values'))
    this.#isInside = chunk[3] !== 'F'.charCodeAt(0)
    if (!this.#isInside) this.#onAnswer()
  }
}

function requestOf(nodeIds: readonly string[]): ReadRequest {
  return new ReadRequest({
    timestampsToReturn: TimestampsToReturn.Both,
    nodesToRead: nodeIds.map(
      (nodeId) => new ReadValueId({ nodeId: coerceNodeId(nodeId), attributeId: AttributeIds.Value }),
    ),
  })
}

function check({ results }: ReadResponse, count: number): void {
  if (results?.length !== count) throw new Error(`${count} values were asked for, ${results?.length} came`)
  const bad = results.find(({ statusCode }) => !statusCode.isGood())
  if (bad) throw new Error(`a value is ${bad.statusCode.name}`)
}
