import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { makeLike, makePrivateFolder } from '../../files/private-files.ts'
import { historySchema } from '../../history/store/schema.ts'
import { MillraceError } from '../../model/errors.ts'
import { openReadOnly } from '../../sqlite/open-read-only.ts'
import type { Schema } from '../../sqlite/schema.ts'
import { metaSchema } from '../../store/meta-schema.ts'
import { ExitCode, type Finish } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { assertFree, intoPlace } from './draft.ts'
import { type DataOption, dataFolderOf } from './place.ts'
import { bytesText } from './quantities.ts'

/** Options of the command. */
export interface BackupOptions extends DataOption {
  readonly output: string
}

const databases: readonly (readonly [string, Schema])[] = [
  ['meta.db', metaSchema],
  ['history.db', historySchema],
]

/** Adds `millrace history backup [folder] -o DIR`: consistent copies of a plant's databases. */
export function backupCommand(history: Command, terminal: Terminal, finish: Finish): void {
  history
    .command('backup')
    .description('copy the databases of a plant into another folder, also while it runs')
    .argument('[folder]', 'plant folder', '.')
    .option('--data <folder>', 'folder of the databases (MILLRACE_DATA)')
    .requiredOption('-o, --output <folder>', 'folder for the copies; it is made when it is missing')
    .addHelpText(
      'after',
      '\nTo restore them, stop the plant, move its meta.db and history.db away with their -wal and -shm files, and put the copies there.\nA plain copy of a database that is in use would lack what is still in its log.',
    )
    .action(async (folder: string, options: BackupOptions) => finish(await backup(folder, options, terminal)))
}

/** Copies the databases that there are, each as it is at one moment, and tells the exit code. */
export async function backup(folder: string, options: BackupOptions, terminal: Terminal): Promise<ExitCode> {
  const from = dataFolderOf(folder, options, terminal)
  const found = databases.filter(([name]) => existsSync(join(from, name)))
  if (found.length === 0) {
    throw new MillraceError(
      'file-unreadable',
      `there is no meta.db or history.db in ${from}; name the plant's folder, or that of its databases with --data`,
    )
  }
  for (const [name] of found) assertFree(join(options.output, name))
  await madeFolder(options.output)
  for (const [name, schema] of found) {
    const target = join(options.output, name)
    await copy({ from: join(from, name), to: target, schema })
    const { size } = await stat(target)
    terminal.out(`wrote ${target} (${bytesText(size)})\n`)
  }
  return ExitCode.ok
}

async function copy({ from, to, schema }: { from: string; to: string; schema: Schema }): Promise<void> {
  const { reader, assertUnchanged } = await openReadOnly({ file: from, schema, versionMin: 0 })
  try {
    const fill = async (draft: string): Promise<void> => {
      await makeLike(draft, from)
      await reader.all('VACUUM INTO ?', [draft])
    }
    await intoPlace(to, fill, { approve: assertUnchanged })
  } finally {
    await reader.close()
  }
}

async function madeFolder(folder: string): Promise<void> {
  try {
    await makePrivateFolder(folder)
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new MillraceError('file-unreadable', `the folder ${folder} cannot be made: ${reason}; choose another`, {
      cause,
    })
  }
}
