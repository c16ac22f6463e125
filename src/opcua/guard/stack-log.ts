import { setDebugLogger, setErrorLogger, setTraceLogger, setWarningLogger } from 'node-opcua-debug'
import type { Clock } from '../../model/clock.ts'
import { routeStackConsole } from './stack-console.ts'

/** How grave a line of the stack is. */
export type StackLogLevel = 'error' | 'warn' | 'debug'

/** Takes one redacted line. */
export type StackLog = (level: StackLogLevel, message: string) => void

/** One line of a kind is let through in this time; the others are counted. */
const QUIET_MS = 60_000
const LINE_LENGTH_MAX = 200

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the stack's lines are control sequences.
const COLOUR = /\u001b\[[0-9;]*m/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: a log line must not carry what a client sent as control.
const CONTROL = /[\u0000-\u001f\u007f]/g
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(pass(?:word|wd|phrase)?|secret|token|nonce|authenticationToken)\b\s*[:=]?\s*\S+/gi, '$1 [redacted]'],
  [/\/\/[^\s/@]+@/g, '//[redacted]@'],
  [/\b(?:ns=\d+;)?[gb]=[^\s,;)]+/g, '[node id]'],
  [/\b[0-9a-f]{16,}\b/gi, '[hex]'],
  [/(?:file:\/\/)?(?:[A-Za-z]:)?(?:[\\/][\w.@~+-]+){2,}(?::\d+)*/g, '[path]'],
  [/[A-Za-z0-9+/]{60,}={0,2}/g, '[bytes]'],
]

/**
 * Replaces the stack's own log, and takes what it prints past it: it prints whole requests with their tokens, stack traces and, on one path, a password.
 *
 * Each place in the stack is one kind of line: it is let through once a minute, cut to one line, redacted, with the number
 * of lines left out since. The returned function sends later lines nowhere, since the stack's own sink cannot be had back.
 */
export function routeStackLog(log: StackLog, clock: Clock): () => void {
  const kinds = new Map<string, { sinceMs: number; left: number }>()
  const sink =
    (level: StackLogLevel) =>
    (context: unknown, ...parts: unknown[]): void => {
      const kind = `${level} ${placeOf(context)}`
      const nowMs = clock.monotonic()
      const known = kinds.get(kind)
      if (known && nowMs - known.sinceMs < QUIET_MS) {
        known.left += 1
        return
      }
      kinds.set(kind, { sinceMs: nowMs, left: 0 })
      const more = known && known.left > 0 ? ` (${known.left} more like it)` : ''
      log(level, `${placeOf(context)}: ${redact(parts.map(textOf).join(' '))}${more}`)
    }
  setErrorLogger(sink('error'))
  setWarningLogger(sink('warn'))
  setDebugLogger(sink('debug'))
  setTraceLogger(sink('debug'))
  const restoreConsole = routeStackConsole(sink('debug'))
  return () => {
    restoreConsole()
    for (const set of [setErrorLogger, setWarningLogger, setDebugLogger, setTraceLogger]) set(() => undefined)
  }
}

/** The first line with text, without colours, secrets, paths and control characters, at most 200 characters long. */
export function redact(text: string): string {
  const lines = text.slice(0, 4_000).replace(COLOUR, '').split('\n')
  const line = lines.find((candidate) => /\w/.test(candidate)) ?? ''
  const clean = SECRETS.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), line)
  return clean.replace(CONTROL, ' ').trim().slice(0, LINE_LENGTH_MAX)
}

/** Objects are named, not printed: a request knows its session's token. */
function textOf(part: unknown): string {
  if (part instanceof Error) return part.message
  if (typeof part === 'object' && part !== null) return `[${part.constructor?.name ?? 'object'}]`
  return String(part)
}

function placeOf(context: unknown): string {
  const { filename, callerline } = (context ?? {}) as { filename?: unknown; callerline?: unknown }
  return `${filename ?? 'stack'}:${callerline ?? 0}`
}
