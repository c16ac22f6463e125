import { complaintsAboutLine } from '../line/address.ts'
import { bytesOf } from './bytes.ts'
import { checksumLength } from './checksum.ts'
import { complaintAboutPattern, patternOf } from './pattern.ts'
import type { FieldEntry, MessageEntry, SerialConfig, WriteEntry } from './settings.ts'
import { templateOf } from './template.ts'

/** What is wrong with a configuration beyond the form of its fields. */
export function complaintsAboutConfig(config: SerialConfig): string[] {
  return [
    ...complaintsAboutLine(config, config.transport === 'tcp' ? 'tcp' : 'serial', config.transport),
    ...aboutFrames(config),
    ...aboutMessages(config),
    ...config.writes.flatMap((write) => aboutWrite(write, config)),
    ...aboutNames(config),
  ]
}

function aboutFrames(config: SerialConfig): string[] {
  const { framing, frameLength, frameMax, start, delimiter } = config
  const unreadable = (['start', 'delimiter', 'checksumSeparator'] as const)
    .filter((key) => !bytesOf(config[key]))
    .map((key) => `${key} is '${config[key]}'; write characters up to ÿ, \\r, \\n, \\x02 or hex:02 0D`)
  const least = (bytesOf(start)?.length ?? 0) + checksumLength(config) + 1
  return [
    ...unreadable,
    ...(framing === 'delimiter' && delimiter === '' ? ['delimiter is empty; give the bytes that end a frame'] : []),
    ...(framing === 'fixed' && frameLength === undefined ? ['frameLength is missing, which fixed frames need'] : []),
    ...(framing === 'fixed' && frameLength !== undefined && (frameLength < least || frameLength > frameMax)
      ? [`frameLength is ${frameLength}; it goes from ${least} to frameMax, ${frameMax}`]
      : []),
  ]
}

function aboutMessages(config: SerialConfig): string[] {
  const { messages, expectEvery } = config
  const polled = messages.filter(({ ask }) => ask !== undefined)
  const isMixed = polled.length > 0 && polled.length < messages.length
  return [
    ...(isMixed ? ['some messages have ask and others not; a device is asked, or sends by itself'] : []),
    ...(polled.length > 0 && expectEvery !== undefined
      ? ['expectEvery is for a device that sends by itself; remove it']
      : []),
    ...messages.flatMap((message, index) => aboutMessage(message, `messages[${index}]`, config)),
  ]
}

function aboutMessage({ ask, pattern, every, fields }: MessageEntry, place: string, config: SerialConfig): string[] {
  const complaint = pattern === undefined ? undefined : complaintAboutPattern(pattern)
  if (complaint) return [`${place}.pattern ${complaint}`]
  const groups = pattern === undefined ? [] : patternOf(pattern).groups
  return [
    ...aboutQuestion(ask, config).map((complaint) => `${place}.ask ${complaint}`),
    ...(every !== undefined && ask === undefined ? [`${place}.every is without ask; remove it`] : []),
    ...fields.flatMap((field) => aboutField(field, groups)),
    ...groups
      .filter((group) => !fields.some(({ name }) => name === group))
      .map((group) => `${place}.pattern has a group ${group} without a field; add one, or write (?:...)`),
  ]
}

function aboutQuestion(ask: string | undefined, config: SerialConfig): string[] {
  const template = ask === undefined ? undefined : templateOf(ask, config)
  if (typeof template === 'string') return [template]
  return template?.hasValue ? ['has a value; only writes have one'] : []
}

function aboutField({ name, type, at, bit, length, min, max, scale }: FieldEntry, groups: readonly string[]): string[] {
  const isNumber = type !== 'text' && type !== 'boolean'
  const isBinaryWord = type.includes('int') && type !== 'integer'
  return [
    ...(at === undefined && !groups.includes(name)
      ? [`'${name}' is neither a group of the pattern nor at a byte; write (?<${name}>...) or add at`]
      : []),
    ...(at === undefined && isBinaryWord ? [`'${name}' is a ${type} and not at a byte; use double or integer`] : []),
    ...(at !== undefined && type === 'text' && length === undefined
      ? [`'${name}' is a text without a length; add it`]
      : []),
    ...(bit !== undefined && !(at !== undefined && isBinaryWord)
      ? [`'${name}' has a bit and is no whole number at a byte`]
      : []),
    ...(scale === 0 ? [`'${name}' has scale 0; give the value of one step`] : []),
    ...(isNumber && min !== undefined && max !== undefined && min >= max
      ? [`'${name}' has min ${min}, which is not below max ${max}`]
      : []),
  ]
}

function aboutWrite({ name, command, acknowledge, refuse }: WriteEntry, config: SerialConfig): string[] {
  const template = templateOf(command, config)
  const patterns = { acknowledge, refuse }
  return [
    ...(typeof template === 'string' ? [`the command of '${name}' ${template}`] : []),
    ...Object.entries(patterns).flatMap(([key, pattern]) => {
      const complaint = pattern === undefined ? undefined : complaintAboutPattern(pattern)
      return complaint ? [`${key} of '${name}' ${complaint}`] : []
    }),
    ...(refuse !== undefined && acknowledge === undefined ? [`'${name}' has refuse without acknowledge; add it`] : []),
  ]
}

function aboutNames({ messages, writes }: SerialConfig): string[] {
  const twice = (names: readonly string[]): string[] =>
    names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `the tag '${name}' is declared twice; rename one`)
  return [
    ...twice(messages.flatMap(({ fields }) => fields.map(({ name }) => name))),
    ...twice(writes.map(({ name }) => name)),
  ]
}
