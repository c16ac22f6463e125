import {
  boolean,
  double,
  type Field,
  type Fields,
  int32,
  type NumberOptions,
  ReadingFailed,
  Status,
  text,
  type Value,
} from 'millrace/plugin'
import type { Pattern } from './pattern.ts'
import type { FieldEntry, MessageEntry, SerialConfig, WriteEntry } from './settings.ts'

/** Values by the names of tags. */
export type Readings = Record<string, Value | ReadingFailed>

/** The ports that a device measures. */
export function outputsOf({ messages }: Pick<SerialConfig, 'messages'>): Fields {
  return Object.fromEntries(messages.flatMap(({ fields }) => fields.map((field) => [field.name, outputOf(field)])))
}

/** The ports that can be written. */
export function inputsOf({ writes }: Pick<SerialConfig, 'writes'>): Fields {
  return Object.fromEntries(writes.map((write) => [write.name, portOf(write.type, write)]))
}

function outputOf(field: FieldEntry): Field {
  if (field.bit !== undefined) return boolean({ description: field.description })
  const isWhole = field.type.includes('int') && field.scale === 1 && field.offset === 0 && field.type !== 'uint32'
  return portOf(isWhole ? 'integer' : field.type, field)
}

function portOf(type: FieldEntry['type'], entry: Pick<WriteEntry, 'unit' | 'min' | 'max' | 'description'>): Field {
  const { description, unit, min, max } = entry
  if (type === 'text') return text({ description })
  if (type === 'boolean') return boolean({ description })
  const options: NumberOptions = {
    description,
    ...(unit === undefined ? {} : { unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  }
  return type === 'integer' ? int32(options) : double(options)
}

/** A message that is ready to be found in frames. */
export interface Message {
  readonly entry: MessageEntry
  readonly pattern: Pattern | undefined
  readonly encoding: SerialConfig['encoding']
}

/** The values of a frame, when it is of this message; undefined when it is another. */
export function valuesIn(payload: Buffer, { entry, pattern, encoding }: Message): Readings | undefined {
  const groups = pattern ? pattern.match(payload.toString(encoding)) : {}
  if (!groups) return undefined
  const readings: Readings = {}
  for (const field of entry.fields) {
    if (field.at !== undefined) readings[field.name] = valueAt(payload, field, field.at)
    else {
      const found = groups[field.name]
      // A group that took no part in the match tells nothing.
      if (found !== undefined) readings[field.name] = valueFrom(found, field)
    }
  }
  return readings
}

function valueFrom(found: string, field: FieldEntry): Value | ReadingFailed {
  if (field.type === 'text') return found
  if (field.type === 'boolean') return found === field.trueText
  // `- 12,5` is how some scales write -12.5.
  const written = found.replaceAll(' ', '').replace(/^([^.]*),([^.,]*)$/, '$1.$2')
  const number = written === '' ? Number.NaN : Number(written)
  if (Number.isNaN(number)) return failed(`${field.name} is '${found.slice(0, 40)}', which is no number`)
  return field.type === 'integer' ? Math.round(scaled(number, field)) : scaled(number, field)
}

function valueAt(payload: Buffer, field: FieldEntry, at: number): Value | ReadingFailed {
  const { type, length, bit, name } = field
  if (type === 'text') return payload.toString('latin1', at, at + (length ?? payload.length)).replace(/[\0 ]+$/, '')
  const size = sizeOf(type)
  if (at + size > payload.length) return failed(`${name} is at ${at}; the frame has ${payload.length} bytes`)
  const bytes = Buffer.from(payload.subarray(at, at + size))
  if (field.order === 'little') bytes.reverse()
  const raw = rawOf(bytes, type)
  if (type === 'boolean') return raw !== 0
  return bit === undefined ? scaled(raw, field) : ((raw >>> bit) & 1) === 1
}

function rawOf(bytes: Buffer, type: FieldEntry['type']): number {
  if (type === 'float32') return bytes.readFloatBE(0)
  if (type === 'float64' || type === 'double') return bytes.readDoubleBE(0)
  return type.startsWith('u') || type === 'boolean'
    ? bytes.readUIntBE(0, bytes.length)
    : bytes.readIntBE(0, bytes.length)
}

/** Bytes of a value at a place of a binary frame. */
export function sizeOf(type: FieldEntry['type']): number {
  if (type === 'double') return 8
  if (type === 'boolean') return 1
  return type === 'integer' ? 4 : Number(/\d+$/.exec(type)?.[0] ?? 0) / 8
}

function scaled(raw: number, { scale, offset }: FieldEntry): number {
  const divisor = 1 / scale
  return (Number.isInteger(divisor) ? raw / divisor : raw * scale) + offset
}

function failed(message: string): ReadingFailed {
  return new ReadingFailed(message, { status: Status.BadOutOfRange })
}
