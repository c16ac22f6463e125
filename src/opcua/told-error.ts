import { isMillraceError } from '../model/errors.ts'
import { redact } from './guard/index.ts'

/** An error as a line of the log may tell it: our own errors as they are, of any other one line without secrets, paths and stacks. */
export function toldError(error: unknown): string {
  return isMillraceError(error) ? error.message : redact(String(error))
}
