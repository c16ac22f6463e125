import type { Register } from './registers.ts'

/** Types of numbers that lie in registers. */
export type NumberType = Exclude<Register['type'], 'bool' | 'string'>

/** How a number of one type is read from its bytes, most significant first, and written there. */
interface NumberFormat {
  readonly range: readonly [number | bigint, number | bigint]
  readonly isWhole: boolean
  /** Not a number when the bytes from `at` on hold none. */
  read(bytes: Buffer, at: number): number | bigint
  write(bytes: Buffer, value: number): void
}

const float32Max = 3.4028234663852886e38
const int64: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n]
const uint64: readonly [bigint, bigint] = [0n, 2n ** 64n - 1n]

/** The formats of all types. */
export const numberFormats: Readonly<Record<NumberType, NumberFormat>> = {
  int16: whole(
    [-32768, 32767],
    (bytes, at) => bytes.readInt16BE(at),
    (bytes, value) => bytes.writeInt16BE(value),
  ),
  uint16: whole(
    [0, 65535],
    (bytes, at) => bytes.readUInt16BE(at),
    (bytes, value) => bytes.writeUInt16BE(value),
  ),
  int32: whole(
    [-2147483648, 2147483647],
    (bytes, at) => bytes.readInt32BE(at),
    (bytes, value) => bytes.writeInt32BE(value),
  ),
  uint32: whole(
    [0, 4294967295],
    (bytes, at) => bytes.readUInt32BE(at),
    (bytes, value) => bytes.writeUInt32BE(value),
  ),
  int64: whole(
    int64,
    (bytes, at) => bytes.readBigInt64BE(at),
    (bytes, value) => bytes.writeBigInt64BE(BigInt(value)),
  ),
  uint64: whole(
    uint64,
    (bytes, at) => bytes.readBigUInt64BE(at),
    (bytes, value) => bytes.writeBigUInt64BE(BigInt(value)),
  ),
  float32: float(
    float32Max,
    (bytes, at) => bytes.readFloatBE(at),
    (bytes, value) => bytes.writeFloatBE(value),
  ),
  float64: float(
    Number.MAX_VALUE,
    (bytes, at) => bytes.readDoubleBE(at),
    (bytes, value) => bytes.writeDoubleBE(value),
  ),
  bcd16: whole([0, 9999], readBcd, writeBcd),
  bcd32: whole([0, 99_999_999], readBcd, writeBcd),
}

type Read = NumberFormat['read']
type Write = (bytes: Buffer, value: number) => unknown

function whole(range: NumberFormat['range'], read: Read, write: Write): NumberFormat {
  return { range, isWhole: true, read, write }
}

function float(max: number, read: Read, write: Write): NumberFormat {
  return { range: [-max, max], isWhole: false, read, write }
}

function readBcd(bytes: Buffer, at: number): number {
  const digits = bytes.toString('hex', at)
  return /^\d+$/.test(digits) ? Number(digits) : Number.NaN
}

function writeBcd(bytes: Buffer, value: number): void {
  bytes.write(String(value).padStart(2 * bytes.length, '0'), 'hex')
}
