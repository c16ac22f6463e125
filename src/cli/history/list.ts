import type { Command } from 'commander'
import { type KeptTag, openHistoryReadOnly } from '../../history/store/read-only-history.ts'
import { ExitCode, type Finish } from '../exit-code.ts'
import { table } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { timeText } from './cells.ts'
import { Damage } from './damage.ts'
import { type DataOption, historyFileOf } from './place.ts'
import { bytesText } from './quantities.ts'

/** Options of the command. */
export interface ListHistoryOptions extends DataOption {
  readonly json?: boolean
}

/** Adds `millrace history list [folder]`: which tags have a history, and how much of it. */
export function listHistoryCommand(history: Command, terminal: Terminal, finish: Finish): void {
  history
    .command('list')
    .description('tell which tags have a history: type, first and last time, samples, bytes')
    .argument('[folder]', 'plant folder', '.')
    .option('--data <folder>', 'folder of the database (MILLRACE_DATA)')
    .option('--json', 'for machines: times in ISO 8601, bytes as numbers')
    .action(async (folder: string, options: ListHistoryOptions) => {
      finish(await listHistory(folder, options, terminal))
    })
}

/** Prints what there is of each tag, and tells the exit code. */
export async function listHistory(folder: string, options: ListHistoryOptions, terminal: Terminal): Promise<ExitCode> {
  const damage = new Damage()
  const history = await openHistoryReadOnly({
    file: historyFileOf(folder, options, terminal),
    onCorruption: (corruption) => damage.add(corruption),
  })
  try {
    const kept = await history.kept()
    await history.assertUnchanged()
    terminal.out(options.json ? `${JSON.stringify(kept.map(plainOf), null, 2)}\n` : tableOf(kept))
    for (const line of damage.lines()) terminal.err(`warning: ${line}\n`)
    return ExitCode.ok
  } finally {
    await history.close()
  }
}

function tableOf(kept: readonly KeptTag[]): string {
  if (kept.length === 0) return 'no tag has a history\n'
  const head = ['tag', 'type', 'first', 'last', 'samples', 'bytes']
  const rows = kept.map(({ tag, dataType, first, last, samples, bytes }) => [
    tag,
    dataType ?? '-',
    optionalTime(first) ?? '-',
    optionalTime(last) ?? '-',
    String(samples),
    bytesText(bytes),
  ])
  return table([head, ...rows])
}

function plainOf({ tag, dataType, first, last, samples, bytes }: KeptTag): Record<string, unknown> {
  const times = { first: optionalTime(first) ?? null, last: optionalTime(last) ?? null }
  return { tag, type: dataType ?? null, ...times, samples, bytes }
}

function optionalTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : timeText(time)
}
