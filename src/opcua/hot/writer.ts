import { BinaryStream, BinaryStreamMaxSizeExceededError } from 'node-opcua-binary-stream'
import { limitsInUse } from '../guard/limits.ts'

/** Milliseconds between 1601, where DateTime begins (Part 6 §5.2.2.5), and 1970. */
const EPOCH_MS = 11_644_473_600_000
const TICKS_PER_MS = 10_000
const TWO_32 = 4_294_967_296

/** Something that the stack encodes into one of its streams. */
interface Encodes {
  encode(stream: BinaryStream): void
}

/**
 * Bytes of one message under way.
 *
 * There is one for the process, since encoding never waits: it is reset for each message and its buffer stays, so that small
 * answers allocate nothing but what goes to the socket. It grows to the largest message that a client may take.
 */
export class Writer {
  bytes = Buffer.allocUnsafeSlow(64 * 1024)
  #view = viewOf(this.bytes)
  length = 0

  /** Begins a new message. */
  reset(): void {
    this.length = 0
  }

  /** Makes room; throws what the stack throws when the message would be larger than any client takes. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.bytes.length) return
    const { messageBytes } = limitsInUse()
    if (needed > messageBytes) {
      throw new BinaryStreamMaxSizeExceededError(`a message of ${needed} bytes is larger than any client takes`)
    }
    const bigger = Buffer.allocUnsafeSlow(Math.min(messageBytes, Math.max(needed, this.bytes.length * 2)))
    this.bytes.copy(bigger, 0, 0, this.length)
    this.bytes = bigger
    this.#view = viewOf(bigger)
  }

  // What writes numbers expects that there is room.
  uint8(value: number): void {
    this.bytes[this.length++] = value
  }

  uint16(value: number): void {
    this.#view.setUint16(this.length, value, true)
    this.length += 2
  }

  uint32(value: number): void {
    this.#view.setUint32(this.length, value, true)
    this.length += 4
  }

  float(value: number): void {
    this.#view.setFloat32(this.length, value, true)
    this.length += 4
  }

  double(value: number): void {
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** A DateTime: hundreds of nanoseconds since 1601, in 64 bits, of which a double does not hold all. */
  dateTime(ms: number, picoseconds: number): void {
    // What is no date at all is 1970, as with the stack.
    const since = (ms || 0) + EPOCH_MS
    const high = Math.floor(since / TWO_32)
    const low = (since - high * TWO_32) * TICKS_PER_MS + Math.floor((picoseconds || 0) / 100_000)
    const carried = Math.floor(low / TWO_32)
    this.#view.setUint32(this.length, low - carried * TWO_32, true)
    this.#view.setUint32(this.length + 4, high * TICKS_PER_MS + carried, true)
    this.length += 8
  }

  /** A String; makes its own room. */
  text(value: string): void {
    this.reserve(4 + value.length * 3)
    const written = this.bytes.write(value, this.length + 4, 'utf8')
    this.uint32(written)
    this.length += written
  }

  /** Raw bytes; makes its own room. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Whatever the stack can encode; makes its own room. */
  foreign(value: Encodes): void {
    const stream = BinaryStream.createGrowable(512, limitsInUse().messageBytes)
    value.encode(stream)
    this.raw(stream.buffer.subarray(0, stream.length))
  }
}

/** The writer of the process. */
export const writer = new Writer()

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
