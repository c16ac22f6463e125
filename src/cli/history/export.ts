import { open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type AggregateName, aggregateIds } from '../../history/aggregate/configuration.ts'
import { openHistoryReadOnly, type ReadOnlyHistory } from '../../history/store/read-only-history.ts'
import { type Clock, systemClock } from '../../model/clock.ts'
import { didYouMean } from '../../model/did-you-mean.ts'
import { ExitCode, type Finish, UsageError } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { rangeOf, widthOf } from '../time-range.ts'
import { type Block, type Processing, processedBlocks, rawBlocks } from './blocks.ts'
import { csvHeader, csvRows } from './csv.ts'
import { Damage } from './damage.ts'
import { assertFree, intoPlace } from './draft.ts'
import { type ExportFormat, exportFormats, formatOf } from './export-format.ts'
import { type DataOption, historyFileOf } from './place.ts'
import { Progress } from './progress.ts'
import { bytesText, countText } from './quantities.ts'
import { TagSelection } from './tag-selection.ts'

/** Options of the command. */
export interface ExportOptions extends DataOption {
  readonly tag?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly every?: string
  readonly aggregate?: readonly AggregateName[]
  readonly format?: ExportFormat
  readonly output?: string
  readonly force?: boolean
}

/** Adds `millrace history export [folder]`: samples, or aggregates over intervals, as CSV or Parquet. */
export function exportHistoryCommand(history: Command, terminal: Terminal, finish: Finish): void {
  const several = <T>(one: T, before: readonly T[] = []): readonly T[] => [...before, one]
  history
    .command('export')
    .description('write what a plant has kept as CSV or Parquet, also while it runs')
    .argument('[folder]', 'plant folder', '.')
    .option('--data <folder>', 'folder of the database (MILLRACE_DATA)')
    .option('--tag <pattern>', 'a tag, or several with *; may be repeated; all without it', several<string>)
    .option('--from <time>', 'first time, such as 2026-05-01T06:00, 2026-05-01T04:00Z, -7d')
    .option('--to <time>', 'time before which it ends, written in the same way')
    .option('--every <duration>', 'width of the intervals for --aggregate, such as 1m')
    .addOption(
      new Option('--aggregate <name>', 'computes values of intervals; may be repeated').argParser(
        (name: string, before: readonly AggregateName[] | undefined) => several(aggregateOf(name), before),
      ),
    )
    .addOption(new Option('--format <format>', 'by the ending of the output when absent').choices(exportFormats))
    .option('-o, --output <file>', 'file to write; standard output without it')
    .option('--force', 'write over the output when it is there already')
    .addHelpText('after', helpText)
    .action(async (folder: string, options: ExportOptions) => {
      finish(await exportHistory(folder, options, { terminal, clock: systemClock }))
    })
}

const helpText = `
Times without a zone are those of this machine; times in the output are UTC. The end does not belong to the range.
Columns of CSV: tag, time, value, status, statusCode, and aggregate after time with --aggregate. Lists are JSON, bytes base64.
Columns of Parquet: tag, time, value_number, value_text, status, status_code.

Aggregates: ${Object.keys(aggregateIds).join(', ')}.`

/** What an export needs besides its options. */
export interface ExportSurroundings {
  readonly terminal: Terminal
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
}

/** Writes the history of a plant, and tells the exit code. */
export async function exportHistory(
  folder: string,
  options: ExportOptions,
  { terminal, clock }: ExportSurroundings,
): Promise<ExitCode> {
  const { output, force: isForced = false } = options
  const format = formatOf(options.format, output)
  const processing = processingOf(options)
  const range = rangeOf(options, clock.now())
  const selection = new TagSelection(options.tag ?? [])
  const file = historyFileOf(folder, options, terminal)
  if (output !== undefined) await assertWritable(output, { isForced, database: file })
  const damage = new Damage()
  const history = await openHistoryReadOnly({
    file,
    isWanted: (tag) => selection.has(tag),
    onCorruption: (corruption) => damage.add(corruption),
  })
  const progress = new Progress(terminal, clock)
  try {
    const tags = selection.of(history.names)
    const blocks = processing ? processedBlocks(history, tags, range, processing) : rawBlocks(history, tags, range)
    const counted = new Counted(blocks, (rows, tag) => progress.show(() => `${countText(rows, 'row')}, at ${tag}`))
    const job = { blocks: counted, hasAggregate: processing !== undefined, history }
    if (output === undefined) await toTerminal(job, terminal)
    else
      await intoPlace(output, (draft) => toFile(job, draft, format), {
        isForced,
        approve: () => history.assertUnchanged(),
      })
    progress.end()
    await conclude(counted, { damage, output, terminal })
    return ExitCode.ok
  } finally {
    progress.end()
    await history.close()
  }
}

/** Refuses a file that is there, unless it may be replaced; a database of the plant may never be. */
async function assertWritable(
  output: string,
  { isForced, database }: { readonly isForced: boolean; readonly database: string },
): Promise<void> {
  if (!isForced) assertFree(output)
  const identity = (path: string): Promise<string | undefined> =>
    stat(path).then(
      ({ dev, ino }) => `${dev} ${ino}`,
      () => undefined,
    )
  const own = await identity(output)
  const meta = join(dirname(database), 'meta.db')
  const kept = [database, meta].flatMap((path) => [path, `${path}-wal`, `${path}-shm`])
  for (const path of own === undefined ? [] : kept) {
    if ((await identity(path)) === own)
      throw new UsageError(`${output} is a database of the plant; choose another file`)
  }
}

/** Tells what came of it: what was missing on standard error, what was written to a file on standard output. */
async function conclude(
  { rows, tags }: Counted,
  {
    damage,
    output,
    terminal,
  }: { readonly damage: Damage; readonly output: string | undefined; readonly terminal: Terminal },
): Promise<void> {
  if (rows === 0) terminal.err('note: there are no samples in this range\n')
  for (const line of damage.lines()) terminal.err(`warning: ${line}\n`)
  if (output === undefined) return
  const { size } = await stat(output)
  terminal.out(`wrote ${countText(rows, 'row')} of ${countText(tags, 'tag')} to ${output} (${bytesText(size)})\n`)
}

interface Job {
  readonly blocks: AsyncIterable<Block>
  readonly hasAggregate: boolean
  readonly history: ReadOnlyHistory
}

async function toTerminal({ blocks, hasAggregate, history }: Job, terminal: Terminal): Promise<void> {
  if (!(await terminal.print(csvHeader(hasAggregate)))) return
  // Its reader may go away, as `head` does: there is nothing to do then, and nothing wrong.
  for await (const block of blocks) if (!(await terminal.print(csvRows(block)))) return
  await history.assertUnchanged()
}

async function toFile({ blocks, hasAggregate }: Job, draft: string, format: ExportFormat): Promise<void> {
  if (format === 'csv') return toCsvFile({ blocks, hasAggregate }, draft)
  // It is needed by this command alone, and by few of its users.
  const { ParquetFile } = await import('./parquet.ts')
  const file = new ParquetFile(draft, hasAggregate)
  for await (const block of blocks) await file.write(block)
  await file.end()
}

async function toCsvFile({ blocks, hasAggregate }: Omit<Job, 'history'>, draft: string): Promise<void> {
  const handle = await open(draft, 'w')
  try {
    await handle.writeFile(csvHeader(hasAggregate))
    for await (const block of blocks) await handle.writeFile(csvRows(block))
  } finally {
    await handle.close()
  }
}

/** Blocks that are counted as they pass. */
class Counted implements AsyncIterable<Block> {
  rows = 0
  tags = 0
  readonly #blocks: AsyncIterable<Block>
  readonly #onBlock: (rows: number, tag: string) => void

  constructor(blocks: AsyncIterable<Block>, onBlock: (rows: number, tag: string) => void) {
    this.#blocks = blocks
    this.#onBlock = onBlock
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Block> {
    let last: string | undefined
    for await (const block of this.#blocks) {
      if (block.tag !== last) this.tags++
      last = block.tag
      this.rows += block.samples.count
      this.#onBlock(this.rows, block.tag)
      yield block
    }
  }
}

function processingOf({ every, aggregate: aggregates }: ExportOptions): Processing | undefined {
  if (every === undefined && aggregates === undefined) return undefined
  if (every === undefined) throw new UsageError('--aggregate needs the width of its intervals; say --every 1m')
  if (aggregates === undefined) throw new UsageError('--every needs an aggregate; say --aggregate Average')
  return { width: widthOf(every), aggregates: [...new Set(aggregates)] }
}

function aggregateOf(name: string): AggregateName {
  const names = Object.keys(aggregateIds) as AggregateName[]
  const found = names.find((each) => each === name)
  if (found) return found
  const meant = didYouMean(name, names)
  throw new InvalidArgumentError(`${meant ? `Did you mean ${meant}?` : `It may be ${names.join(', ')}.`}`)
}
