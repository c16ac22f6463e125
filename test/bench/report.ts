/** One line of a benchmark. `against` names each limit or rival measured in the same run, `ratio` is ours divided by it. */
export interface Row {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly against?: Readonly<Record<string, number>>
  readonly ratio?: Readonly<Record<string, number>>
}

/** What a benchmark found: its rows, and what was wanted and whether it was reached. */
export interface Report {
  readonly rows: readonly Row[]
  readonly wanted: readonly { readonly text: string; readonly isReached: boolean }[]
}

/** How a benchmark runs: a quick one has fewer and shorter repetitions, and some can run a part of themselves alone. */
export interface BenchmarkOptions {
  readonly isQuick: boolean
  readonly part?: string | undefined
}

/** A benchmark. */
export type Benchmark = (options: BenchmarkOptions) => Promise<Report>

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The number below which a share of the numbers lies. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** A row with its ratios. */
export function row(name: string, unit: string, value: number, against: Readonly<Record<string, number>> = {}): Row {
  const ratio = Object.fromEntries(Object.entries(against).map(([rival, theirs]) => [rival, rounded(value / theirs)]))
  const plain = Object.fromEntries(Object.entries(against).map(([rival, theirs]) => [rival, rounded(theirs)]))
  return Object.keys(against).length === 0
    ? { name, unit, value: rounded(value) }
    : { name, unit, value: rounded(value), against: plain, ratio }
}

/** Prints a table for people, and with `isJson` one line of JSON at the end. */
export function printReport(bench: string, { rows, wanted }: Report, isJson: boolean): void {
  const rivals = [...new Set(rows.flatMap(({ against }) => Object.keys(against ?? {})))]
  const head = ['', 'unit', 'ours', ...rivals.flatMap((rival) => [rival, `ours / ${rival}`])]
  const body = rows.map(({ name, unit, value, against, ratio }) => [
    name,
    unit,
    shown(value),
    ...rivals.flatMap((rival) => [shown(against?.[rival]), shown(ratio?.[rival])]),
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((line) => (line[column] ?? '').length)))
  for (const line of [head, ...body]) {
    const cells = line.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
  process.stdout.write('\n')
  for (const { text, isReached } of wanted) process.stdout.write(`${isReached ? 'reached' : 'MISSED '}  ${text}\n`)
  if (isJson) process.stdout.write(`${JSON.stringify({ bench, rows })}\n`)
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function shown(value: number | undefined): string {
  if (value === undefined) return ''
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(value)
}
