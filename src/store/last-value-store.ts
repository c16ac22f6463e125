import type { Sample, TagSample } from '../model/sample.ts'
import type { SqlDriver } from '../sqlite/driver.ts'
import { decode, encode } from '../sqlite/value-codec.ts'

/** Keeps the newest sample of each tag, so that clients see after a restart what was last, and from when. */
export interface LastValueStore {
  load(): Promise<ReadonlyMap<string, Sample>>
  /** Keeps a batch in one transaction; of several samples of one tag, the last. */
  save(samples: readonly TagSample[]): Promise<void>
  /** Forgets all tags that are not among these, such as those of removed devices; tells how many. */
  keepOnly(tags: Iterable<string>): Promise<number>
}

/** Keeps last values in a database: a batch is one statement, however large. */
export function lastValueStore(driver: SqlDriver): LastValueStore {
  return {
    async load() {
      const rows = await driver.all<{ tag: string; sample: string }>('SELECT tag, sample FROM last_value')
      return new Map(rows.map(({ tag, sample }) => [tag, decode(sample) as Sample]))
    },
    async save(samples) {
      if (samples.length === 0) return
      const last = new Map(samples.map(({ tag, sample }) => [tag, sample]))
      const pairs = [...last].map(([tag, sample]) => [tag, encode(sample)])
      await driver.run(
        `INSERT INTO last_value(tag, sample) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
         ON CONFLICT(tag) DO UPDATE SET sample = excluded.sample`,
        [JSON.stringify(pairs)],
      )
    },
    async keepOnly(tags) {
      const sql = 'DELETE FROM last_value WHERE tag NOT IN (SELECT value FROM json_each(?))'
      return (await driver.run(sql, [JSON.stringify([...tags])])).changes
    },
  }
}
