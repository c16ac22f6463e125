import { type StatusCode, StatusCodes } from 'node-opcua-client'
import { isMillraceError, MillraceError, messageOf } from '../../model/errors.ts'
import { UsageError } from '../exit-code.ts'
import { cellOf } from '../kept.ts'

interface Who {
  readonly url: string
  readonly user: string | undefined
}

/** Statuses of a login that was not taken; a server may use any of them (Part 4 §5.7.3.3). */
const loginStatuses: readonly string[] = [
  'BadIdentityTokenInvalid',
  'BadIdentityTokenRejected',
  'BadUserAccessDenied',
  'BadUserSignatureInvalid',
]

/** What an error of the stack while a session is opened means; ours are passed on. */
export function explained(error: unknown, { url, user }: Who): unknown {
  if (isMillraceError(error) || error instanceof UsageError) return error
  const status = statusOf(error)
  if (status && loginStatuses.includes(status.name)) {
    const who = user === undefined ? 'a client without a login; give --user' : `the login of ${cellOf(user)}`
    return new MillraceError('login-refused', `${url} refuses ${who}`, { cause: error, status: status.value })
  }
  if (status) return refusal('the connection', status, { url, cause: error })
  if (isLate(error)) return new MillraceError('timed-out', `${url} does not answer`, { cause: error })
  const reason = reasonOf(error)
  return new MillraceError('server-unreachable', `${url} cannot be reached: ${reason}`, { cause: error })
}

/** Waits for the answer to a request and turns what the stack rejects with into one of our errors. */
export async function answered<T>(what: string, answer: Promise<T>, who: Who): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw refused(what, error, who)
  }
}

/** Throws when a status of an answer is Bad: `permission-missing` when the user may not, `server-refused` otherwise. */
export function requireGoodish(status: StatusCode, what: string, who: Who): void {
  if (status.isBad()) throw refusal(what, status, who)
}

function refused(what: string, error: unknown, who: Who): unknown {
  if (isMillraceError(error) || error instanceof UsageError) return error
  const status = statusOf(error)
  if (status) return refusal(what, status, { ...who, cause: error })
  if (isLate(error)) return new MillraceError('timed-out', `${who.url} does not answer ${what}`, { cause: error })
  return new MillraceError('server-unreachable', `${who.url} was lost during ${what}: ${reasonOf(error)}`, {
    cause: error,
  })
}

function refusal(
  what: string,
  status: StatusCode,
  { url, user, cause }: Partial<Who> & { cause?: unknown },
): MillraceError {
  const options = { status: status.value, cause }
  if (status.equals(StatusCodes.BadUserAccessDenied)) {
    const who = user === undefined ? 'a client without a login' : cellOf(user)
    return new MillraceError('permission-missing', `${who} may not do this at ${url}: ${what}`, options)
  }
  return new MillraceError(
    'server-refused',
    `${url} answers ${what} with ${status.name}: ${status.description}`,
    options,
  )
}

/** The status with which a server answered, when an error of the stack has one; a refused login has it in its text only. */
function statusOf(error: unknown): StatusCode | undefined {
  const { response, statusCode } = (error ?? {}) as {
    response?: { responseHeader?: { serviceResult?: StatusCode } }
    statusCode?: StatusCode
  }
  const told = response?.responseHeader?.serviceResult ?? statusCode
  if (told) return told
  const [name = ''] = /\bBad[A-Z]\w+/.exec(messageOf(error)) ?? []
  return (StatusCodes as unknown as Readonly<Record<string, StatusCode>>)[name]
}

function isLate(error: unknown): boolean {
  return /time-?out/i.test(messageOf(error))
}

/** The reason of an error of the stack, on one line. */
function reasonOf(error: unknown): string {
  const [code] =
    /\b(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ECONNRESET|ETIMEDOUT)\b/.exec(messageOf(error)) ??
    []
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'there is no such host',
    EAI_AGAIN: 'there is no such host',
    EHOSTUNREACH: 'there is no way to that host',
    ENETUNREACH: 'there is no way to that network',
    ECONNRESET: 'it closed the connection',
    ETIMEDOUT: 'it does not answer',
  }
  return (code && reasons[code]) ?? cellOf(messageOf(error).split('\n')[0] ?? '', 200)
}
