import type { RunnablePlant } from './load-plant.ts'
import type { DeployedVersion } from './opcua/change/deploying.ts'
import { hashOf, type PipelineVersion, type VersionStore } from './version-store.ts'

/** Why and by whom a text came into use. */
export interface VersionReason {
  readonly time: number
  readonly initiator: string
  readonly comment: string
}

/** The versions of the pipelines of a plant, at hand for everybody who looks: a copy of what the store keeps. */
export class VersionsInUse {
  readonly #store: VersionStore
  readonly #versionsByPipeline = new Map<string, readonly PipelineVersion[]>()
  readonly #inUse = new Map<string, number>()

  constructor(store: VersionStore) {
    this.#store = store
  }

  /** All versions of the pipelines that are in the plant, oldest first. */
  get all(): readonly DeployedVersion[] {
    return [...this.#versionsByPipeline.values()].flat().sort((a, b) => a.time - b.time || a.version - b.version)
  }

  /** The version of a pipeline that is in use; 0 when its text was never kept. */
  inUse(pipeline: string): number {
    return this.#inUse.get(pipeline) ?? 0
  }

  /** Keeps the texts of a plant that are not the newest kept ones, and forgets pipelines that are in the plant no more. */
  async follow(plant: RunnablePlant, reason: VersionReason): Promise<void> {
    const textByPipeline = textsOf(plant)
    for (const pipeline of [...this.#versionsByPipeline.keys()]) {
      if (textByPipeline.has(pipeline)) continue
      this.#versionsByPipeline.delete(pipeline)
      this.#inUse.delete(pipeline)
    }
    for (const [pipeline, text] of textByPipeline) await this.keep(pipeline, text, reason)
  }

  /** Keeps a text that comes into use, unless it is in use already, and tells its number. */
  async keep(pipeline: string, text: string, reason: VersionReason): Promise<number> {
    const known = this.#versionsByPipeline.get(pipeline) ?? (await this.#store.list(pipeline))
    const newest = known.at(-1)
    if (newest?.hash === hashOf(text)) {
      this.#use(pipeline, known, newest.version)
      return newest.version
    }
    const made = await this.#store.append({ pipeline, text, ...reason })
    this.#use(pipeline, [...known, made], made.version)
    return made.version
  }

  #use(pipeline: string, versions: readonly PipelineVersion[], inUse: number): void {
    this.#versionsByPipeline.set(pipeline, versions)
    this.#inUse.set(pipeline, inUse)
  }
}

/** The text of each pipeline's file. */
export function textsOf({ definition, files }: RunnablePlant): ReadonlyMap<string, string> {
  const textByFile = new Map(files.files.map(({ file, text }) => [file, text]))
  return new Map(definition.pipelines.map(({ id, file }) => [id, textByFile.get(file) ?? '']))
}
