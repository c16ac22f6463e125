import type { Samples } from '../samples.ts'

/** Numbers of runs from the first to the last, both included. */
export interface RunSpan {
  readonly first: number
  readonly last: number
}

/** The span that has all runs of some samples; undefined when they are of none. */
export function runSpanOf({ runs }: Pick<Samples, 'runs'>): RunSpan | undefined {
  if (!runs) return undefined
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  for (const run of runs) {
    if (run === 0) continue
    if (run < first) first = run
    if (run > last) last = run
  }
  return last === 0 ? undefined : { first, last }
}
