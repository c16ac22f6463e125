import { DataType, DataValue, MonitoredItemNotification, TimestampsToReturn, VariantArrayType } from 'node-opcua'
import type { BinaryStream } from 'node-opcua-binary-stream'
import { encodeDataValue, type Times, timesByChoice } from './encode.ts'
import type { Entry } from './pending.ts'
import type { Writer } from './writer.ts'

const allTimes: Times = { source: true, server: true }
/** The client's handle, the first byte, the largest scalar number, the status, and both times with their rest. */
const NUMBER_BYTES_MAX = 4 + 1 + 9 + 4 + 10 + 10

/**
 * What a monitored item reports: its handle, and a value that it may share with the variable and every other item that watches it.
 *
 * It is a notification for the stack too, which looks at nothing but these, and waits in a subscription without an entry around it.
 * Whoever wants to change the value has to make it its own first. When it has been sent, its item takes it for the next change.
 */
export class QuickNotification implements Entry {
  readonly monitoredItemId: number
  clientHandle = 0
  value: DataValue
  /** Whether it has been sent, and may be taken again. */
  isFree = false
  /** A queue that holds just this, as most do when they are emptied; nobody may put anything into it. */
  readonly alone: readonly QuickNotification[]
  /** The value that was taken, with the times that the client wants; somebody may have put another one in its place. */
  #taken: DataValue
  #choice: TimestampsToReturn = TimestampsToReturn.Both
  /** A Read makes the server time of what a variable shows new; what is reported keeps the one that it had. */
  #serverTimestamp: Date | null = null
  #serverPicoseconds = 0
  #size: number | undefined

  constructor(monitoredItemId: number, value: DataValue) {
    this.monitoredItemId = monitoredItemId
    this.value = value
    this.#taken = value
    this.alone = [this]
  }

  /** Takes a value to report, with the times that the client has chosen. */
  take(clientHandle: number, value: DataValue, choice: TimestampsToReturn): void {
    this.clientHandle = clientHandle
    this.value = value
    this.#taken = value
    this.#choice = choice
    this.#serverTimestamp = value.serverTimestamp
    this.#serverPicoseconds = value.serverPicoseconds
    this.#size = isNumber(value) ? NUMBER_BYTES_MAX : undefined
    this.isFree = false
  }

  get notification(): this {
    return this
  }

  get size(): number {
    this.#size ??= this.binaryStoreSize()
    return this.#size
  }

  /** Writes it behind what is there already. */
  write(out: Writer): void {
    out.reserve(4)
    out.uint32(this.clientHandle)
    if (this.value !== this.#taken) encodeDataValue(out, this.value, allTimes)
    else encodeDataValue(out, this.value, this.#times(), this.#serverTimestamp, this.#serverPicoseconds)
  }

  /** How large it is at most, in bytes: the stack bounds messages by what it is told. */
  binaryStoreSize(): number {
    if (isNumber(this.value)) return NUMBER_BYTES_MAX
    const { arrayType, value } = this.value.value
    const isText = arrayType === VariantArrayType.Scalar && typeof value === 'string'
    return isText ? NUMBER_BYTES_MAX + 4 + Buffer.byteLength(value) : stock.binaryStoreSize.call(this)
  }

  /** Takes a copy of the value in place of the shared one, with no times but those that are reported. */
  own(): void {
    if (this.value !== this.#taken) return
    const times = this.#times()
    const copy = copyOf(this.value)
    copy.serverTimestamp = times.server ? this.#serverTimestamp : null
    copy.serverPicoseconds = times.server ? this.#serverPicoseconds : 0
    if (!times.source) {
      copy.sourceTimestamp = null
      copy.sourcePicoseconds = 0
    }
    this.value = copy
    this.#size = undefined
  }

  /** What the stack calls when it encodes the message itself. */
  encode(stream: BinaryStream): void {
    this.own()
    stock.encode.call(this, stream)
  }

  #times(): Times {
    return timesByChoice[this.#choice] ?? allTimes
  }
}

const stock = MonitoredItemNotification.prototype as unknown as {
  encode(this: unknown, stream: BinaryStream): void
  binaryStoreSize(this: unknown): number
}
Object.setPrototypeOf(QuickNotification.prototype, MonitoredItemNotification.prototype)

/** Whether a value takes no more bytes than a number. */
function isNumber({ value: { dataType, arrayType, value } }: DataValue): boolean {
  if (arrayType !== VariantArrayType.Scalar) return false
  return typeof value === 'number' || typeof value === 'boolean' || dataType === DataType.Null
}

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
