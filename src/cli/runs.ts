import type { Command } from 'commander'
import type { StoredRun } from '../store/run-store.ts'
import { ExitCode, type Finish } from './exit-code.ts'
import { cellOf, jsonOf, type KeptOptions, momentText, newestOf, readingKept, withKeptOptions } from './kept.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Options of the command. */
export interface RunsOptions extends KeptOptions {
  readonly pipeline?: string
}

/** Adds `millrace runs [folder]`: what was run, for what, and what came of it. */
export function runsCommand(program: Command, terminal: Terminal, finish: Finish): void {
  withKeptOptions(program.command('runs').description('list the runs of a plant, newest first, also while it runs'))
    .option('--pipeline <id>', 'runs of this pipeline only')
    .action(async (folder: string | undefined, options: RunsOptions) => {
      terminal.out(await runs(folder, options, terminal))
      finish(ExitCode.ok)
    })
}

/** Tells the runs of a plant as a table, or as JSON. */
export async function runs(folder: string | undefined, options: RunsOptions, terminal: Terminal): Promise<string> {
  const { data, pipeline, json } = options
  const where = { what: 'runs', ...(data === undefined ? {} : { data }) } as const
  const entries = await readingKept(folder, where, terminal, (store) =>
    newestOf(options, (span) => store.runs.list({ ...span, pipeline })),
  )
  if (json) return jsonOf(entries.map(plainRun))
  if (entries.length === 0) return 'no runs are kept for that\n'
  const head = ['start (UTC)', 'pipeline', 'duration', 'outcome', 'version', 'trigger', 'user', 'error']
  return table([head, ...entries.map(rowOf)])
}

function rowOf({ startedAt, pipeline, end, version, trigger, initiator }: StoredRun): readonly string[] {
  return [
    momentText(startedAt),
    pipeline,
    end ? durationText(end.endedAt - startedAt) : '',
    end?.outcome ?? 'running',
    version === undefined ? '' : String(version),
    trigger,
    initiator === trigger ? '' : cellOf(initiator, 24),
    cellOf(end?.error ?? ''),
  ]
}

function plainRun({ startedAt, parameters, end, ...rest }: StoredRun) {
  const { endedAt, results = [], ...more } = end ?? {}
  return {
    ...rest,
    start: new Date(startedAt),
    ...(endedAt === undefined ? {} : { end: new Date(endedAt), durationMs: endedAt - startedAt }),
    ...more,
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value])),
    results: results.map(({ tag, sample: { value, status, sourceTime } }) => {
      return { tag, value, status, sourceTime: new Date(sourceTime) }
    }),
  }
}

/** A duration for people, of its two largest units. */
export function durationText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const
  const first = units.findIndex(([, unit]) => ms >= unit)
  let rest = ms
  const parts = units.slice(first, first + 2).map(([name, unit]) => {
    const count = Math.floor(rest / unit)
    rest -= count * unit
    return `${count} ${name}`
  })
  return parts.join(' ')
}
