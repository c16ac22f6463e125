import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../../model/errors.ts'
import type { Terminal } from '../terminal.ts'

/** The option that all commands of history share. */
export interface DataOption {
  readonly data?: string
}

/** The folder of a plant's databases: the option, then the environment, then `data` in the plant folder, as for `run`. */
export function dataFolderOf(folder: string, { data }: DataOption, { environment }: Terminal): string {
  return data ?? (environment.MILLRACE_DATA || join(folder, 'data'))
}

/** The history of a plant; rejects with `file-unreadable` when there is none. */
export function historyFileOf(folder: string, option: DataOption, terminal: Terminal): string {
  const file = join(dataFolderOf(folder, option, terminal), 'history.db')
  if (existsSync(file)) return file
  throw new MillraceError(
    'file-unreadable',
    `there is no ${file}: the plant has kept no history yet, or it is elsewhere; name the plant's folder, or that of its databases with --data`,
  )
}
