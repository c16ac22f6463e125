import { open } from 'node:fs/promises'
import type { Finding } from '../model/finding.ts'

/** Largest size of a file, in bytes. */
export const fileBytesMax = 1_048_576

/** The text of a file, or the finding that says why there is none. */
export type TextReading = { readonly text: string } | { readonly finding: Finding }

/**
 * Reads a file as UTF-8 text of at most 1 MiB. Never throws.
 *
 * Folders, pipes and devices are refused, and no more than the limit is ever read, so a file that grows cannot fill the memory.
 */
export async function readSource(file: string): Promise<TextReading> {
  try {
    const handle = await open(file, 'r')
    try {
      if (!(await handle.stat()).isFile()) return unreadable(file, 'it is not a regular file')
      const bytes = Buffer.alloc(fileBytesMax + 1)
      let length = 0
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
        if (bytesRead === 0) break
        length += bytesRead
      }
      return decode(file, bytes.subarray(0, length))
    } finally {
      await handle.close()
    }
  } catch (error) {
    return unreadable(file, reasonOf(error))
  }
}

/** Why the file system refused, in words for people. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException)?.code
  switch (code) {
    case 'ENOENT':
      return 'it does not exist'
    case 'ENOTDIR':
      return 'a part of its path is not a folder'
    case 'EISDIR':
      return 'it is a folder'
    case 'EACCES':
    case 'EPERM':
      return 'the permission is missing'
    default:
      return code ?? String(error)
  }
}

/** Makes text of bytes; a byte order mark is taken off. */
export function decode(file: string, bytes: Uint8Array): TextReading {
  if (bytes.length > fileBytesMax) {
    return fault(file, 'file-too-large', 'the file is larger than 1 MiB', 'split it')
  }
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  try {
    if (isUtf16) throw new TypeError('UTF-16')
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    const message = `the file is not UTF-8 text${isUtf16 ? ' but UTF-16' : ''}`
    return fault(file, 'yaml-invalid', message, 'save it with the encoding UTF-8')
  }
}

function unreadable(file: string, reason: string): TextReading {
  return fault(file, 'file-unreadable', `${file} cannot be read: ${reason}`, 'check the path and its permissions')
}

function fault(file: string, code: string, message: string, remedy: string): TextReading {
  return { finding: { code, severity: 'error', file, path: [], message, remedy, line: 1, column: 1 } }
}
