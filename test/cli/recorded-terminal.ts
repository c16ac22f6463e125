import { runCommandLine } from '../../src/cli/command-line.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

/** What a command did: its exit code and what it wrote. */
export interface Recorded {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A terminal that remembers what is written to it. */
export function recordedTerminal(
  environment: Record<string, string> = {},
): Terminal & { readonly written: { out: string; err: string } } {
  const written = { out: '', err: '' }
  return {
    environment,
    isColored: false,
    isLive: false,
    invocation: 'millrace',
    written,
    out: (text) => {
      written.out += text
    },
    print: async (text) => {
      written.out += text
      return true
    },
    err: (text) => {
      written.err += text
    },
  }
}

/** Runs a command line in this process. */
export async function recorded(args: readonly string[], environment: Record<string, string> = {}): Promise<Recorded> {
  const terminal = recordedTerminal(environment)
  const code = await runCommandLine(args, terminal)
  return { code, ...terminal.written }
}
