import { boolean, choice, double, list, record, text, uint8, uint16, unit, type Values } from 'millrace/plugin'
import { type LineAddress, lineFields } from '../line/address.ts'
import { bytesOf } from './bytes.ts'
import { checksums } from './checksum.ts'
import type { FrameForm } from './framer.ts'

/** Types of values in a text frame. */
const textTypes = ['double', 'integer', 'boolean', 'text'] as const

/** Types of values at a place of a binary frame. */
export const binaryTypes = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'] as const

const valueFields = {
  name: text({ description: 'Name of the tag; in a text frame also the named group of the pattern.' }),
  unit: unit({ optional: true, description: 'Engineering unit of the tag.' }),
  min: double({ optional: true, description: 'Low end of the normal range of the tag.' }),
  max: double({ optional: true, description: 'High end of the normal range of the tag.' }),
  description: text({ default: '', description: 'What the tag means.' }),
}

const fieldFields = {
  ...valueFields,
  type: choice([...textTypes, ...binaryTypes], { default: 'double', description: 'Type of the value.' }),
  at: uint16({
    optional: true,
    description: 'First byte of the value in a binary frame, counted from 0 after the start.',
  }),
  length: uint16({ optional: true, min: 1, description: 'Bytes of a text in a binary frame.' }),
  order: choice(['big', 'little'], { default: 'big', description: 'Order of the bytes in a binary frame.' }),
  bit: uint8({ optional: true, max: 31, description: 'One bit of a whole number in a binary frame.' }),
  scale: double({ default: 1, description: 'The tag is the number times scale plus offset.' }),
  offset: double({ default: 0, description: 'Added after scaling, in the unit of the tag.' }),
  trueText: text({ default: '1', description: 'Text that means true, for a boolean in a text frame.' }),
}

const messageFields = {
  ask: text({
    optional: true,
    description: 'What is sent to get it, with {checksum}; without it the device sends by itself.',
  }),
  pattern: text({
    optional: true,
    description: 'Regular expression with a named group for each tag; of a text frame.',
  }),
  every: double({ unit: 'ms', min: 10, optional: true, description: "Polling period; the device's own when absent." }),
  fields: list(record(fieldFields), { min: 1, max: 500, description: 'The tags in it.' }),
}

const writeFields = {
  ...valueFields,
  type: choice(textTypes, { default: 'double', description: 'Type of the value.' }),
  command: text({ description: 'What is sent, with {value}, {value:%.1f} or {value:int16}, and {checksum}.' }),
  acknowledge: text({ optional: true, description: 'Pattern of the answer to wait for; none when absent.' }),
  refuse: text({ optional: true, description: 'Pattern of the answer that says no.' }),
}

/** Fields of the configuration of a device on a serial line. */
export const settings = {
  transport: choice(['serial', 'tcp'], {
    default: 'serial',
    description: 'A serial port, or a serial server over TCP.',
  }),
  ...lineFields,
  flowControl: choice(['none', 'hardware', 'software'], { optional: true, description: 'RTS/CTS, XON/XOFF or none.' }),
  encoding: choice(['ascii', 'latin1', 'utf8'], { default: 'latin1', description: 'Characters of text frames.' }),
  framing: choice(['delimiter', 'fixed', 'length', 'silence'], {
    default: 'delimiter',
    description: 'What ends a frame: a delimiter, its fixed length, a length inside it, or silence.',
  }),
  start: text({ default: '', description: 'Bytes with which each frame begins, such as \\x02 or hex:02.' }),
  delimiter: text({ default: '\\r\\n', description: 'Bytes that end a frame, such as \\r\\n or hex:0D.' }),
  frameLength: uint16({ optional: true, min: 1, max: 8192, description: 'Bytes of a fixed frame, with everything.' }),
  lengthAt: uint16({ default: 0, max: 64, description: 'Where the length stands in the frame, counted from 0.' }),
  lengthSize: uint8({ default: 1, min: 1, max: 2, description: 'Bytes of the length.' }),
  lengthOrder: choice(['big', 'little'], { default: 'big', description: 'Order of the bytes of the length.' }),
  lengthAdds: uint16({ default: 0, max: 256, description: 'Bytes of the frame that its length does not count.' }),
  silence: double({
    ...{ unit: 'ms', default: 100, min: 1, max: 60_000 },
    description: 'Silence that ends a frame, or drops one that has not ended.',
  }),
  frameMax: uint16({ default: 1024, min: 1, max: 8192, description: 'Longest frame; anything longer is noise.' }),
  checksum: choice(checksums, { default: 'none', description: 'Checksum at the end of each frame.' }),
  checksumAs: choice(['binary', 'hex'], { default: 'binary', description: 'As bytes, or as hexadecimal digits.' }),
  checksumOrder: choice(['big', 'little'], { default: 'big', description: 'Order of the bytes of a 16-bit checksum.' }),
  checksumFrom: uint8({ default: 0, description: 'First byte that the checksum covers, counted from 0.' }),
  checksumSeparator: text({ default: '', description: 'What stands before the checksum, such as * in NMEA 0183.' }),
  responseTimeout: double({
    ...{ unit: 'ms', default: 1000, min: 10, max: 60_000 },
    description: 'How long the answer to a command may take.',
  }),
  expectEvery: double({
    ...{ unit: 'ms', optional: true, min: 10, max: 86_400_000 },
    description: 'A device that sends by itself is silent for no longer than that; any time when absent.',
  }),
  echo: boolean({ default: false, description: 'The line gives back what is sent; it is dropped.' }),
  messages: list(record(messageFields), {
    min: 1,
    max: 200,
    description: 'What the device sends, and how it is asked.',
  }),
  writes: list(record(writeFields), { default: [], max: 200, description: 'What can be written.' }),
}

/** A configuration with its defaults; what is optional may be absent. */
export type SerialConfig = Loose<Values<typeof settings>>
/** A message of the device. */
export type MessageEntry = SerialConfig['messages'][number]
/** A tag in a message. */
export type FieldEntry = MessageEntry['fields'][number]
/** A tag that can be written. */
export type WriteEntry = SerialConfig['writes'][number]

type OptionalKey =
  | 'host'
  | 'port'
  | 'path'
  | 'baudRate'
  | 'parity'
  | 'dataBits'
  | 'stopBits'
  | 'flowControl'
  | 'frameLength'
  | 'expectEvery'
  | 'ask'
  | 'pattern'
  | 'every'
  | 'unit'
  | 'min'
  | 'max'
  | 'at'
  | 'length'
  | 'bit'
  | 'acknowledge'
  | 'refuse'

type Loose<T> = T extends readonly (infer Item)[]
  ? readonly Loose<Item>[]
  : T extends object
    ? { readonly [K in keyof T as K extends OptionalKey ? never : K]: Loose<T[K]> } & {
        readonly [K in keyof T as K extends OptionalKey ? K : never]?: T[K] | undefined
      }
    : T

/** Where the line of a device is; a serial port is 9600 baud, 8N1, unless it says otherwise. */
export function addressOf(config: SerialConfig): LineAddress {
  const { transport, host = '', port = 4001, path = '' } = config
  if (transport === 'tcp') return { kind: 'tcp', host, port }
  const { baudRate = 9600, parity = 'none', dataBits = 8, stopBits = 1, flowControl } = config
  return {
    ...{ kind: 'serial', path, baudRate, parity, dataBits, stopBits },
    ...(flowControl === undefined || flowControl === 'none' ? {} : { flowControl }),
  }
}

/** The frames of a configuration that is known to be right. */
export function frameFormOf(config: SerialConfig): FrameForm {
  const bytes = (text: string): Buffer => bytesOf(text) ?? Buffer.alloc(0)
  return {
    ...config,
    frameLength: config.frameLength ?? 0,
    start: bytes(config.start),
    delimiter: bytes(config.delimiter),
    checksumSeparator: bytes(config.checksumSeparator),
  }
}
