import { rm } from 'node:fs/promises'
import type { Certificate } from './certificate.ts'
import type { RevocationList } from './revocation-list.ts'
import type { TrustStore } from './store.ts'

/** Lists of a store by what is to be in them; those that are absent stay as they are. */
export interface NewLists {
  readonly trusted?: readonly Certificate[] | undefined
  readonly issuers?: readonly Certificate[] | undefined
  readonly trustedRevocations?: readonly RevocationList[] | undefined
  readonly issuerRevocations?: readonly RevocationList[] | undefined
}

/**
 * Gives lists of a store another content. What is new comes before what is old goes, so that nobody who is in both is refused
 * meanwhile; when it breaks off in between, the lists have more than they should, not less.
 */
export async function replaceLists(store: TrustStore, lists: NewLists): Promise<void> {
  await store.prepare()
  for (const name of ['trusted', 'issuers'] as const) {
    const wanted = lists[name]
    if (!wanted) continue
    for (const certificate of wanted) await store.put(name, certificate)
    const names = new Set(wanted.map(({ thumbprint }) => thumbprint))
    for (const { certificate } of await store.list(name)) {
      if (!names.has(certificate.thumbprint)) await store.take(certificate.thumbprint, [name])
    }
  }
  await replaceRevocations(store, 'trusted', lists.trustedRevocations)
  await replaceRevocations(store, 'issuers', lists.issuerRevocations)
}

async function replaceRevocations(
  store: TrustStore,
  of: 'trusted' | 'issuers',
  wanted: readonly RevocationList[] | undefined,
): Promise<void> {
  if (!wanted) return
  const before = await store.revocationLists(of)
  for (const list of wanted) await store.putRevocationList(of, list)
  for (const { file, list } of before) {
    if (!wanted.some(({ raw }) => raw.equals(list.raw))) await rm(file, { force: true })
  }
}
