import { Rejected, Status, type Value } from 'millrace/plugin'
import { bytesOf } from './bytes.ts'
import { type ChecksumForm, checksumBytes } from './checksum.ts'

/** How the checksum of a command is made. */
interface CommandForm extends ChecksumForm {
  readonly checksumFrom: number
  readonly checksumSeparator: string
}

/** A command with places for a value and a checksum. */
export interface Template {
  /** The bytes of the command; throws Rejected with BadOutOfRange when a value does not fit its place. */
  render(value?: Value): Buffer
  readonly hasValue: boolean
}

type Part = (value: Value | undefined, before: Buffer) => Buffer

const placePattern = /\{(value|checksum)(?::([^{}]*))?\}/
const formatPattern = /^%([-+0]*)(\d{0,2})(?:\.(\d{1,2}))?([dfsxX])$/
const binaryPattern = /^(u?int(?:8|16|32)|float32|float64)(le)?$/

/**
 * Reads a command such as `SP {value:%.1f}\r`. The value is written as C has it (`%d`, `%05.1f`, `%s`, `%X`) or as bytes
 * (`{value:int16}`, `{value:float32le}`); `{checksum}` is that of everything before it, without
 * the separator. Gives what is wrong as a text.
 */
export function templateOf(source: string, form: CommandForm): Template | string {
  const isHex = source.startsWith('hex:')
  const parts: Part[] = []
  let hasValue = false
  let rest = isHex ? source.slice(4) : source
  for (let found = placePattern.exec(rest); found; found = placePattern.exec(rest)) {
    const literal = bytesOf(`${isHex ? 'hex:' : ''}${rest.slice(0, found.index)}`)
    if (!literal) return notBytes(source)
    parts.push(() => literal)
    const [whole, what, format = '%s'] = found
    const part = what === 'checksum' ? checksumPart(form) : valuePart(format)
    if (!part) return `has ${whole}; a value is written as %d, %.1f, %s, %X, int16, float32le and the like`
    hasValue ||= what === 'value'
    parts.push(part)
    rest = rest.slice(found.index + whole.length)
  }
  const last = bytesOf(`${isHex ? 'hex:' : ''}${rest}`)
  if (!last) return notBytes(source)
  parts.push(() => last)
  return {
    hasValue,
    render: (value) =>
      parts.reduce<Buffer>((before, part) => Buffer.concat([before, part(value, before)]), Buffer.alloc(0)),
  }
}

function notBytes(source: string): string {
  return `is '${source.slice(0, 40)}'; write characters up to ÿ, \\r, \\n, \\t, \\0, \\x02 or hex:02 0D`
}

function checksumPart(form: CommandForm): Part {
  const separator = bytesOf(form.checksumSeparator) ?? Buffer.alloc(0)
  return (_, before) => {
    const end = before.length - separator.length
    const isSeparated = before.subarray(Math.max(0, end)).equals(separator)
    return checksumBytes(before.subarray(form.checksumFrom, isSeparated ? end : before.length), form)
  }
}

function valuePart(format: string): Part | undefined {
  const binary = binaryPattern.exec(format)
  if (binary) return (value) => binaryOf(value, binary[1] as Binary, binary[2] === 'le')
  const [, flags = '', width = '', digits, kind] = formatPattern.exec(format) ?? []
  if (kind === undefined) return undefined
  return (value) =>
    Buffer.from(padded(formatted(value, { kind, flags, digits }), { flags, width: Number(width) }), 'latin1')
}

interface Format {
  readonly kind: string
  readonly flags: string
  readonly digits: string | undefined
}

function formatted(value: Value | undefined, { kind, flags, digits }: Format): string {
  if (kind === 's') {
    const text = typeof value === 'boolean' ? (value ? '1' : '0') : String(value ?? '')
    // A text with a control character could end the command and begin another.
    if ([...text].some((character) => character < ' ' || character === '\x7f' || character > 'ÿ'))
      throw refused(`'${text.slice(0, 40)}' has characters that no command may carry`)
    return text
  }
  const number = Number(value)
  if (!Number.isFinite(number)) throw refused(`${String(value)} is no number`)
  if (kind === 'x' || kind === 'X') {
    if (number < 0) throw refused(`${number} is negative and cannot be written as hexadecimal digits`)
    const hex = Math.round(number).toString(16)
    return kind === 'X' ? hex.toUpperCase() : hex
  }
  const text = number.toFixed(kind === 'd' ? 0 : Number(digits ?? 6))
  return flags.includes('+') && number >= 0 ? `+${text}` : text
}

function padded(text: string, { flags, width }: { readonly flags: string; readonly width: number }): string {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0')) return text.padStart(width)
  const sign = /^[-+]/.exec(text)?.[0] ?? ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}

type Binary = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'float32' | 'float64'

function binaryOf(value: Value | undefined, type: Binary, isLittle: boolean): Buffer {
  const number = Number(value)
  const bytes = Buffer.alloc(Number(/\d+/.exec(type)?.[0]) / 8)
  const write = writers[type]
  try {
    write(bytes, type.startsWith('float') ? number : Math.round(number))
  } catch {
    throw refused(`${String(value)} does not fit into ${type}`)
  }
  return isLittle ? bytes.reverse() : bytes
}

const writers: Readonly<Record<Binary, (bytes: Buffer, value: number) => unknown>> = {
  int8: (bytes, value) => bytes.writeInt8(value),
  uint8: (bytes, value) => bytes.writeUInt8(value),
  int16: (bytes, value) => bytes.writeInt16BE(value),
  uint16: (bytes, value) => bytes.writeUInt16BE(value),
  int32: (bytes, value) => bytes.writeInt32BE(value),
  uint32: (bytes, value) => bytes.writeUInt32BE(value),
  float32: (bytes, value) => bytes.writeFloatBE(value),
  float64: (bytes, value) => bytes.writeDoubleBE(value),
}

function refused(message: string): Rejected {
  return new Rejected(message, { status: Status.BadOutOfRange })
}
