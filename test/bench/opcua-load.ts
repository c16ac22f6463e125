import { WireReader } from '../kit/wire/bytes.ts'
import { readAnswerHeader } from '../kit/wire/channel.ts'
import { WireClient } from '../kit/wire/client.ts'
import type { WireIdentity } from '../kit/wire/security.ts'
import { wireItems, wireSubscription } from '../kit/wire/subscription.ts'

/** The number of the binary encoding of PublishRequest (Part 6, NodeIds.csv). */
const PUBLISH = 826

/** Behind the id of its type (4 bytes), the time (8) and the handle (4) of an answer is its status. */
const STATUS_AT = 16

/** Messages of one publishing are no further apart than this. */
const burstMs = 50

/** How many items of one subscription our server takes. */
const itemsMax = 5000

/**
 * A client that asks for the same again and again and looks at no more of the answers than it has to, so that the server is what
 * is measured. What it asks for has been read and checked once.
 */
export class Load {
  readonly client: WireClient

  private constructor(client: WireClient) {
    this.client = client
    client.channel.isVerifying = false
  }

  /** Connects, without security or with it. */
  static async open(port: number, identity?: WireIdentity): Promise<Load> {
    return new Load(await WireClient.open(port, identity ? { identity } : {}))
  }

  /** Sends a request with so many in flight for a while, and gives the answers per second. */
  run(body: Buffer, inFlight: number, forMs: number): Promise<number> {
    const { channel } = this.client
    return new Promise((resolve, reject) => {
      channel.onEnd = reject
      const start = performance.now()
      let answers = 0
      let open = inFlight
      const answered = (answer: Buffer): void => {
        if (answer.readUInt32LE(STATUS_AT) !== 0) reject(new Error('a request was refused'))
        answers += 1
        const elapsed = performance.now() - start
        if (elapsed < forMs) channel.send(body, answered)
        else {
          open -= 1
          if (open === 0) resolve((answers * 1000) / elapsed)
        }
      }
      for (let count = 0; count < inFlight; count++) channel.send(body, answered)
    })
  }

  /** Subscribes to the values of these nodes and counts what comes. */
  async subscribe(nodeIds: readonly string[], intervalMs: number): Promise<Counting> {
    const counting = new Counting()
    for (let from = 0; from < nodeIds.length; from += itemsMax) {
      const subscriptionId = await wireSubscription(this.client, intervalMs, { keepAliveCount: 1000 })
      const mine = nodeIds.slice(from, from + itemsMax)
      for (let start = 0; start < mine.length; start += 1000) {
        const items = mine.slice(start, start + 1000).map((nodeId, handle) => ({ nodeId, handle }))
        const made = await wireItems(this.client, subscriptionId, items)
        if (made.some(([status]) => status !== 0)) throw new Error('an item is refused')
      }
    }
    const publish = this.client.body(PUBLISH, (out) => out.int32(-1))
    const answered = (answer: Buffer): void => {
      counting.take(answer, performance.now())
      this.client.channel.send(publish, answered)
    }
    for (let count = 0; count < 10; count++) this.client.channel.send(publish, answered)
    return counting
  }
}

/** What publishing has brought: how many notifications, and the gaps between the messages that brought some. */
export class Counting {
  count = 0
  readonly gapsMs: number[] = []
  readonly #lastBySubscription = new Map<number, number>()

  /** Takes the answer to a Publish (Part 4 §5.14.5). */
  take(answer: Buffer, nowMs: number): void {
    const reader = new WireReader(answer)
    reader.nodeId()
    if (readAnswerHeader(reader) !== 0) return
    const subscription = reader.uint32()
    reader.list(reader.uint32)
    // More notifications, the sequence number, and the time of the message.
    reader.take(1 + 4 + 8)
    let notifications = 0
    reader.list(() => {
      reader.nodeId()
      reader.byte()
      const body = reader.byteString()
      notifications += body?.readInt32LE() ?? 0
    })
    if (notifications === 0) return
    this.count += notifications
    const last = this.#lastBySubscription.get(subscription)
    // What was left of one publishing follows at once.
    if (last !== undefined && nowMs - last < burstMs) return
    if (last !== undefined) this.gapsMs.push(nowMs - last)
    this.#lastBySubscription.set(subscription, nowMs)
  }
}
