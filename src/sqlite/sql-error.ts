import { type ErrorCode, MillraceError, messageOf } from '../model/errors.ts'

/** Result codes of SQLite that mean something to an operator (sqlite.org/rescode.html). */
export const ResultCode = {
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const

const codes: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [ResultCode.BUSY]: ['database-locked', 'is locked by another process; stop it, or wait until it has finished'],
  [ResultCode.LOCKED]: ['database-locked', 'is locked by another statement; try again'],
  [ResultCode.READONLY]: ['database-read-only', 'may not be written; check the permissions of the file and its folder'],
  [ResultCode.IOERR]: ['database-disk', 'cannot be read or written: its disk fails; check the disk'],
  [ResultCode.CORRUPT]: ['database-corrupt', 'is damaged; restore a backup, or start anew without it'],
  [ResultCode.NOTADB]: ['database-corrupt', 'is not a database, or its beginning is damaged; restore a backup'],
  [ResultCode.FULL]: ['database-full', 'cannot grow: its disk is full; make room'],
  [ResultCode.CANTOPEN]: ['file-unreadable', 'cannot be opened; check the path and its permissions'],
}

/** An operating error of a database from SQLite's result code, extended or not. */
export function sqlError(file: string, resultCode: number, cause: unknown): MillraceError {
  const [code, text] = codes[resultCode & 0xff] ?? ['database-failed', 'failed']
  const detail = messageOf(cause)
  return new MillraceError(code, `${file} ${text} (${detail})`, { cause })
}
