import { MillraceError } from '../model/errors.ts'
import type { Sample, TagSample } from '../model/sample.ts'
import { decode } from '../sqlite/value-codec.ts'

/** A sample from its text. It rejects with `database-corrupt` what is none, so that nothing else gets into the plant. */
export function sampleOf(text: string): Sample {
  return checkedSample(decode(text))
}

/** Samples by name from their text. */
export function samplesByName(text: string): Readonly<Record<string, Sample>> {
  const decoded = decode(text)
  if (!isRecord(decoded)) throw damaged(text)
  for (const each of Object.values(decoded)) checkedSample(each)
  return decoded as Record<string, Sample>
}

/** Samples with their tags from their text. */
export function tagSamplesOf(text: string): readonly TagSample[] {
  const decoded = decode(text)
  if (!Array.isArray(decoded)) throw damaged(text)
  for (const each of decoded) {
    if (!isRecord(each) || typeof each.tag !== 'string') throw damaged(text)
    checkedSample(each.sample)
  }
  return decoded as TagSample[]
}

/** A word that is one of a list. */
export function oneOf<Word extends string>(word: string, words: readonly Word[]): Word {
  const found = words.find((each) => each === word)
  if (found === undefined) throw damaged(word)
  return found
}

function checkedSample(value: unknown): Sample {
  if (!isRecord(value)) throw damaged(String(value))
  const { status, sourceTime } = value
  const isStatus = typeof status === 'number' && status === status >>> 0
  if (!('value' in value) || !isStatus || typeof sourceTime !== 'number' || !Number.isFinite(sourceTime))
    throw damaged(Object.keys(value).join())
  // Checked above, but for the value, which every port checks for itself.
  return value as unknown as Sample
}

function isRecord(value: unknown): value is Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null
  return isObject && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Uint8Array)
}

function damaged(text: string): MillraceError {
  return new MillraceError('database-corrupt', `${text.slice(0, 40)} is not what was kept; restore a backup`)
}
