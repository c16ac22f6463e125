import { createHash, randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A definition of a pipeline that was in use once. */
export interface PipelineVersion {
  readonly pipeline: string
  /** From 1, in the order of use; a number is never given twice. */
  readonly version: number
  /** When it came into use, in milliseconds since 1970 UTC. */
  readonly time: number
  readonly initiator: string
  /** Why, in the words of who asked for it. */
  readonly comment: string
  /** SHA-256 of the text, in hexadecimal. */
  readonly hash: string
}

/** Keeps every definition of a pipeline that was in use. */
export interface VersionStore {
  /** The versions of a pipeline, oldest first. */
  list(pipeline: string): Promise<readonly PipelineVersion[]>
  /** The text of a version; undefined when there is none of that number. */
  read(pipeline: string, version: number): Promise<string | undefined>
  /** Keeps a text under the next number. */
  append(entry: NewVersion): Promise<PipelineVersion>
}

/** A text that is to be kept. */
export type NewVersion = Omit<PipelineVersion, 'version' | 'hash'> & { readonly text: string }

/** The hash under which versions with the same text are known. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Keeps versions for as long as the program runs. */
export function memoryVersionStore(): VersionStore {
  const entries: { readonly made: PipelineVersion; readonly text: string }[] = []
  const of = (pipeline: string) => entries.filter(({ made }) => made.pipeline === pipeline)
  return {
    list: async (pipeline) => of(pipeline).map(({ made }) => made),
    read: async (pipeline, version) => of(pipeline).find(({ made }) => made.version === version)?.text,
    async append({ text, ...facts }) {
      const made = { ...facts, version: of(facts.pipeline).length + 1, hash: hashOf(text) }
      entries.push({ made, text })
      return made
    },
  }
}

/** Writes a file so that readers see the old content or the new one, never a part of it, also after a loss of power. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = join(dirname(file), `.${randomUUID()}.tmp`)
  try {
    const handle = await open(draft, 'wx')
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
