import { createInterface } from 'node:readline'
import type { Environment } from '../config/environment.ts'
import { readSecret } from './secret-line.ts'

/** What a command has of the world: where it writes, and the environment. Tests give it their own. */
export interface Terminal {
  readonly environment: Environment
  /** Whether the output may be coloured. */
  readonly isColored: boolean
  /** How the user started this program, for the next things to type: `millrace`, or `npm start --` in a checkout. */
  readonly invocation: string
  /** Whether standard error is a terminal, on which a line can be written again and again. */
  readonly isLive: boolean
  /** Writes a text to standard output. */
  out(text: string): void
  /** Writes a long output piece by piece: resolves when there is room for more, with false once its reader has gone away. */
  print(text: string): Promise<boolean>
  /** Writes a text to standard error. */
  err(text: string): void
  /** Asks for a line without showing it; undefined when nobody gives one. Absent where nobody can type. */
  askSecret?(question: string): Promise<string | undefined>
  /** The first line of standard input. Absent where there is none. */
  readLine?(): Promise<string | undefined>
  /** Ends the process after a while even if something keeps it alive, such as a plugin that does not let go; absent where there is no process to end. */
  endWithin?(ms: number): void
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process
  // A reader that goes away (`millrace list | head`) is no error of ours.
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe)
  return {
    environment: env,
    isColored: stdout.isTTY === true && !env.NO_COLOR,
    invocation: env.npm_lifecycle_event === 'start' ? 'npm start --' : 'millrace',
    isLive: stderr.isTTY === true,
    out: (text) => stdout.write(text),
    print: (text) => printed(stdout, text),
    err: (text) => stderr.write(text),
    ...(stdin.isTTY ? { askSecret: (question) => readSecret(stdin, (text) => stderr.write(text), question) } : {}),
    readLine: () => firstLineOf(stdin),
    endWithin: (ms) => void setTimeout(() => process.exit(), ms).unref(),
  }
}

async function firstLineOf(stdin: NodeJS.ReadStream): Promise<string | undefined> {
  const lines = createInterface({ input: stdin })
  for await (const line of lines) return line
  return undefined
}

function printed(stream: NodeJS.WriteStream, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error?: NodeJS.ErrnoException | null) => {
      if (error && error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') reject(error)
      else resolve(!error)
    })
  })
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
