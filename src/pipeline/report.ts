import { didYouMean } from '../model/did-you-mean.ts'
import { type ErrorCode, errorTable } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { units } from '../model/unit.ts'

/** A place in a user's document. */
export type Path = readonly (string | number)[]

/** What a finding says besides its code and its place. */
export interface Remark {
  readonly message: string
  /** The remedy of the table of errors when absent. */
  readonly remedy?: string | undefined
  readonly atKey?: boolean | undefined
}

/** Collects the findings of one pipeline file, so that all of them are told at once. */
export class Report {
  readonly #file: string
  readonly #findings: Finding[] = []
  #errorCount = 0

  /** `file` is the path of the pipeline's file. */
  constructor(file: string) {
    this.#file = file
  }

  /** What was found, in the order of checking. */
  get findings(): readonly Finding[] {
    return this.#findings
  }

  /** Whether something keeps the pipeline from running. */
  get hasError(): boolean {
    return this.#errorCount > 0
  }

  /** Adds something that keeps the pipeline from running. */
  error(code: ErrorCode, path: Path, remark: Remark): void {
    this.#errorCount++
    this.#add(code, 'error', path, remark)
  }

  /** Adds something doubtful. */
  warning(code: ErrorCode, path: Path, remark: Remark): void {
    this.#add(code, 'warning', path, remark)
  }

  #add(code: ErrorCode, severity: Finding['severity'], path: Path, { message, remedy, atKey }: Remark): void {
    this.#findings.push({
      code,
      severity,
      file: this.#file,
      path,
      message,
      remedy: remedy ?? errorTable[code].remedy,
      ...(atKey ? { atKey } : {}),
    })
  }
}

/** The remedy for a misspelt name: the name that was probably meant, else the ones that there are; undefined without any. */
export function nameRemedy(word: string, names: Iterable<string>): string | undefined {
  const candidates = [...names]
  const meant = didYouMean(word, candidates)
  if (meant !== undefined) return `did you mean ${meant}?`
  if (candidates.length === 0) return undefined
  const shown = candidates.slice(0, 12).join(', ')
  return `use one of: ${shown}${candidates.length > 12 ? ', ...' : ''}`
}

/** The remedy for a unit that is not in the table. */
export function unitRemedy(unit: string): string {
  const meant = didYouMean(
    unit,
    units.map(({ symbol }) => symbol),
  )
  return meant === undefined ? errorTable['unit-unknown'].remedy : `did you mean ${meant}?`
}
