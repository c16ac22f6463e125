import { openReadOnly } from '../sqlite/open-read-only.ts'
import { type AuditStore, auditReads } from './audit-store.ts'
import { metaSchema } from './meta-schema.ts'
import type { OnDamage } from './readable-rows.ts'
import { type RunReads, runReads } from './run-store.ts'

/** What can be looked at in `meta.db` without being the program that owns it. */
export interface ReadableStore {
  readonly runs: RunReads
  readonly audit: Pick<AuditStore, 'read'>
  /** It rejects with `database-changed` when what was read may not belong together. */
  close(): Promise<void>
}

/** The version of the schema that brought each of them. */
const since = { runs: 1, audit: 5 }

/** Opens `meta.db` for reading alone, also while the server runs; `what` is to be looked at. */
export async function openForReading(
  file: string,
  { what, onDamage }: { readonly what: keyof typeof since; readonly onDamage: OnDamage },
): Promise<ReadableStore> {
  const { reader, assertUnchanged } = await openReadOnly({ file, schema: metaSchema, versionMin: since[what] })
  return {
    ...{ runs: runReads(reader, onDamage), audit: auditReads(reader, onDamage) },
    async close() {
      await assertUnchanged().finally(() => reader.close())
    },
  }
}
