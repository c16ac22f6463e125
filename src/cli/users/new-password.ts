import { UsageError } from '../exit-code.ts'
import { cellOf } from '../kept.ts'
import type { Terminal } from '../terminal.ts'

/** Where a new password may come from. */
export interface PasswordSource {
  /** The first line of standard input. */
  readonly isFromInput: boolean
  /** Whether MILLRACE_PASSWORD is the new one, because nobody logs in with it. */
  readonly isLocal: boolean
}

/**
 * The new password of a user: a line of standard input, MILLRACE_NEW_PASSWORD, or what is typed twice on the terminal. It is never
 * an argument, which every user of a machine could read. Throws UsageError when there is none, or two different ones.
 */
export async function newPasswordOf(name: string, source: PasswordSource, terminal: Terminal): Promise<string> {
  if (source.isFromInput) {
    const line = await terminal.readLine?.()
    if (line) return line
    throw new UsageError('standard input has no password; write one, and end the line')
  }
  const { MILLRACE_NEW_PASSWORD: given, MILLRACE_PASSWORD: local } = terminal.environment
  const password = given ?? (source.isLocal ? local : undefined)
  if (password !== undefined) return password
  const typed = await terminal.askSecret?.(`New password of ${cellOf(name)}: `)
  if (typed === undefined) {
    throw new UsageError(
      `${cellOf(name)} has no password; set MILLRACE_NEW_PASSWORD, use --password-stdin, or type it on a terminal`,
    )
  }
  if ((await terminal.askSecret?.('Once more: ')) === typed) return typed
  throw new UsageError('the passwords differ; type the same one twice')
}
