import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** Levels of the log, from the loudest: `debug` is per sample; a healthy plant is silent from `warn` on. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** A level of the log. */
export type LogLevel = (typeof logLevels)[number]

/** Where a log goes, and how. */
export interface LogOptions {
  readonly level?: LogLevel | undefined
  /** File descriptor; standard error when absent, so that what a command prints can be piped on. */
  readonly target?: number | undefined
  /** Whether people read it on a terminal; JSON lines otherwise. */
  readonly isTerminal?: boolean | undefined
}

/** What is never written, wherever it stands in a record: the whole line stays, the value goes. */
const secret = ['password', 'token', 'secret', '*.password', '*.token', '*.secret']

/** The log of the program: readable on a terminal, JSON in a pipe. Lines are written at once, so none is lost at the end. */
export function createLog(options: LogOptions = {}): Logger {
  const { level = 'info', target = 2, isTerminal = process.stderr.isTTY === true } = options
  const stream = isTerminal
    ? pretty({
        destination: target,
        sync: true,
        colorize: true,
        ignore: 'pid,hostname',
        translateTime: 'SYS:HH:MM:ss.l',
      })
    : pino.destination({ dest: target, sync: true })
  return pino(
    { level, redact: { paths: secret, censor: '(hidden)' }, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    stream,
  )
}
