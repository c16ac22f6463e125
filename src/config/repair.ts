import type { z } from 'zod'
import { type DocumentPath, valueAt } from './source-file.ts'

/** Data without its misshapen parts, so that the rest of it can be checked too. It is never run. */
export interface Repaired<T> {
  /** Absent when not even the outermost shape fits. */
  readonly data: T | undefined
  /** What was taken out, or replaced by a placeholder. What refers to it is not to blame. */
  readonly removed: readonly DocumentPath[]
}

/** Each round takes out at least one level of nesting, and files nest less deep than this. */
const roundsMax = 24

/**
 * Takes out of the data what its schema refuses: an optional value alone, a required one together with the mapping that needs
 * it. `placeholders` stand in for required keys of the outermost mapping.
 */
export function repair<T>(
  schema: z.ZodType<T>,
  value: unknown,
  placeholders: Readonly<Record<string, unknown>>,
): Repaired<T> {
  const data: unknown = structuredClone(value)
  const removed: DocumentPath[] = []
  for (let round = 0; round < roundsMax; round++) {
    const result = schema.safeParse(data)
    if (result.success) return { data: result.data, removed }
    for (const issue of result.error.issues) remove(data, issue, { placeholders, removed })
  }
  return { data: undefined, removed }
}

interface Remains {
  readonly placeholders: Readonly<Record<string, unknown>>
  readonly removed: DocumentPath[]
}

function remove(data: unknown, issue: z.core.$ZodIssue, { placeholders, removed }: Remains): void {
  const path = issue.path as DocumentPath
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) drop(data, [...path, key], removed)
    return
  }
  const [first] = path
  const isMissing = valueAt(data, path) === undefined
  if (isMissing && path.length === 1 && first !== undefined && Object.hasOwn(placeholders, first)) {
    ;(data as Record<string | number, unknown>)[first] = placeholders[first]
    removed.push(path)
    return
  }
  drop(data, isMissing ? path.slice(0, -1) : path, removed)
}

/** Drops a key; of a list everything, since the places of what is left in it would no longer be those in the file. */
function drop(data: unknown, path: DocumentPath, removed: DocumentPath[]): void {
  const end = path.findLastIndex((part) => typeof part === 'string')
  const key = path[end]
  const parent = valueAt(data, path.slice(0, Math.max(end, 0)))
  if (key === undefined || typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return
  delete (parent as Record<string | number, unknown>)[key]
  removed.push(path.slice(0, end + 1))
}
