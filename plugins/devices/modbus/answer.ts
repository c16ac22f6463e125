/**
 * What a valid answer to a request looks like (Modbus Application Protocol 1.1b3 §6). A frame here is unit, function code and
 * data, without the header of TCP or the checksum of RTU.
 */
export interface Expected {
  /** Length of the frame. */
  readonly length: number
  /** Bytes with which it begins: unit and function, then the byte count of a read or the echo of a write. */
  readonly start: Buffer
}

/** Length of a frame that carries an exception. */
export const exceptionLength = 3

/** The answer that a request asks for. */
export function expectedAnswer(request: Buffer): Expected {
  const functionCode = request.readUInt8(1)
  switch (functionCode) {
    case 1:
    case 2:
      return readAnswer(request, Math.ceil(request.readUInt16BE(4) / 8))
    case 3:
    case 4:
      return readAnswer(request, 2 * request.readUInt16BE(4))
    case 15:
    case 16:
      return { length: 6, start: request.subarray(0, 6) }
    default:
      // 5, 6 and 22 are repeated by the device as they are.
      return { length: request.length, start: request }
  }
}

/** Whether a frame is the answer, or the exception, to a request. */
export function answers(frame: Buffer, { length, start }: Expected): boolean {
  if (frame.length === length && frame.subarray(0, start.length).equals(start)) return true
  return frame.length === exceptionLength && frame[0] === start[0] && frame[1] === (start.readUInt8(1) | 0x80)
}

function readAnswer(request: Buffer, byteCount: number): Expected {
  return { length: 3 + byteCount, start: Buffer.from([request.readUInt8(0), request.readUInt8(1), byteCount]) }
}
