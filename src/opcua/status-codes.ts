import { getStatusCodeFromCode, type StatusCode, StatusCodes } from 'node-opcua'
import { type ErrorCode, isMillraceError } from '../model/errors.ts'
import { Status } from '../model/status.ts'

/** What a client gets for an operating error that does not bring a status of its own. */
const statusByCode: Partial<Record<ErrorCode, number>> = {
  'invalid-state': Status.BadInvalidState,
  'not-connected': Status.BadNotConnected,
  'timed-out': Status.BadTimeout,
  'write-refused': Status.BadOutOfRange,
  'value-out-of-range': Status.BadOutOfRange,
  'value-invalid': Status.BadInvalidArgument,
  'pipeline-unknown': Status.BadNodeIdUnknown,
  'device-unknown': Status.BadNodeIdUnknown,
  'tag-unknown': Status.BadNodeIdUnknown,
  'method-unknown': Status.BadMethodInvalid,
  'step-failed': Status.BadDeviceFailure,
  cancelled: Status.BadRequestCancelledByClient,
}

const cache = new Map<number, StatusCode>([[0, StatusCodes.Good]])

/** The stack's object for a numeric status code. */
export function statusCodeOf(status: number): StatusCode {
  let code = cache.get(status)
  if (!code) {
    code = getStatusCodeFromCode(status)
    // A device may make up any number of codes; only the usual few are worth keeping.
    if (cache.size < 256) cache.set(status, code)
  }
  return code
}

/** The status that a client gets for something thrown by a command; undefined for what is no operating error. */
export function statusOfError(error: unknown): number | undefined {
  if (!isMillraceError(error)) return undefined
  const isOfDatabase = error.code.startsWith('database-')
  const status = error.status ?? statusByCode[error.code]
  return status ?? (isOfDatabase ? Status.BadResourceUnavailable : Status.BadUnexpectedError)
}
