import type { Command } from 'commander'
import { statusName } from '../model/status.ts'
import type { AuditEntry } from '../store/audit-store.ts'
import { ExitCode, type Finish } from './exit-code.ts'
import { cellOf, jsonOf, type KeptOptions, momentText, newestOf, readingKept, withKeptOptions } from './kept.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Options of the command. */
export interface AuditOptions extends KeptOptions {
  readonly user?: string
}

/** Adds `millrace audit [folder]`: who has done what to a plant, or has tried to. */
export function auditCommand(program: Command, terminal: Terminal, finish: Finish): void {
  withKeptOptions(
    program.command('audit').description('list what clients have done to a plant, newest first, also while it runs'),
  )
    .option('--user <name>', 'what this user has done only; anonymous is everybody without a login')
    .action(async (folder: string | undefined, options: AuditOptions) => {
      terminal.out(await audit(folder, options, terminal))
      finish(ExitCode.ok)
    })
}

/** Tells the audit trail of a plant as a table, or as JSON. */
export async function audit(folder: string | undefined, options: AuditOptions, terminal: Terminal): Promise<string> {
  const { data, user, json } = options
  const where = { what: 'audit', ...(data === undefined ? {} : { data }) } as const
  const entries = await readingKept(folder, where, terminal, (store) =>
    newestOf(options, (span) => store.audit.read({ ...span, user })),
  )
  if (json) return jsonOf(entries.map(plainEntry))
  if (entries.length === 0) return 'nothing is kept for that\n'
  return table([['time (UTC)', 'user', 'action', 'target', 'status', 'details'], ...entries.map(rowOf)])
}

function rowOf({ time, user, action, target, status, details }: AuditEntry): readonly string[] {
  const told = Object.entries(details).map(([name, value]) => `${name}=${jsonOf(value).replaceAll(/\s+/g, ' ').trim()}`)
  const cells = [cellOf(user, 24), action, cellOf(target), statusName(status), cellOf(told.join(' '), 100)]
  return [momentText(time), ...cells]
}

function plainEntry({ time, status, ...rest }: AuditEntry) {
  return { time: new Date(time), ...rest, status, statusName: statusName(status) }
}
