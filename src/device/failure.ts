import { isMillraceError, MillraceError } from '../model/errors.ts'
import { isGood, Status } from '../model/status.ts'
import { NotConnected, ReadingFailed, Rejected, TimedOut } from '../plugin/facts.ts'
import type { LinkFact } from './connection-state.ts'

/** What something thrown by a device plugin means: `answered` says that the device refused, and that the link stays. */
export interface Failure {
  readonly fact: LinkFact | 'answered'
  /** Status of the tags or of the caller. */
  readonly status: number
  readonly message: string
  /** Code of the operating system's error behind it, such as ECONNREFUSED. */
  readonly systemCode?: string
}

const messageLengthMax = 500

/**
 * Reads the fact out of anything thrown. {@link NotConnected} means BadNoCommunication, {@link Rejected} and
 * {@link ReadingFailed} carry their own status, {@link TimedOut} and a passed deadline mean BadTimeout; everything else is a communication error.
 */
export function failureOf(error: unknown): Failure {
  const message = messageOf(error)
  if (error instanceof NotConnected) return { fact: 'notConnected', status: Status.BadNoCommunication, message }
  if (error instanceof TimedOut) return { fact: 'communication', status: Status.BadTimeout, message }
  if (error instanceof ReadingFailed) return { fact: 'answered', status: refusal(error.status), message }
  if (error instanceof Rejected) {
    return { fact: 'answered', status: refusal(error.status ?? Status.BadInvalidArgument), message }
  }
  if (isMillraceError(error, 'plugin-invalid')) return { fact: 'plugin', status: Status.BadConfigurationError, message }
  if (isMillraceError(error)) {
    return { fact: 'communication', status: error.status ?? Status.BadCommunicationError, message }
  }
  return { fact: 'communication', status: Status.BadCommunicationError, message, ...systemCodeOf(error) }
}

function systemCodeOf(error: unknown): { systemCode?: string } {
  const isSystem = error instanceof Error && 'code' in error && typeof error.code === 'string'
  return isSystem ? { systemCode: error.code as string } : {}
}

/** The operating error that the caller of a method gets for anything thrown; an operating error stays as it is. */
export function callError(error: unknown, what: string): MillraceError {
  if (error instanceof MillraceError) return error
  const { fact, status, message } = failureOf(error)
  if (fact === 'answered') return new MillraceError('write-refused', `${what}: ${message}`, { cause: error, status })
  return new MillraceError('not-connected', `${what}: ${message}`, {
    cause: error,
    status: fact === 'notConnected' ? Status.BadNotConnected : status,
  })
}

/** The text of anything thrown, in one piece and not too long. */
export function messageOf(error: unknown): string {
  return textOf(error).slice(0, messageLengthMax)
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error)
  } catch {
    return 'an error without a text'
  }
}

/** A refusal is never Good, whatever the plugin says. */
function refusal(status: number): number {
  const code = status >>> 0
  return isGood(code) ? Status.BadUnexpectedError : code
}
