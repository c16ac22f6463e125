import { DataType, DataValue, MonitoredItemNotification, VariantArrayType } from 'node-opcua'
import type { BinaryStream } from 'node-opcua-binary-stream'
import { encodeDataValue, type Times } from './encode.ts'
import type { Writer } from './writer.ts'

const allTimes: Times = { source: true, server: true }
/** The client's handle, the first byte, the largest scalar number, the status, and both times with their rest. */
const NUMBER_BYTES_MAX = 4 + 1 + 9 + 4 + 10 + 10

/**
 * What a monitored item reports: its handle, and a value that it may share with every other item that watches the same variable.
 *
 * It is a notification for the stack too, which looks at nothing but these. Whoever wants to change the value has to make it its
 * own first.
 */
export class QuickNotification {
  readonly clientHandle: number
  value: DataValue

  constructor(clientHandle: number, value: DataValue) {
    this.clientHandle = clientHandle
    this.value = value
  }

  /** Writes it behind what is there already. */
  write(out: Writer): void {
    out.reserve(4)
    out.uint32(this.clientHandle)
    encodeDataValue(out, this.value, allTimes)
  }

  /** How large it is at most, in bytes: the stack bounds messages by what it is told. */
  binaryStoreSize(): number {
    const { dataType, arrayType, value } = this.value.value
    const isNumber = typeof value === 'number' || typeof value === 'boolean' || dataType === DataType.Null
    if (isNumber && arrayType === VariantArrayType.Scalar) return NUMBER_BYTES_MAX
    return stock.binaryStoreSize.call(this)
  }

  /** Takes a copy of the value in place of the shared one. */
  own(): void {
    this.value = copyOf(this.value)
  }

  /** What the stack calls when it encodes the message itself. */
  encode(stream: BinaryStream): void {
    stock.encode.call(this, stream)
  }
}

const stock = MonitoredItemNotification.prototype as unknown as {
  encode(this: unknown, stream: BinaryStream): void
  binaryStoreSize(this: unknown): number
}
Object.setPrototypeOf(QuickNotification.prototype, MonitoredItemNotification.prototype)

/** The same value in an object of its own; the Variant in it is not changed by anybody. */
export function copyOf(from: DataValue): DataValue {
  const copy = new DataValue(null)
  copy.value = from.value
  copy.statusCode = from.statusCode
  copy.sourceTimestamp = from.sourceTimestamp
  copy.sourcePicoseconds = from.sourcePicoseconds
  copy.serverTimestamp = from.serverTimestamp
  copy.serverPicoseconds = from.serverPicoseconds
  return copy
}
