import type { SqlStatements } from '../../sqlite/driver.ts'
import type { TagDeclaration } from '../history-store.ts'
import { TagEntry } from './tag-entry.ts'

/** The tags of a store by name and by number. */
export class TagTable {
  readonly #byName = new Map<string, TagEntry>()
  /** By number, which are dense: a replay of the journal looks one up for every sample. */
  readonly #byId: (TagEntry | undefined)[] = []
  #lastId = 0

  get size(): number {
    return this.#byName.size
  }

  get(name: string): TagEntry | undefined {
    return this.#byName.get(name)
  }

  byId(id: number): TagEntry | undefined {
    return this.#byId[id]
  }

  /** All tags, in the order in which they were met first. */
  entries(): IterableIterator<TagEntry> {
    return this.#byName.values()
  }

  add(entry: TagEntry): void {
    this.#byName.set(entry.name, entry)
    this.#byId[entry.id] = entry
    this.#lastId = Math.max(this.#lastId, entry.id)
  }

  /** Never gives this number to a new tag: samples that are still there belong to a tag that was lost. */
  reserve(id: number): void {
    this.#lastId = Math.max(this.#lastId, id)
  }

  /** Writes rows for tags that are not known yet; they are part of the table once {@link TagTable.add} was called. */
  async insert(
    sql: SqlStatements,
    declarations: Iterable<Partial<TagDeclaration> & { tag: string }>,
  ): Promise<TagEntry[]> {
    const types = new Map<string, string | null>()
    for (const { tag, dataType } of declarations) if (!this.#byName.has(tag)) types.set(tag, dataType ?? null)
    if (types.size === 0) return []
    const rows = [...types].map(([name, type], index) => ({ id: this.#lastId + 1 + index, name, type }))
    await sql.run(
      `INSERT INTO tag (id, name, type) SELECT value ->> 'id', value ->> 'name', value ->> 'type' FROM json_each(?)`,
      [JSON.stringify(rows)],
    )
    return rows.map(({ id, name }) => new TagEntry({ id, name }))
  }
}
