/** A read that is only asked to see whose answer comes. */
export interface Probe {
  readonly functionCode: number
  readonly address: number
  readonly count: number
}

const bitReads = new Set([1, 2])
const reads = new Set([1, 2, 3, 4])

/**
 * After a request without an answer nobody knows whether its answer still comes, and on a line without transaction ids (RTU) it
 * would be taken for that of the next request of the same form. So the next thing asked is a read whose answer has another
 * length than all answers that may still be under way: once it is there, those before it have come or never will, because a
 * device answers in order.
 */
export class Doubt {
  /** Monotonic time of the request without an answer. */
  readonly since: number
  readonly #functionCode: number
  readonly #probeCode: number
  readonly #address: number
  readonly #used = new Set<number>()
  readonly #size: number

  /** `request` is unit, function code and data. */
  constructor(request: Buffer, since: number) {
    this.since = since
    this.#functionCode = request.readUInt8(1)
    this.#address = request.readUInt16BE(2)
    const isRead = reads.has(this.#functionCode)
    const isCoil = this.#functionCode === 5 || this.#functionCode === 15
    this.#probeCode = isRead ? this.#functionCode : isCoil ? 1 : 3
    const count = isRead ? request.readUInt16BE(4) : 0
    this.#size = bitReads.has(this.#functionCode) ? Math.ceil(count / 8) : count
    if (isRead) this.#used.add(this.#size)
  }

  /** Whether an exception in answer to a probe may as well be a late answer. */
  get isExceptionAmbiguous(): boolean {
    return this.#probeCode === this.#functionCode
  }

  /** Another probe: never twice the same form, since the answer to an earlier one may be late too. */
  next(): Probe {
    let size = this.#size - 1
    while (size >= 1 && this.#used.has(size)) size--
    if (size < 1) {
      size = this.#size + 1
      while (this.#used.has(size)) size++
    }
    this.#used.add(size)
    const count = bitReads.has(this.#probeCode) ? 8 * (size - 1) + 1 : size
    return { functionCode: this.#probeCode, address: Math.min(this.#address, 65_536 - count), count }
  }
}
