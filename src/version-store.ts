import { type DefinitionStore, hashOf, type StoredDefinition } from './store/definition-store.ts'

export type {
  DefinitionStore as VersionStore,
  NewDefinition as NewVersion,
  StoredDefinition as PipelineVersion,
} from './store/definition-store.ts'
export { hashOf } from './store/definition-store.ts'

/** Keeps versions for as long as the program runs. */
export function memoryVersionStore(): DefinitionStore {
  const entries: { readonly made: StoredDefinition; readonly text: string }[] = []
  const of = (pipeline: string) => entries.filter(({ made }) => made.pipeline === pipeline)
  return {
    list: async (pipeline) => of(pipeline).map(({ made }) => made),
    read: async (pipeline, version) => of(pipeline).find(({ made }) => made.version === version)?.text,
    async append({ text, after = 0, ...facts }) {
      const version = Math.max(of(facts.pipeline).at(-1)?.made.version ?? 0, after) + 1
      const made = { ...facts, version, hash: hashOf(text) }
      entries.push({ made, text })
      return made
    },
  }
}
