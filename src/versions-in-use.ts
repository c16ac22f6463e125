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
  /** The highest number that each pipeline has ever had: it is not given again, also when the store has lost it. */
  readonly #highest = new Map<string, number>()

  constructor(store: VersionStore) {
    this.#store = store
  }

  /** All versions of these pipelines, oldest first. */
  of(pipelines: readonly { readonly id: string }[]): readonly DeployedVersion[] {
    return pipelines
      .flatMap(({ id }) => this.#versionsByPipeline.get(id) ?? [])
      .sort((a, b) => a.time - b.time || a.version - b.version)
  }

  /**
   * The newest version of a pipeline with this text; 0 when it was never kept. It is not simply the newest one: a text is
   * kept before it comes into use, runs go on starting meanwhile, and the change may still fail.
   */
  numberOf(pipeline: string, text: string): number {
    const hash = hashOf(text)
    return this.#versionsByPipeline.get(pipeline)?.findLast((each) => each.hash === hash)?.version ?? 0
  }

  /** Looks into the store again: it is another one. */
  forgetStored(): void {
    this.#versionsByPipeline.clear()
  }

  /** Keeps the texts of a plant that are not the newest kept ones. */
  async follow(plant: RunnablePlant, reason: VersionReason): Promise<void> {
    for (const [pipeline, text] of textsOf(plant)) await this.keep(pipeline, text, reason)
  }

  /** Keeps a text that comes into use, unless it is the newest one already. */
  async keep(pipeline: string, text: string, reason: VersionReason): Promise<void> {
    const known = this.#versionsByPipeline.get(pipeline) ?? (await this.#store.list(pipeline))
    const newest = known.at(-1)
    const isKept = newest?.hash === hashOf(text)
    const after = Math.max(this.#highest.get(pipeline) ?? 0, newest?.version ?? 0)
    const made = isKept ? [] : [await this.#store.append({ pipeline, text, ...reason, after })]
    this.#versionsByPipeline.set(pipeline, [...known, ...made])
    this.#highest.set(pipeline, made[0]?.version ?? after)
  }
}

/** The text of one pipeline's file; empty when there is no such pipeline. */
export function textOf({ definition, files }: RunnablePlant, pipeline: string): string {
  const path = definition.pipelines.find(({ id }) => id === pipeline)?.file
  return files.files.find(({ file }) => file === path)?.text ?? ''
}

/** The text of each pipeline's file. */
export function textsOf({ definition, files }: RunnablePlant): ReadonlyMap<string, string> {
  const textByFile = new Map(files.files.map(({ file, text }) => [file, text]))
  return new Map(definition.pipelines.map(({ id, file }) => [id, textByFile.get(file) ?? '']))
}
