import { answers, type Expected, exceptionLength } from './answer.ts'
import { crc16 } from './crc16.ts'

/** What the bytes so far amount to. */
export type Verdict =
  | { readonly kind: 'answer'; readonly frame: Buffer }
  /** Not yet the answer; `isDamaged` when bytes have come of which none is one. */
  | { readonly kind: 'waiting'; readonly isDamaged: boolean }
  /** The device has answered this very request, but not what was asked. */
  | { readonly kind: 'wrong'; readonly reason: string }
  /** What comes next cannot be understood any more. */
  | { readonly kind: 'lost'; readonly reason: string }

/** How frames lie in the stream of bytes: one request at a time, and only its own answer counts. */
export interface Framing {
  /** Forgets what has come so far and gives the bytes of a request. */
  begin(request: Buffer, expected: Expected): Buffer
  /** Takes in bytes that have come. Without a request under way they are read and dropped. */
  take(bytes: Buffer): Verdict
  /** No answer is wanted any more; false when an answer broke off in the middle, so that what comes next would be misread. */
  end(): boolean
}

const waiting: Verdict = { kind: 'waiting', isDamaged: false }
const damaged: Verdict = { kind: 'waiting', isDamaged: true }

const headerLength = 6
/** Longest frame over TCP, with its unit (Modbus Messaging on TCP/IP 1.0b §4.1). */
const frameLengthMax = 254

/**
 * Frames of Modbus TCP. Each request has a transaction id that the answer repeats: an answer that comes too late carries an old
 * one, and is dropped.
 */
export class TcpFraming implements Framing {
  #transaction = 0
  #expected: Expected | undefined
  #bytes: Buffer = Buffer.alloc(0)

  begin(request: Buffer, expected: Expected): Buffer {
    this.#transaction = (this.#transaction + 1) & 0xffff
    this.#expected = expected
    const header = Buffer.alloc(headerLength)
    header.writeUInt16BE(this.#transaction, 0)
    header.writeUInt16BE(request.length, 4)
    return Buffer.concat([header, request])
  }

  take(bytes: Buffer): Verdict {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    while (this.#bytes.length >= headerLength) {
      const length = this.#bytes.readUInt16BE(4)
      if (this.#bytes.readUInt16BE(2) !== 0 || length < 2 || length > frameLengthMax) {
        return { kind: 'lost', reason: 'what came is not Modbus TCP' }
      }
      if (this.#bytes.length < headerLength + length) return waiting
      const transaction = this.#bytes.readUInt16BE(0)
      const frame = this.#bytes.subarray(headerLength, headerLength + length)
      this.#bytes = this.#bytes.subarray(headerLength + length)
      if (transaction !== this.#transaction || !this.#expected) continue
      return answers(frame, this.#expected) ? { kind: 'answer', frame } : wrong(frame, this.#expected)
    }
    return waiting
  }

  end(): boolean {
    this.#expected = undefined
    return this.#bytes.length === 0
  }
}

function wrong(frame: Buffer, { start, length }: Expected): Verdict {
  const [unit, code] = frame
  const what =
    unit !== start[0]
      ? `unit ${unit} answered in place of unit ${start[0]}`
      : code !== start[1]
        ? `the answer has function code ${code}, not ${start[1]}`
        : `the answer has ${frame.length} bytes and not those ${length} that were asked for`
  return { kind: 'wrong', reason: what }
}

const crcLength = 2
/** Bytes of the past that may still hold the beginning of an answer. */
const keptMax = 512

/**
 * Frames of Modbus RTU, on a serial line or through a serial server. Nothing but the checksum tells where one begins, so the
 * answer is looked for at every place; noise, echoes of the request and answers to somebody else are passed over.
 */
export class RtuFraming implements Framing {
  #expected: Expected | undefined
  #bytes: Buffer = Buffer.alloc(0)

  begin(request: Buffer, expected: Expected): Buffer {
    this.#bytes = Buffer.alloc(0)
    this.#expected = expected
    return withCrc(request)
  }

  take(bytes: Buffer): Verdict {
    if (!this.#expected) return waiting
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    const frame = this.#find(this.#expected)
    if (frame) return { kind: 'answer', frame }
    if (this.#bytes.length > keptMax) this.#bytes = this.#bytes.subarray(-keptMax)
    return damaged
  }

  end(): boolean {
    this.#expected = undefined
    this.#bytes = Buffer.alloc(0)
    return true
  }

  #find(expected: Expected): Buffer | undefined {
    const bytes = this.#bytes
    for (let at = 0; at + exceptionLength + crcLength <= bytes.length; at++) {
      if (bytes[at] !== expected.start[0]) continue
      const isException = bytes[at + 1] === (expected.start.readUInt8(1) | 0x80)
      const length = isException ? exceptionLength : expected.length
      if (at + length + crcLength > bytes.length) continue
      const frame = bytes.subarray(at, at + length)
      if (answers(frame, expected) && crc16(frame) === bytes.readUInt16LE(at + length)) return frame
    }
    return undefined
  }
}

/** A frame with its checksum, as it goes over a serial line. */
export function withCrc(frame: Buffer): Buffer {
  const bytes = Buffer.alloc(frame.length + crcLength)
  frame.copy(bytes)
  bytes.writeUInt16LE(crc16(frame), frame.length)
  return bytes
}
