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
  /** The highest number that each pipeline has ever had: it is not given again, also when the store has lost it. */
  readonly #highest = new Map<string, number>()

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
    const after = Math.max(this.#highest.get(pipeline) ?? 0, newest?.version ?? 0)
    const made = await this.#store.append({ pipeline, text, ...reason, after })
    this.#use(pipeline, [...known, made], made.version)
    return made.version
  }

  /** Looks into the store again: it is another one. What is in use stays so. */
  forgetStored(): void {
    this.#versionsByPipeline.clear()
  }

  /** How it is, to be put back when a change cannot be made after all. What was kept meanwhile stays kept. */
  snapshot(): () => void {
    const versions = new Map(this.#versionsByPipeline)
    const inUse = new Map(this.#inUse)
    return () => {
      for (const [pipeline, known] of versions) {
        if (!this.#versionsByPipeline.has(pipeline)) this.#versionsByPipeline.set(pipeline, known)
      }
      this.#inUse.clear()
      for (const [pipeline, version] of inUse) this.#inUse.set(pipeline, version)
    }
  }

  #use(pipeline: string, versions: readonly PipelineVersion[], inUse: number): void {
    this.#versionsByPipeline.set(pipeline, versions)
    this.#inUse.set(pipeline, inUse)
    this.#highest.set(pipeline, Math.max(this.#highest.get(pipeline) ?? 0, versions.at(-1)?.version ?? 0))
  }
}

/** The text of each pipeline's file. */
export function textsOf({ definition, files }: RunnablePlant): ReadonlyMap<string, string> {
  const textByFile = new Map(files.files.map(({ file, text }) => [file, text]))
  return new Map(definition.pipelines.map(({ id, file }) => [id, textByFile.get(file) ?? '']))
}
