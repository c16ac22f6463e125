import { type ChecksumForm, checksumLength, isChecksum } from './checksum.ts'

/** How frames lie in the stream of bytes. */
export interface FrameForm extends ChecksumForm {
  /** What ends a frame: a delimiter, its fixed length, a length inside it, or silence. */
  readonly framing: 'delimiter' | 'fixed' | 'length' | 'silence'
  /** Bytes with which a frame begins; none when there are none. */
  readonly start: Buffer
  readonly delimiter: Buffer
  /** Length of a fixed frame, with everything. */
  readonly frameLength: number
  /** Where the length stands in the frame, and what is to be added to it to give the length of the whole frame. */
  readonly lengthAt: number
  readonly lengthSize: number
  readonly lengthOrder: 'big' | 'little'
  readonly lengthAdds: number
  /** First byte that the checksum covers. */
  readonly checksumFrom: number
  /** What stands between the payload and the checksum, which does not cover it. */
  readonly checksumSeparator: Buffer
  /** Longest frame; anything longer is noise. */
  readonly frameMax: number
}

/** What of a buffer is the next frame: a whole one, noise to be dropped, or nothing yet. */
type Cut = { readonly take: number; readonly frame?: Buffer }

/**
 * Takes frames out of a stream of bytes. After noise it finds its way back: at the next start or delimiter, and where there is
 * none byte by byte, with the checksum as judge. It holds one frame at most.
 */
export class Framer {
  readonly #form: FrameForm
  #bytes: Buffer = Buffer.alloc(0)
  #isSkipping = false
  #damagedCount = 0

  constructor(form: FrameForm) {
    this.#form = form
  }

  /** How often something was dropped that was no frame. */
  get damagedCount(): number {
    return this.#damagedCount
  }

  /** How many bytes wait for the rest of their frame. */
  get pendingLength(): number {
    return this.#bytes.length
  }

  /** The payloads of the frames that are complete with these bytes: without start, checksum and delimiter. */
  take(bytes: Buffer): Buffer[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    const frames: Buffer[] = []
    for (let cut = this.#cut(); cut; cut = this.#cut()) {
      this.#bytes = this.#bytes.subarray(cut.take)
      if (cut.frame) frames.push(cut.frame)
      else if (cut.take > 0) this.#damagedCount++
    }
    return frames
  }

  /** The line is silent: an unfinished frame ends here. */
  silence(): Buffer[] {
    const bytes = this.#bytes
    this.clear()
    if (bytes.length === 0) return []
    const frame = this.#form.framing === 'silence' ? this.#payload(bytes) : undefined
    if (!frame) this.#damagedCount++
    return frame ? [frame] : []
  }

  /** Forgets what has come so far. */
  clear(): void {
    this.#bytes = Buffer.alloc(0)
    this.#isSkipping = false
  }

  #cut(): Cut | undefined {
    const { start, framing, frameMax } = this.#form
    const bytes = this.#bytes
    if (bytes.length === 0) return undefined
    if (framing === 'silence') return bytes.length > frameMax ? { take: bytes.length } : undefined
    const begin = bytes.indexOf(start)
    if (begin < 0) {
      // The last bytes may be the beginning of a start.
      const take = bytes.length - start.length + 1
      return take > 0 ? { take } : undefined
    }
    if (begin > 0) return { take: begin }
    return framing === 'delimiter' ? this.#cutDelimited(bytes) : this.#cutCounted(bytes)
  }

  #cutDelimited(bytes: Buffer): Cut | undefined {
    const { start, delimiter, frameMax } = this.#form
    const end = bytes.indexOf(delimiter, start.length)
    if (end < 0) {
      if (bytes.length <= frameMax + delimiter.length) return undefined
      if (start.length > 0) return { take: start.length }
      // Without a start what follows is the rest of the same noise, up to its delimiter.
      this.#isSkipping = true
      return { take: bytes.length - delimiter.length + 1 }
    }
    const take = end + delimiter.length
    if (this.#isSkipping) {
      this.#isSkipping = false
      return { take }
    }
    // A frame that broke off is followed by the start of the next one.
    const again = start.length > 0 ? bytes.subarray(0, end).lastIndexOf(start) : 0
    if (again > 0) return { take: again }
    const frame = end <= frameMax ? this.#payload(bytes.subarray(0, end)) : undefined
    return frame ? { take, frame } : { take }
  }

  #cutCounted(bytes: Buffer): Cut | undefined {
    const { frameMax, start } = this.#form
    const length = this.#lengthOf(bytes)
    if (length === undefined) return undefined
    const least = start.length + checksumLength(this.#form)
    if (length < Math.max(1, least) || length > frameMax) return { take: 1 }
    if (bytes.length < length) return undefined
    const frame = this.#payload(bytes.subarray(0, length))
    return frame ? { take: length, frame } : { take: 1 }
  }

  #lengthOf(bytes: Buffer): number | undefined {
    const { framing, frameLength, lengthAt, lengthSize, lengthOrder, lengthAdds } = this.#form
    if (framing === 'fixed') return frameLength
    if (bytes.length < lengthAt + lengthSize) return undefined
    const counted =
      lengthOrder === 'big' ? bytes.readUIntBE(lengthAt, lengthSize) : bytes.readUIntLE(lengthAt, lengthSize)
    return counted + lengthAdds
  }

  /** The payload of a frame without its delimiter; undefined when its checksum is wrong. */
  #payload(frame: Buffer): Buffer | undefined {
    const { start, checksumFrom, checksumSeparator } = this.#form
    const end = frame.length - checksumLength(this.#form)
    const payloadEnd = end - checksumSeparator.length
    if (payloadEnd < start.length || !frame.subarray(0, start.length).equals(start)) return undefined
    if (!frame.subarray(payloadEnd, end).equals(checksumSeparator)) return undefined
    const isRight = isChecksum(frame.subarray(end), frame.subarray(checksumFrom, payloadEnd), this.#form)
    return isRight ? Buffer.from(frame.subarray(start.length, payloadEnd)) : undefined
  }
}
