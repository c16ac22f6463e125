import { DataChangeNotification, type MonitoredItemNotification } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'

/**
 * Changes that have been sent, as the bytes that were sent: a message is kept until its client has acknowledged it or there are too
 * many (Part 4 §5.14.1.1), and the values in it need not be.
 *
 * It is a DataChangeNotification for the stack, which encodes it again when a client asks for the message once more. Whoever looks
 * at single changes gets them decoded.
 */
export class KeptChanges {
  readonly #body: Uint8Array<ArrayBuffer>

  /** `body` is the encoded structure, without its type and its length; it is copied. */
  constructor(body: Uint8Array) {
    this.#body = new Uint8Array(body)
  }

  /** The changes; decoded anew for each who asks. */
  get monitoredItems(): MonitoredItemNotification[] | null {
    const decoded = new DataChangeNotification(null as never)
    decoded.decode(new BinaryStream(Buffer.from(this.#body.buffer)))
    return decoded.monitoredItems
  }

  /** What the stack calls when it encodes the message. */
  encode(stream: BinaryStream): void {
    stream.writeArrayBuffer(this.#body.buffer, 0, this.#body.length)
  }
}

Object.setPrototypeOf(KeptChanges.prototype, DataChangeNotification.prototype)
