import type { Register } from './registers.ts'

/** Types of numbers that lie in registers. */
export type NumberType = Exclude<Register['type'], 'bool' | 'string'>

/** How a number of one type is read from its bytes, most significant first, and written there. */
interface NumberFormat {
  readonly range: readonly [number | bigint, number | bigint]
  readonly isWhole: boolean
  /** Not a number when the bytes hold none. */
  read(bytes: Buffer): number | bigint
  write(bytes: Buffer, value: number): void
}

const float32Max = 3.4028234663852886e38
const int64: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n]
const uint64: readonly [bigint, bigint] = [0n, 2n ** 64n - 1n]

/** The formats of all types. */
export const numberFormats: Readonly<Record<NumberType, NumberFormat>> = {
  int16: whole(
    [-32768, 32767],
    (bytes) => bytes.readInt16BE(0),
    (bytes, value) => bytes.writeInt16BE(value),
  ),
  uint16: whole(
    [0, 65535],
    (bytes) => bytes.readUInt16BE(0),
    (bytes, value) => bytes.writeUInt16BE(value),
  ),
  int32: whole(
    [-2147483648, 2147483647],
    (bytes) => bytes.readInt32BE(0),
    (bytes, value) => bytes.writeInt32BE(value),
  ),
  uint32: whole(
    [0, 4294967295],
    (bytes) => bytes.readUInt32BE(0),
    (bytes, value) => bytes.writeUInt32BE(value),
  ),
  int64: whole(
    int64,
    (bytes) => bytes.readBigInt64BE(0),
    (bytes, value) => bytes.writeBigInt64BE(BigInt(value)),
  ),
  uint64: whole(
    uint64,
    (bytes) => bytes.readBigUInt64BE(0),
    (bytes, value) => bytes.writeBigUInt64BE(BigInt(value)),
  ),
  float32: float(
    float32Max,
    (bytes) => bytes.readFloatBE(0),
    (bytes, value) => bytes.writeFloatBE(value),
  ),
  float64: float(
    Number.MAX_VALUE,
    (bytes) => bytes.readDoubleBE(0),
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

function readBcd(bytes: Buffer): number {
  const digits = bytes.toString('hex')
  return /^\d+$/.test(digits) ? Number(digits) : Number.NaN
}

function writeBcd(bytes: Buffer, value: number): void {
  bytes.write(String(value).padStart(2 * bytes.length, '0'), 'hex')
}
