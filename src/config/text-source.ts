import { readdir } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'
import { readSource, reasonOf, type TextReading } from './read-source.ts'

/** Where the texts of a plant come from: its folder, or a set of texts that were read or written before. */
export interface TextSource {
  /** Names in a folder, or the reason why it cannot be read. */
  names(folder: string): Promise<readonly string[] | string>
  read(file: string): Promise<TextReading>
}

/** The files on the disk. */
export const diskSource: TextSource = {
  async names(folder) {
    try {
      return await readdir(folder)
    } catch (error) {
      return reasonOf(error)
    }
  },
  read: readSource,
}

/** Texts by the path of their file: a plant as it would be, were they on the disk. */
export function memorySource(texts: ReadonlyMap<string, string>): TextSource {
  return {
    async names(folder) {
      return [...texts.keys()].filter((file) => relative(dirname(file), folder) === '').map((file) => basename(file))
    },
    async read(file) {
      const text = texts.get(file)
      if (text !== undefined) return { text }
      const message = `there is no ${file}`
      const remedy = 'correct the path'
      return {
        finding: { code: 'file-unreadable', severity: 'error', file, path: [], message, remedy, line: 1, column: 1 },
      }
    },
  }
}
