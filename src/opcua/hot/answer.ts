import { type DataValue, ReadResponse, type ResponseHeader } from 'node-opcua'
import type { BinaryStream } from 'node-opcua-binary-stream'
import { encodeDataValue, type Times } from './encode.ts'
import { type Writer, writer } from './writer.ts'

/**
 * An answer of Read that encodes itself without copies of the values.
 *
 * `results` are what the variables show; `times` says which of their times go to the client.
 */
export class QuickAnswer extends ReadResponse {
  readonly times: Times

  constructor(results: DataValue[], times: Times) {
    super(null as never)
    this.results = results
    this.diagnosticInfos = []
    this.times = times
  }

  /** Writes the type of the message and the message. */
  write(out: Writer): void {
    writeHead(out, READ_RESPONSE, this.responseHeader)
    const results = this.results ?? []
    out.uint32(results.length)
    for (const result of results) encodeDataValue(out, result, this.times)
    out.reserve(4)
    out.uint32(0)
  }

  /** What the stack calls when it makes the chunks itself, behind the type of the message. */
  override encode(stream: BinaryStream): void {
    writer.reset()
    this.write(writer)
    for (const byte of writer.bytes.subarray(4, writer.length)) stream.writeUInt8(byte)
  }
}

/** Writes the type of an answer, the number of its binary encoding, and its header (Part 4 §7.34). */
export function writeHead(out: Writer, type: number, header: ResponseHeader): void {
  out.reserve(64)
  // An id in four bytes.
  out.uint8(1)
  out.uint8(0)
  out.uint16(type)
  const { timestamp, requestHandle, serviceResult, serviceDiagnostics, stringTable, additionalHeader } = header
  if (serviceDiagnostics || additionalHeader || stringTable?.length !== 0) {
    out.foreign(header)
    return
  }
  out.dateTime(timestamp?.getTime() ?? 0, 0)
  out.uint32(requestHandle)
  out.uint32(serviceResult.value)
  // No diagnostics, an empty table of texts, and no additional header.
  out.uint8(0)
  out.uint32(0)
  out.uint16(0)
  out.uint8(0)
}

/** The number of the binary encoding of ReadResponse (Part 6, NodeIds.csv). */
const READ_RESPONSE = 634
