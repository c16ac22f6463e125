import { type ErrorCode, isMillraceError } from '../model/errors.ts'

/** Exit codes of the program; those above 64 are the ones of sysexits.h. */
export const ExitCode = { ok: 0, failed: 1, usage: 2, unavailable: 69, software: 70, configuration: 78 } as const

/** An exit code of the program. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

const byCode: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  'port-in-use': ExitCode.unavailable,
  'certificate-unusable': ExitCode.unavailable,
  'server-unreachable': ExitCode.unavailable,
  'stack-version': ExitCode.unavailable,
  'file-unreadable': ExitCode.unavailable,
  'database-locked': ExitCode.unavailable,
  'database-read-only': ExitCode.unavailable,
  'database-full': ExitCode.unavailable,
  'database-foreign': ExitCode.unavailable,
  'database-newer': ExitCode.unavailable,
  'database-older': ExitCode.unavailable,
  'database-library': ExitCode.unavailable,
}

/** The exit code for an operating error. */
export function exitCodeOf(error: unknown): ExitCode {
  return isMillraceError(error) ? (byCode[error.code] ?? ExitCode.failed) : ExitCode.failed
}

/** An argument that does not make sense: ends the program with the code for wrong usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A command's action tells the exit code of the program with it. */
export type Finish = (code: ExitCode) => void
