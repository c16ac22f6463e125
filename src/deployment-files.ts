import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { writeWhole } from './files/write-whole.ts'
import type { RunnablePlant } from './load-plant.ts'
import { isMillraceError, MillraceError } from './model/errors.ts'
import { Status } from './model/status.ts'

/** A change whose text cannot be kept is not made: nobody could come back to it. */
export function notKept(pipeline: string, cause: unknown): MillraceError {
  const code = isMillraceError(cause) ? cause.code : 'database-failed'
  const message = `the version of pipeline ${pipeline} cannot be kept, and nothing was changed: ${String(cause)}`
  return new MillraceError(code, message, { cause, status: Status.BadResourceUnavailable })
}

/** Whether the files of two plants say the same, letter by letter. */
export function isSameText(before: RunnablePlant, after: RunnablePlant): boolean {
  const texts = ({ files }: RunnablePlant) => files.files.map(({ file, text }) => [file, text])
  return isDeepStrictEqual(texts(before), texts(after))
}

/** Writes a file whole, with its folder where that is missing, or removes it; rejects with `file-unreadable`. */
export async function put(file: string, text: string | undefined): Promise<void> {
  try {
    if (text === undefined) {
      await rm(file, { force: true })
      return
    }
    await mkdir(dirname(file), { recursive: true })
    await writeWhole(file, text)
  } catch (cause) {
    const message = `${file} cannot be written: ${String(cause)}; check the folder of the plant`
    throw new MillraceError('file-unreadable', message, { cause, status: Status.BadResourceUnavailable })
  }
}
