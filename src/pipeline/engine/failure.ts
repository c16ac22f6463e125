import { isMillraceError } from '../../model/errors.ts'
import { isBad, Status } from '../../model/status.ts'

/** The status of what a step threw: its own when it carries a Bad one, BadInternalError otherwise. */
export function statusOf(error: unknown): number {
  const status = (error as { readonly status?: unknown } | null | undefined)?.status
  if (typeof status === 'number' && isBad(status)) return status
  return isMillraceError(error, 'timed-out') ? Status.BadTimeout : Status.BadInternalError
}
