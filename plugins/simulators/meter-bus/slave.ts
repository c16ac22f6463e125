/** The four tables of a Modbus unit; bits are 0 or 1. */
export interface Tables {
  readonly holding: Uint16Array
  readonly input: Uint16Array
  readonly coil: Uint8Array
  readonly discrete: Uint8Array
}

/** Tables of one size, full of zeros. */
export function tablesOf(size: number): Tables {
  return {
    holding: new Uint16Array(size),
    input: new Uint16Array(size),
    coil: new Uint8Array(size),
    discrete: new Uint8Array(size),
  }
}

/** What a unit answers to a request, both as unit, function code and data (Modbus Application Protocol 1.1b3 §6). */
export function answerOf(request: Buffer, tables: Tables): Buffer {
  const functionCode = request.readUInt8(1)
  switch (functionCode) {
    case 1:
      return readBits(request, tables.coil)
    case 2:
      return readBits(request, tables.discrete)
    case 3:
      return readRegisters(request, tables.holding)
    case 4:
      return readRegisters(request, tables.input)
    case 5:
      return write(request, tables.coil, [request.readUInt16BE(4) === 0xff00 ? 1 : 0], request)
    case 6:
      return write(request, tables.holding, [request.readUInt16BE(4)], request)
    case 15:
      return write(request, tables.coil, bitsIn(request), request.subarray(0, 6))
    case 16:
      return write(request, tables.holding, wordsIn(request), request.subarray(0, 6))
    case 22:
      return write(request, tables.holding, [masked(request, tables.holding)], request)
    default:
      return exception(request, 1)
  }
}

/** An answer that refuses a request. */
export function exception(request: Buffer, code: number): Buffer {
  return Buffer.from([request.readUInt8(0), request.readUInt8(1) | 0x80, code])
}

function readBits(request: Buffer, table: Uint8Array): Buffer {
  const [address, count] = [request.readUInt16BE(2), request.readUInt16BE(4)]
  if (count < 1 || count > 2000) return exception(request, 3)
  if (address + count > table.length) return exception(request, 2)
  const bytes = Buffer.alloc(Math.ceil(count / 8))
  for (let index = 0; index < count; index++) {
    if (table[address + index]) bytes.writeUInt8(bytes.readUInt8(index >> 3) | (1 << (index & 7)), index >> 3)
  }
  return Buffer.concat([request.subarray(0, 2), Buffer.from([bytes.length]), bytes])
}

function readRegisters(request: Buffer, table: Uint16Array): Buffer {
  const [address, count] = [request.readUInt16BE(2), request.readUInt16BE(4)]
  if (count < 1 || count > 125) return exception(request, 3)
  if (address + count > table.length) return exception(request, 2)
  const bytes = Buffer.alloc(2 * count)
  for (let index = 0; index < count; index++) bytes.writeUInt16BE(table[address + index] ?? 0, 2 * index)
  return Buffer.concat([request.subarray(0, 2), Buffer.from([bytes.length]), bytes])
}

function write(request: Buffer, table: Uint8Array | Uint16Array, values: readonly number[], answer: Buffer): Buffer {
  const address = request.readUInt16BE(2)
  if (address + values.length > table.length) return exception(request, 2)
  table.set(values, address)
  return answer
}

function bitsIn(request: Buffer): number[] {
  const count = request.readUInt16BE(4)
  return Array.from({ length: count }, (_, index) => (request.readUInt8(7 + (index >> 3)) >> (index & 7)) & 1)
}

function wordsIn(request: Buffer): number[] {
  return Array.from({ length: request.readUInt16BE(4) }, (_, index) => request.readUInt16BE(7 + 2 * index))
}

function masked(request: Buffer, table: Uint16Array): number {
  const [and, or] = [request.readUInt16BE(4), request.readUInt16BE(6)]
  return ((table[request.readUInt16BE(2)] ?? 0) & and) | (or & ~and & 0xffff)
}
