import type { Certificate } from './certificate.ts'
import type { RevocationList } from './revocation-list.ts'

/** A revocation list is warned of so long before its successor is due at most, in milliseconds. */
const leadMsMax = 7 * 86_400_000

/** The revocation list of an authority that holds for longest, and how it stands. */
export interface RevocationDate {
  readonly authority: Certificate
  /** When the next one is due, in milliseconds since 1970 UTC. */
  readonly nextUpdate: number
  readonly state: 'current' | 'due' | 'overdue'
}

/** The lists of a store, as far as they concern revocation. */
interface Lists {
  readonly trusted: readonly Certificate[]
  readonly issuers: readonly Certificate[]
  readonly revocationLists: readonly RevocationList[]
}

/** Whether the next list should have been there: one that says nothing of it holds on. */
export function isOverdue(lists: readonly RevocationList[], now: number): boolean {
  return now > nextUpdateOf(lists)
}

/** When the list after the newest one is due; infinity when that does not say so. */
export function nextUpdateOf(lists: readonly RevocationList[]): number {
  return Math.max(...lists.map(({ nextUpdate }) => nextUpdate ?? Number.POSITIVE_INFINITY))
}

/** How the revocation lists of the known authorities stand; those of nobody, and those without a date, are left out. */
export async function revocationDates(lists: Lists, now: number): Promise<readonly RevocationDate[]> {
  const known = [...lists.trusted, ...lists.issuers].filter(({ isAuthority }) => isAuthority)
  const authorities = new Map(known.map((authority) => [authority.thumbprint, authority]))
  const dates: RevocationDate[] = []
  for (const authority of authorities.values()) {
    const own: RevocationList[] = []
    for (const list of lists.revocationLists) if (await list.isOf(authority)) own.push(list)
    const nextUpdate = nextUpdateOf(own)
    if (!Number.isFinite(nextUpdate)) continue
    const span = nextUpdate - Math.max(...own.map(({ thisUpdate }) => thisUpdate))
    const isDue = now > nextUpdate - Math.min(span / 4, leadMsMax)
    dates.push({ authority, nextUpdate, state: now > nextUpdate ? 'overdue' : isDue ? 'due' : 'current' })
  }
  return dates
}
