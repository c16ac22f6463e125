import { didYouMean } from '../model/did-you-mean.ts'
import { type ErrorCode, errorTable } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { DocumentPath } from './source-file.ts'

/** What a finding says besides its code and its place. */
export interface Remark {
  readonly message: string
  /** The remedy of the table of errors when absent. */
  readonly remedy?: string | undefined
  /** Whether the place is the key at the path rather than its value. */
  readonly atKey?: boolean | undefined
}

/** An error at a place of a file. */
export function fault(file: string, code: ErrorCode, path: DocumentPath, { message, remedy, atKey }: Remark): Finding {
  const finding = { code, severity: 'error', file, path, message, remedy: remedy ?? errorTable[code].remedy } as const
  return atKey ? { ...finding, atKey } : finding
}

/** The remedy for a misspelt name: the name that was probably meant, else what there is to choose from. */
export function choose(word: string, names: Iterable<string>): string {
  const candidates = [...names]
  const meant = didYouMean(word, candidates)
  if (meant !== undefined) return `did you mean ${meant}?`
  if (candidates.length === 0) return 'there is none to choose from; remove it'
  const listed = candidates.slice(0, 16).join(', ')
  return `use one of: ${listed}${candidates.length > 16 ? ', ...' : ''}`
}
