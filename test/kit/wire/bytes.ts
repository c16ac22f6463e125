/** A variant as it is on the wire; what is no number, text or list of them is given as text or hexadecimal digits. */
export interface WireVariant {
  readonly type: number
  readonly value: unknown
  readonly dimensions?: readonly number[]
}

/** A value with its status and times, in hundreds of nanoseconds since 1601; what is not on the wire is absent. */
export interface WireValue {
  readonly variant?: WireVariant
  readonly status?: number
  readonly sourceTime?: bigint
  readonly sourcePicoseconds?: number
  readonly serverTime?: bigint
  readonly serverPicoseconds?: number
}

/** Reads the built-in types of Part 6 §5.2.2 off a message; nothing of the stack is used. */
export class WireReader {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length
  }

  take(count: number): Buffer {
    if (count < 0 || this.at + count > this.bytes.length) throw new Error(`${count} bytes are not there`)
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }

  byte = (): number => this.take(1).readUInt8()
  uint16 = (): number => this.take(2).readUInt16LE()
  uint32 = (): number => this.take(4).readUInt32LE()
  int32 = (): number => this.take(4).readInt32LE()
  double = (): number => this.take(8).readDoubleLE()
  uint64 = (): bigint => this.take(8).readBigUInt64LE()

  byteString = (): Buffer | null => {
    const length = this.int32()
    return length < 0 ? null : this.take(length)
  }

  text = (): string | null => this.byteString()?.toString('utf8') ?? null

  list<Item>(item: () => Item): Item[] | null {
    const length = this.int32()
    return length < 0 ? null : Array.from({ length }, item)
  }

  nodeId = (): string => {
    const form = this.byte()
    const id = this.#identifier(form & 0x3f)
    const uri = form & 0x80 ? `nsu=${this.text()};` : ''
    return form & 0x40 ? `svr=${this.uint32()};${uri}${id}` : `${uri}${id}`
  }

  #identifier(form: number): string {
    if (form === 0) return `i=${this.byte()}`
    const namespace = form === 1 ? this.byte() : this.uint16()
    const prefix = namespace === 0 ? '' : `ns=${namespace};`
    if (form === 1) return `${prefix}i=${this.uint16()}`
    if (form === 2) return `${prefix}i=${this.uint32()}`
    if (form === 3) return `${prefix}s=${this.text()}`
    if (form === 4) return `${prefix}g=${this.take(16).toString('hex')}`
    if (form === 5) return `${prefix}b=${this.byteString()?.toString('hex')}`
    throw new Error(`there is no form ${form} of NodeId`)
  }

  localized = (): string => {
    const mask = this.byte()
    const locale = mask & 1 ? this.text() : ''
    return `${locale}|${mask & 2 ? this.text() : ''}`
  }

  extension = (): string => {
    const type = this.nodeId()
    const form = this.byte()
    return form === 0 ? type : `${type} ${this.byteString()?.toString('hex')}`
  }

  diagnostic = (): string => {
    const mask = this.byte()
    const parts: unknown[] = [1, 2, 4, 8].map((bit) => (mask & bit ? this.int32() : null))
    if (mask & 16) parts.push(this.text())
    if (mask & 32) parts.push(this.uint32())
    if (mask & 64) parts.push(this.diagnostic())
    return parts.join()
  }

  variant = (): WireVariant => {
    const mask = this.byte()
    const type = mask & 0x3f
    if (type === 0) return { type, value: null }
    const read = () => this.#scalar(type)
    const value = mask & 0x80 ? this.list(read) : read()
    return mask & 0x40 ? { type, value, dimensions: this.list(this.int32) ?? [] } : { type, value }
  }

  #scalar(type: number): unknown {
    const scalars: Readonly<Record<number, () => unknown>> = {
      1: () => this.byte() !== 0,
      2: () => this.take(1).readInt8(),
      3: this.byte,
      4: () => this.take(2).readInt16LE(),
      5: this.uint16,
      6: this.int32,
      7: this.uint32,
      8: () => this.take(8).readBigInt64LE(),
      9: this.uint64,
      10: () => this.take(4).readFloatLE(),
      11: this.double,
      12: this.text,
      13: () => this.take(8).readBigInt64LE(),
      14: () => this.take(16).toString('hex'),
      15: () => this.byteString()?.toString('hex') ?? null,
      16: this.text,
      17: this.nodeId,
      18: this.nodeId,
      19: this.uint32,
      20: () => `${this.uint16()}:${this.text()}`,
      21: this.localized,
      22: this.extension,
      23: this.value,
      24: this.variant,
      25: this.diagnostic,
    }
    const read = scalars[type]
    if (!read) throw new Error(`there is no built-in type ${type}`)
    return read()
  }

  value = (): WireValue => {
    const mask = this.byte()
    return {
      ...(mask & 1 ? { variant: this.variant() } : {}),
      ...(mask & 2 ? { status: this.uint32() } : {}),
      ...(mask & 4 ? { sourceTime: this.uint64() } : {}),
      ...(mask & 16 ? { sourcePicoseconds: this.uint16() } : {}),
      ...(mask & 8 ? { serverTime: this.uint64() } : {}),
      ...(mask & 32 ? { serverPicoseconds: this.uint16() } : {}),
    }
  }
}

/** Makes the bytes of a message out of built-in types. */
export class WireWriter {
  readonly #parts: Buffer[] = []

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  raw = (bytes: Uint8Array): this => {
    this.#parts.push(Buffer.from(bytes))
    return this
  }

  #number(size: number, write: (bytes: Buffer) => void): this {
    const bytes = Buffer.alloc(size)
    write(bytes)
    return this.raw(bytes)
  }

  byte = (value: number): this => this.#number(1, (bytes) => bytes.writeUInt8(value))
  uint16 = (value: number): this => this.#number(2, (bytes) => bytes.writeUInt16LE(value))
  uint32 = (value: number): this => this.#number(4, (bytes) => bytes.writeUInt32LE(value))
  int32 = (value: number): this => this.#number(4, (bytes) => bytes.writeInt32LE(value))
  double = (value: number): this => this.#number(8, (bytes) => bytes.writeDoubleLE(value))
  uint64 = (value: bigint): this => this.#number(8, (bytes) => bytes.writeBigUInt64LE(value))

  byteString = (value: Uint8Array | null): this =>
    value === null ? this.int32(-1) : this.int32(value.length).raw(value)

  text = (value: string | null): this => this.byteString(value === null ? null : Buffer.from(value))

  list = <Item>(items: readonly Item[], write: (item: Item) => unknown): this => {
    this.int32(items.length)
    for (const item of items) write(item)
    return this
  }

  /** `i=84`, `ns=1;s=name`, or `ns=1;i=84`; the shortest form of each. */
  nodeId = (id: string): this => {
    const [, digits = '0', kind, identifier = ''] = /^(?:ns=(\d+);)?([isgb])=(.*)$/s.exec(id) ?? []
    const namespace = Number(digits)
    if (kind === 's') return this.byte(3).uint16(namespace).text(identifier)
    if (kind === 'g') return this.byte(4).uint16(namespace).raw(Buffer.from(identifier, 'hex'))
    if (kind === 'b') return this.byte(5).uint16(namespace).byteString(Buffer.from(identifier, 'hex'))
    const number = Number(identifier)
    if (namespace === 0 && number < 256) return this.byte(0).byte(number)
    if (namespace < 256 && number < 65_536) return this.byte(1).byte(namespace).uint16(number)
    return this.byte(2).uint16(namespace).uint32(number)
  }
}
