import { Rejected, Status } from 'millrace/plugin'
import type { Register } from './registers.ts'

/** The text in a string's bytes: up to the first NUL, without the spaces that fill it up. */
export function readText(bytes: Buffer, { encoding, padding, length = 0 }: Register): string {
  const [text = ''] = decoded(bytes.subarray(0, length), encoding).split('\0', 1)
  return padding === 'space' ? text.replace(/ +$/, '') : text
}

/** The registers of a text, filled up; throws Rejected with BadOutOfRange when it is too long or has characters that the encoding lacks. */
export function writeText(text: string, register: Register): Buffer {
  const { name, encoding, padding, length = 0 } = register
  const bytes = encoded(text, encoding)
  if (bytes.length > length) {
    throw refused(`'${text.slice(0, 40)}' takes ${bytes.length} bytes; ${name} has ${length}`)
  }
  if (decoded(bytes, encoding) !== text)
    throw refused(`'${text.slice(0, 40)}' cannot be written as ${encoding} in ${name}`)
  const fill = padding === 'space' ? encoded(' ', encoding) : Buffer.from([0])
  const filled = Buffer.alloc(length, fill)
  bytes.copy(filled)
  // The second half of the last register, when the length is odd, belongs to no one.
  return Buffer.concat([filled, Buffer.alloc(length % 2)])
}

function encoded(text: string, encoding: Register['encoding']): Buffer {
  return encoding === 'utf16' ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, encoding)
}

function decoded(bytes: Buffer, encoding: Register['encoding']): string {
  if (encoding !== 'utf16') return bytes.toString(encoding)
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
    .swap16()
    .toString('utf16le')
}

function refused(message: string): Rejected {
  return new Rejected(message, { status: Status.BadOutOfRange })
}
