import { open } from 'node:fs/promises'
import { MillraceError } from '../model/errors.ts'

/** What lies where a database is expected. */
export type FileKind = 'missing' | 'empty' | 'database' | 'damaged' | 'foreign'

const magic = 'SQLite format 3\0'
/** The first page is at most this long; it holds the schema as text behind the header. */
const firstPageMax = 65_536

/**
 * Judges a file by its beginning, without opening it as a database, which would already change it (to WAL mode). A file
 * without SQLite's mark is `damaged` when its header is zeroed or a schema follows, else `foreign`: somebody else's file,
 * which must stay as it is. So is a database with tables and another application id (sqlite.org/fileformat2.html §1.3).
 */
export async function fileKindOf(file: string, applicationId: number): Promise<FileKind> {
  const start = await beginningOf(file)
  if (start === undefined) return 'missing'
  if (start.length === 0) return 'empty'
  if (start.toString('latin1', 0, magic.length) === magic) {
    return isEmptySchema(start) || start.readUInt32BE(68) === applicationId ? 'database' : 'foreign'
  }
  const isZeroed = start.subarray(0, 100).every((byte) => byte === 0)
  return isZeroed || start.includes('CREATE TABLE') ? 'damaged' : 'foreign'
}

/** Tells whether a database has no table yet, as far as the file without its log tells; or is too short to tell. */
function isEmptySchema(start: Buffer): boolean {
  return start.length < 108 || start.readUInt16BE(103) === 0
}

async function beginningOf(file: string): Promise<Buffer | undefined> {
  try {
    const handle = await open(file, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(firstPageMax), 0, firstPageMax, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new MillraceError(
      'file-unreadable',
      `${file} cannot be read; check what it is and its permissions (${message})`,
    )
  }
}
