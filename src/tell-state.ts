import type { Logger } from 'pino'
import type { DatabaseNotice } from './sqlite/open-migrated.ts'
import { type WriteHealth, type WriteKind, writeKinds } from './store/write-queue.ts'

const levelByNotice = {
  created: 'info',
  migrated: 'info',
  salvaged: 'warn',
  movedAside: 'error',
} as const satisfies Record<DatabaseNotice['kind'], keyof Logger>

/** Tells in the log what was found in a database when it was opened. */
export function tellNotices(log: Logger, notices: readonly DatabaseNotice[]): void {
  for (const { kind, message } of notices) log[levelByNotice[kind]](message)
}

const names: Readonly<Record<WriteKind, readonly [one: string, many: string]>> = {
  state: ['state', 'states'],
  run: ['run', 'runs'],
  job: ['change of a job order', 'changes of job orders'],
  value: ['set of last values', 'sets of last values'],
  audit: ['entry of the audit trail', 'entries of the audit trail'],
}

/** Tells in the log that rows cannot be read. */
export function tellDamage(log: Logger, { file, table, count }: { file: string; table: string; count: number }): void {
  log.error(`${damageText(table, count)} in ${file}; a backup may have ${count === 1 ? 'it' : 'them'}`)
}

/** What is told of rows that cannot be read: `2 damaged rows of table run were left out`. */
export function damageText(table: string, count: number): string {
  return `${count} damaged ${count === 1 ? 'row' : 'rows'} of table ${table} ${count === 1 ? 'was' : 'were'} left out`
}

/** Tells in the log how writing behind the plant goes. */
export function tellHealth(log: Logger, { reason, waiting, dropped }: WriteHealth): void {
  if (reason === undefined) log.info('the state of the plant is kept again')
  else
    log.error(
      `the state of the plant is not kept for now: ${reason}; ${waiting} ${waiting === 1 ? 'change waits' : 'changes wait'}, and the plant runs on`,
    )
  const lost = writeKinds.filter((kind) => dropped[kind] > 0)
  if (lost.length === 0) return
  const counts = lost.map((kind) => `${dropped[kind]} ${names[kind][dropped[kind] === 1 ? 0 : 1]}`)
  log.error(`${counts.join(' and ')} were lost since the start, because too much waits for the database`)
}
