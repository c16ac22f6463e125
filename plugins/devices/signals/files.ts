import { readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { BadRecording, type Recording, type Row, recordingOf, rowsOf } from './recording.ts'
import type { TagEntry } from './settings.ts'

/** Largest file: it is read in one go, while everything else waits. */
const bytesMax = 8 * 1024 * 1024

/** Reads recordings from the folder of a plant; each file once, however many tags are in it. */
export class Files {
  readonly #folder: string
  readonly #rowsByFile = new Map<string, readonly Row[]>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The recording of a tag; throws {@link BadRecording}. */
  recording(tag: TagEntry): Recording {
    const { file = '', delimiter } = tag
    const key = `${delimiter}${file}`
    const rows = this.#rowsByFile.get(key) ?? rowsOf(this.#read(file), tag)
    this.#rowsByFile.set(key, rows)
    return recordingOf(tag, rows)
  }

  #read(file: string): string {
    try {
      const path = realpathSync(join(this.#folder, file))
      // A plant may come from a client, who must not get at other files of this machine.
      const inside = relative(realpathSync(this.#folder), path)
      if (isAbsolute(file) || isAbsolute(inside) || inside.startsWith('..')) {
        throw new BadRecording(`${file} is not in the folder of the plant; copy it there`)
      }
      const { size } = statSync(path)
      if (size > bytesMax) throw new BadRecording(`${file} has ${size} bytes, more than ${bytesMax}; split it`)
      return readFileSync(path, 'utf8')
    } catch (error) {
      if (error instanceof BadRecording) throw error
      const { code } = error as NodeJS.ErrnoException
      const what = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? String(error)})`
      throw new BadRecording(`${file} ${what}; give the name of a file in the folder of the plant`, { cause: error })
    }
  }
}
