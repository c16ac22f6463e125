import type { Command } from 'commander'
import type { Finish } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { backupCommand } from './backup.ts'
import { exportHistoryCommand } from './export.ts'
import { listHistoryCommand } from './list.ts'

/** Adds `millrace history export`, `history list` and `history backup`. They only read, and work while the plant runs. */
export function historyCommand(program: Command, terminal: Terminal, finish: Finish): void {
  const history = program
    .command('history')
    .description('export, list and back up what a plant has kept, also while it runs')
  for (const add of [exportHistoryCommand, listHistoryCommand, backupCommand]) add(history, terminal, finish)
}
