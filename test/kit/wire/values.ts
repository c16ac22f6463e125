import { WireWriter } from './bytes.ts'

/** The built-in types that the tests write (Part 6 §5.1.2). */
export const wireTypes = {
  Null: 0,
  Boolean: 1,
  SByte: 2,
  Byte: 3,
  Int16: 4,
  UInt16: 5,
  Int32: 6,
  UInt32: 7,
  Int64: 8,
  UInt64: 9,
  Float: 10,
  Double: 11,
  String: 12,
  DateTime: 13,
  ByteString: 15,
  NodeId: 17,
  StatusCode: 19,
  ExtensionObject: 22,
  Variant: 24,
} as const

/** The name of a built-in type. */
export type WireType = keyof typeof wireTypes

const writers: Readonly<Record<WireType, (out: WireWriter, value: never) => unknown>> = {
  Null: (out) => out,
  Boolean: (out, value: boolean) => out.byte(value ? 1 : 0),
  SByte: (out, value: number) => out.byte(value & 0xff),
  Byte: (out, value: number) => out.byte(value),
  Int16: (out, value: number) => out.uint16(value & 0xffff),
  UInt16: (out, value: number) => out.uint16(value),
  Int32: (out, value: number) => out.int32(value),
  UInt32: (out, value: number) => out.uint32(value),
  Int64: (out, value: bigint) => out.uint64(BigInt.asUintN(64, value)),
  UInt64: (out, value: bigint) => out.uint64(value),
  Float: (out, value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeFloatLE(value)
    return out.raw(bytes)
  },
  Double: (out, value: number) => out.double(value),
  String: (out, value: string | null) => out.text(value),
  DateTime: (out, value: bigint) => out.uint64(value),
  ByteString: (out, value: Uint8Array | null) => out.byteString(value),
  NodeId: (out, value: string) => out.nodeId(value),
  StatusCode: (out, value: number) => out.uint32(value),
  /** A structure of the type with this encoding, and this body. */
  ExtensionObject: (out, value: readonly [string, Uint8Array]) => out.nodeId(value[0]).byte(1).byteString(value[1]),
  Variant: (out, value: Buffer) => out.raw(value),
}

/** The bytes of a Variant: one value, or a list of them. */
export function variantBytes(type: WireType, value?: unknown): Buffer {
  const out = new WireWriter()
  const write = (one: unknown): unknown => writers[type](out, one as never)
  if (!Array.isArray(value) || type === 'ExtensionObject') {
    out.byte(wireTypes[type])
    write(value)
  } else out.byte(wireTypes[type] | 0x80).list(value, write)
  return out.bytes
}

/** The bytes of a DataValue. */
export function valueBytes(
  variant: Buffer | null,
  { status, sourceTime, serverTime }: { status?: number; sourceTime?: bigint; serverTime?: bigint } = {},
): Buffer {
  const out = new WireWriter()
  out.byte(
    (variant ? 1 : 0) |
      (status === undefined ? 0 : 2) |
      (sourceTime === undefined ? 0 : 4) |
      (serverTime === undefined ? 0 : 8),
  )
  if (variant) out.raw(variant)
  if (status !== undefined) out.uint32(status)
  if (sourceTime !== undefined) out.uint64(sourceTime)
  if (serverTime !== undefined) out.uint64(serverTime)
  return out.bytes
}
