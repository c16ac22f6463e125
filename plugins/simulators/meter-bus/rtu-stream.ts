import { crc16 } from '../../devices/modbus/crc16.ts'

const crcLength = 2
/** Longest frame on a serial line (MODBUS over Serial Line 1.02 §2.5.1). */
const frameLengthMax = 256

/** Takes requests out of a stream of bytes as a unit on a serial line sees it; what is no request is passed over. */
export class RtuRequests {
  #bytes: Buffer = Buffer.alloc(0)

  /** The requests that are complete with these bytes, as unit, function code and data. */
  take(bytes: Buffer): Buffer[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    const requests: Buffer[] = []
    while (this.#bytes.length > 1) {
      const length = lengthOf(this.#bytes)
      if (length === undefined || (length <= frameLengthMax && this.#bytes.length < length + crcLength)) break
      const request = this.#bytes.subarray(0, length)
      const isWhole = length <= frameLengthMax && crc16(request) === this.#bytes.readUInt16LE(length)
      if (isWhole) requests.push(request)
      this.#bytes = this.#bytes.subarray(isWhole ? length + crcLength : 1)
    }
    return requests
  }
}

/** Length of the request that begins here, without its checksum; undefined when it cannot be told yet. */
function lengthOf(bytes: Buffer): number | undefined {
  const functionCode = bytes.readUInt8(1)
  if (functionCode === 22) return 8
  if (functionCode !== 15 && functionCode !== 16) return 6
  return bytes.length > 6 ? 7 + bytes.readUInt8(6) : undefined
}
