import type { CheckContext } from 'millrace/plugin'
import { Files } from './files.ts'
import { misfitOf } from './ports.ts'
import { isNumber, type SignalsConfig, type TagEntry, typeOf } from './settings.ts'

/** Settings that belong to some signals only, and mean nothing for the others. */
const ownSettings: Readonly<Partial<Record<keyof TagEntry, readonly TagEntry['signal'][]>>> = {
  value: ['constant', 'setpoint'],
  steps: ['steps'],
  step: ['walk', 'counter'],
  file: ['replay'],
  column: ['replay'],
  timeColumn: ['replay'],
  interval: ['replay'],
  header: ['replay'],
  follows: ['follow'],
}

/** What is wrong with a configuration beyond the form of its fields. */
export function complaintsAboutConfig({ tags }: SignalsConfig, { folder }: CheckContext = {}): string[] {
  const seen = new Set<string>()
  const files = folder === undefined ? undefined : new Files(folder)
  return tags.flatMap((tag) => {
    const complaints = [...complaintsAboutTag(tag, tags)]
    if (seen.has(tag.name)) complaints.push('there is another tag of this name; rename one of them')
    seen.add(tag.name)
    if (complaints.length === 0 && tag.signal === 'replay' && files) complaints.push(...complaintsAboutFile(tag, files))
    return complaints.map((complaint) => `tag '${tag.name}': ${complaint}`)
  })
}

function complaintsAboutTag(tag: TagEntry, tags: readonly TagEntry[]): string[] {
  const { signal, min, max } = tag
  const foreign = Object.entries(ownSettings).filter(
    ([key, owners]) => tag[key as keyof TagEntry] !== undefined && !owners.includes(signal),
  )
  return [
    ...foreign.map(
      ([key, owners]) => `${key} means nothing for ${signal}, only for ${owners.join(' and ')}; remove it`,
    ),
    ...(min !== undefined && max !== undefined && min >= max ? [`min is ${min} and max is ${max}; swap them`] : []),
    ...complaintsAboutType(tag),
    ...complaintsAboutSignal(tag, tags),
  ]
}

function complaintsAboutType(tag: TagEntry): string[] {
  const { signal, choices, unit, noise } = tag
  const type = typeOf(tag)
  const isText = type === 'String'
  const needsChoices = isText && !choices && !['constant', 'steps', 'replay', 'setpoint'].includes(signal)
  return [
    ...(choices && !isText ? [`choices are for a String, not for ${type}; remove them`] : []),
    ...(needsChoices ? [`a String that is a ${signal} needs choices; add them`] : []),
    ...(new Set(choices).size < (choices?.length ?? 0) ? ['choices has the same text twice; remove one'] : []),
    ...(unit !== undefined && !isNumber(tag) ? [`unit is for numbers, not for ${type}; remove it`] : []),
    ...(noise > 0 && (!isNumber(tag) || signal === 'setpoint') ? ['noise is for measured numbers; remove it'] : []),
  ]
}

function complaintsAboutSignal(tag: TagEntry, tags: readonly TagEntry[]): string[] {
  switch (tag.signal) {
    case 'constant':
    case 'setpoint':
      return misfits(tag, 'value', tag.value)
    case 'steps':
      if (!tag.steps) return ['steps are missing; add steps: [{ value: 1, for: 10s }]']
      return tag.steps.flatMap(({ value }, index) => misfits(tag, `steps[${index}].value`, value))
    case 'replay':
      return complaintsAboutReplay(tag)
    case 'follow':
      return complaintsAboutFollow(tag, tags)
    case 'counter':
      return isNumber(tag) ? [] : [`a counter is a number, not a ${typeOf(tag)}; remove type`]
    default:
      return []
  }
}

function misfits(tag: TagEntry, what: string, value: TagEntry['value']): string[] {
  const misfit = value === undefined ? undefined : misfitOf(tag, value)
  return misfit === undefined ? [] : [`${what} ${misfit}; give another value, or another type`]
}

function complaintsAboutReplay({ file, column, timeColumn, interval, delimiter }: TagEntry): string[] {
  return [
    ...(file ? [] : ['file is missing; name a CSV file in the folder of the plant']),
    ...(column === undefined ? ['column is missing; give its name or number'] : []),
    ...((timeColumn === undefined) === (interval === undefined)
      ? ['a replay takes either timeColumn or interval; give one of them']
      : []),
    ...(delimiter.length === 1 ? [] : ['delimiter is one character, such as , or ;']),
  ]
}

function complaintsAboutFollow(tag: TagEntry, tags: readonly TagEntry[]): string[] {
  const { follows } = tag
  if (follows === undefined) return ['follows is missing; name a setpoint of this device']
  const setpoint = tags.find(({ name, signal }) => name === follows && signal === 'setpoint')
  if (!setpoint) return [`it follows ${follows}, which is no setpoint of this device; correct the name`]
  return isNumber(setpoint) && isNumber(tag) ? [] : [`only numbers follow each other, and ${follows} or it is none`]
}

function complaintsAboutFile(tag: TagEntry, files: Files): string[] {
  try {
    files.recording(tag)
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
