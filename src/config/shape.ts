import type { z } from 'zod'
import type { Finding } from '../model/finding.ts'
import { retype } from './environment.ts'
import { type Repaired, repair } from './repair.ts'
import { choose, fault } from './report.ts'
import { type DocumentPath, pathKey, pathText, type SourceFile, shown, valueAt } from './source-file.ts'

type Issue = z.core.$ZodIssue

/** What a file's data is, as far as its shape allows, and what is wrong with the shape. */
export interface Shape<T> extends Repaired<T> {
  readonly findings: readonly Finding[]
}

/** How many findings about the shape of one file are told; who mends these sees the next ones. */
const findingsMax = 100

/**
 * Checks the shape of a file's data against its schema. Values from the environment become numbers or truth values where
 * the schema wants those; a key without a value counts as absent. What does not fit is taken out of the data.
 */
export function shapeOf<T>(
  schema: z.ZodType<T>,
  source: SourceFile,
  placeholders: Readonly<Record<string, unknown>>,
): Shape<T> {
  const value = withoutNulls(source.value)
  let result = parse(schema, value)
  if (!result.success && retypeAll(value, result.error.issues, source.substituted)) result = parse(schema, value)
  if (result.success) return { data: result.data, removed: [], findings: [] }
  const findings = result.error.issues.flatMap((issue) => findingsOf(issue, value, source.file, []))
  return { ...repair(schema, value, placeholders), findings: findings.slice(0, findingsMax) }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): z.ZodSafeParseResult<T> {
  return schema.safeParse(value, { error: knownKeys })
}

/** For an unknown key the message is the list of the known ones, so that a finding can propose one. */
function knownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined
  const shape = (issue.inst as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape
  return Object.keys(shape ?? {}).join(' ')
}

/** The configuration of plugins and literal values may hold nulls; everywhere else an empty value is no value. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, entry]) => entry !== null)
  return Object.fromEntries(entries.map(([key, entry]) => [key, key === 'config' ? entry : withoutNulls(entry)]))
}

/** Gives texts from the environment the type that is wanted where an issue points at them; tells whether it did. */
export function retypeAll(
  value: unknown,
  issues: readonly { readonly path: readonly PropertyKey[] }[],
  substituted: ReadonlyMap<string, string>,
  prefix: DocumentPath = [],
): boolean {
  let isChanged = false
  for (const { path } of issues) {
    const inside = path as DocumentPath
    const text = substituted.get(pathKey([...prefix, ...inside]))
    const parent = valueAt(value, inside.slice(0, -1))
    const last = inside.at(-1)
    if (text === undefined || last === undefined || typeof parent !== 'object' || parent === null) continue
    const typed = retype(text)
    if (typed === text) continue
    ;(parent as Record<string | number, unknown>)[last] = typed
    isChanged = true
  }
  return isChanged
}

function findingsOf(issue: Issue, root: unknown, file: string, prefix: DocumentPath): Finding[] {
  const path = [...prefix, ...(issue.path as DocumentPath)]
  const value = valueAt(root, path)
  const place = pathText(path) || 'the file'
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, issue.message, file, path)
  if (issue.code === 'invalid_key') return [keyFault(issue, file, path)]
  if (value === undefined && path.length > 0) {
    const message = `${place} is missing`
    return [fault(file, 'key-missing', path, { message, remedy: `add ${String(path.at(-1))}: ${phraseOf(issue)}` })]
  }
  if (issue.code === 'invalid_union') {
    const branch = branchFor(issue.errors)
    if (branch) return branch.flatMap((inner) => findingsOf(inner, root, file, path))
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') return [limitFault(issue, value, file, path)]
  if (issue.code === 'invalid_value') {
    const choices = issue.values.map(String)
    const message = `${place} is ${shown(value)}; ${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')} is expected`
    return [fault(file, 'value-invalid', path, { message, remedy: choose(String(value), choices) })]
  }
  if (value === null && path.length === 0) return [fault(file, 'value-invalid', path, { message: 'the file is empty' })]
  const phrase = phraseOf(issue)
  if (phrase.startsWith('an id of')) {
    return [fault(file, 'name-invalid', path, { message: `${place} is ${shown(value)}; ${phrase} is expected` })]
  }
  return [
    fault(file, 'value-invalid', path, {
      message: `${place} is ${shown(value)}; ${phrase} is expected`,
      remedy: `give ${phrase.replace(/,$/, '')}`,
    }),
  ]
}

function unknownKeys(keys: readonly string[], known: string, file: string, path: DocumentPath): Finding[] {
  const place = path.length === 0 ? 'the file' : pathText(path)
  return keys.map((key) => {
    const message = `${shown(key)} is not a key of ${place}`
    return fault(file, 'key-unknown', [...path, key], { message, remedy: choose(key, known.split(' ')), atKey: true })
  })
}

function keyFault(issue: Issue & { code: 'invalid_key' }, file: string, path: DocumentPath): Finding {
  const phrase = issue.issues[0]?.message ?? 'another name'
  const message = `${shown(String(path.at(-1)))} cannot stand here as a name; ${phrase} is expected`
  return fault(file, 'name-invalid', path, { message, remedy: 'rename it', atKey: true })
}

function limitFault(
  issue: Issue & { code: 'too_small' | 'too_big' },
  value: unknown,
  file: string,
  path: DocumentPath,
): Finding {
  const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
  const counted = typeof value === 'string' ? ' characters' : Array.isArray(value) ? ' entries' : ''
  const message = `${pathText(path)} is ${shown(value)}; it takes ${limit}${counted}`
  return fault(file, 'value-out-of-range', path, { message, remedy: `give ${limit}${counted}` })
}

/** The one way to write a value that the user seems to have meant: the only one whose outermost type fits. */
function branchFor(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const meant = branches.filter((issues) =>
    issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  )
  return meant.length === 1 ? meant[0] : undefined
}

const phraseByType: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function phraseOf(issue: Issue): string {
  if (issue.code === 'invalid_value') return `one of ${issue.values.join(', ')}`
  const isOwn = !/^(Invalid|Too|Unrecognized)/.test(issue.message)
  if (isOwn) return issue.message
  return issue.code === 'invalid_type' ? (phraseByType[issue.expected] ?? issue.expected) : 'another value'
}
