import type { Sample, TagSample } from '../model/sample.ts'
import type { SqlDriver } from '../sqlite/driver.ts'
import { encode } from '../sqlite/value-codec.ts'
import { type OnDamage, readable } from './readable-rows.ts'
import { sampleOf } from './stored-sample.ts'
import type { Statement } from './write-queue.ts'

/** Keeps the newest sample of each tag, so that clients see after a restart what was last, and from when. */
export interface LastValueStore {
  /** All of them; those that cannot be read are left out and told. */
  load(): Promise<ReadonlyMap<string, Sample>>
  /** Keeps a batch in one transaction; of several samples of one tag, the last. */
  save(samples: readonly TagSample[]): Promise<void>
  /** Forgets all tags that are not among these, such as those of removed pipelines; tells how many. */
  keepOnly(tags: Iterable<string>): Promise<number>
}

/** Keeps last values in a database: a batch is one statement, however large. */
export function lastValueStore(driver: SqlDriver, onDamage: OnDamage): LastValueStore {
  return {
    async load() {
      const rows = await driver.all<{ tag: string; sample: string }>('SELECT tag, sample FROM last_value')
      const make = ({ tag, sample }: (typeof rows)[number]) => [tag, sampleOf(sample)] as const
      return new Map(readable(rows, make, { table: 'last_value', onDamage }))
    },
    async save(samples) {
      if (samples.length === 0) return
      const { sql, values } = valuesSaved(samples)
      await driver.run(sql, values)
    },
    async keepOnly(tags) {
      const { sql, values } = otherValuesForgotten(tags)
      return (await driver.run(sql, values)).changes
    },
  }
}

/** The statement that keeps samples; of several of one tag, the last. */
export function valuesSaved(samples: readonly TagSample[]): Statement {
  const last = new Map(samples.map(({ tag, sample }) => [tag, sample]))
  const pairs = [...last].map(([tag, sample]) => [tag, encode(sample)])
  const sql = `
    INSERT INTO last_value(tag, sample) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
    ON CONFLICT(tag) DO UPDATE SET sample = excluded.sample`
  return { sql, values: [JSON.stringify(pairs)] }
}

/** The statement that forgets all tags that are not among these. */
export function otherValuesForgotten(tags: Iterable<string>): Statement {
  const sql = 'DELETE FROM last_value WHERE tag NOT IN (SELECT value FROM json_each(?))'
  return { sql, values: [JSON.stringify([...tags])] }
}
