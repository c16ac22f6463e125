import { UsageError } from '../exit-code.ts'
import { cellOf } from '../kept.ts'
import type { Terminal } from '../terminal.ts'

/**
 * The password of a user: MILLRACE_PASSWORD, or what is typed on the terminal. It is never an argument, which every user of a
 * machine could read. Throws UsageError when there is neither.
 */
export async function passwordOf(user: string, terminal: Terminal): Promise<string> {
  const { MILLRACE_PASSWORD: password } = terminal.environment
  if (password !== undefined) return password
  const typed = await terminal.askSecret?.(`Password of ${cellOf(user)}: `)
  if (typed !== undefined) return typed
  throw new UsageError(`${cellOf(user)} has no password; set MILLRACE_PASSWORD, or type it on a terminal`)
}
