import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { idPattern } from './model/tag.ts'

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

/**
 * Keeps versions as `<folder>/<pipeline>/<number>.yaml` with an `index.json` beside them that says who, when and why.
 *
 * The text is written first and the index last, both under another name until they are whole, so that a loss of power leaves
 * the versions before as they were. A text without an entry keeps its number and is listed without its circumstances.
 */
export function fileVersionStore(folder: string): VersionStore {
  const folderOf = (pipeline: string): string => {
    if (!idPattern.test(pipeline)) throw new Error(`${pipeline} is no id of a pipeline`)
    return join(folder, pipeline)
  }
  const list = async (pipeline: string): Promise<readonly PipelineVersion[]> => {
    const place = folderOf(pipeline)
    const known = new Map((await readIndex(join(place, 'index.json'))).map((each) => [each.version, each]))
    const versions = await Promise.all(
      (await numbersIn(place)).map(
        async (version) =>
          known.get(version) ?? unindexed(pipeline, version, await readFile(join(place, `${version}.yaml`), 'utf8')),
      ),
    )
    return versions
  }
  return {
    list,
    async read(pipeline, version) {
      const place = folderOf(pipeline)
      if (!(await numbersIn(place)).includes(version)) return undefined
      return readFile(join(place, `${version}.yaml`), 'utf8')
    },
    async append({ text, ...facts }) {
      const place = folderOf(facts.pipeline)
      await mkdir(place, { recursive: true })
      const before = await list(facts.pipeline)
      const version = (before.at(-1)?.version ?? 0) + 1
      const made = { ...facts, version, hash: hashOf(text) }
      await writeWhole(join(place, `${version}.yaml`), text)
      await writeWhole(join(place, 'index.json'), `${JSON.stringify([...before, made], undefined, 2)}\n`)
      return made
    },
  }
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

async function numbersIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const numbers = names.flatMap((name) => /^([1-9]\d{0,8})\.yaml$/.exec(name)?.[1] ?? []).map(Number)
  return numbers.sort((a, b) => a - b)
}

async function readIndex(file: string): Promise<readonly PipelineVersion[]> {
  try {
    const entries: unknown = JSON.parse(await readFile(file, 'utf8'))
    return Array.isArray(entries) ? entries.filter(isVersion) : []
  } catch {
    // Missing or damaged: the texts themselves still count.
    return []
  }
}

function isVersion(entry: unknown): entry is PipelineVersion {
  const { pipeline, version, time, initiator, comment, hash } = Object(entry) as Partial<PipelineVersion>
  const texts = [pipeline, initiator, comment, hash]
  return Number.isSafeInteger(version) && Number.isFinite(time) && texts.every((text) => typeof text === 'string')
}

function unindexed(pipeline: string, version: number, text: string): PipelineVersion {
  return { pipeline, version, time: 0, initiator: '', comment: '', hash: hashOf(text) }
}
