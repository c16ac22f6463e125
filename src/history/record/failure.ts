import { isMillraceError } from '../../model/errors.ts'
import type { HistorianState } from '../../model/event.ts'

const stateByCode: Readonly<Record<string, HistorianState>> = {
  'database-full': 'Full',
  'database-locked': 'Locked',
  'database-read-only': 'ReadOnly',
  'database-corrupt': 'Corrupt',
  'database-disk': 'Unavailable',
  'database-foreign': 'Unavailable',
  'database-newer': 'Unavailable',
  'database-library': 'Unavailable',
  'file-unreadable': 'Unavailable',
}

/** The state of a historian whose store has failed with an error. */
export function stateOf(error: unknown): HistorianState {
  return (isMillraceError(error) ? stateByCode[error.code] : undefined) ?? 'Degraded'
}

/** Tells whether an error is about what was to be stored, and would come again with the same samples on any store. */
export function isAboutSamples(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || isMillraceError(error, 'value-invalid')
}
