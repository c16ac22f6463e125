import type { AddressSpace } from 'node-opcua'
import { nameOf } from '../../certificates/certificate.ts'
import { type RevocationDate, revocationDates } from '../../certificates/revocation-dates.ts'
import type { TrustStore } from '../../certificates/store.ts'
import { type Clock, systemClock } from '../../model/clock.ts'
import { dateTime, raise, text } from '../events/raising.ts'
import type { Log } from '../space-context.ts'
import { type IsEnded, keepLooking } from './keep-looking.ts'

/** How often it is looked at the revocation lists, in milliseconds. */
const lookMs = 10_000

/** What watching them needs. */
export interface RevocationWatch {
  readonly addressSpace: AddressSpace
  readonly stores: readonly TrustStore[]
  readonly log: Log
  readonly clock: Clock
}

/**
 * Tells, once each, when the revocation list of an authority has to be replaced soon, and when it is overdue: whoever has a
 * certificate of that authority is let in no more then. The returned function ends it.
 */
export function watchRevocationLists({ addressSpace, stores, log, clock }: RevocationWatch): () => void {
  const told = new Map<string, string>()
  const look = async (isEnded: IsEnded): Promise<void> => {
    for (const store of stores) {
      for (const date of await revocationDates(await store.lists(), systemClock.now())) {
        const key = `${store.folder} ${date.authority.thumbprint}`
        if (isEnded() || told.get(key) === date.state) continue
        told.set(key, date.state)
        if (date.state !== 'current') tell(addressSpace, date, store, log)
      }
    }
  }
  return keepLooking(look, { clock, everyMs: lookMs })
}

function tell(
  addressSpace: AddressSpace,
  date: RevocationDate,
  { purpose, acceptsOverdue }: TrustStore,
  log: Log,
): void {
  const { authority, nextUpdate, state } = date
  const name = nameOf(authority)
  const at = new Date(nextUpdate).toISOString().slice(0, 16)
  const whose = purpose === 'user' ? 'people' : 'clients'
  const refused = state === 'overdue' ? 'are refused now' : 'are refused then'
  const effect = acceptsOverdue ? '' : `; ${whose} with its certificates ${refused}`
  const remedy = 'get the next one there, then: millrace cert trust and its file'
  const what = state === 'overdue' ? `is overdue since ${at} UTC` : `has to be replaced by ${at} UTC`
  const message = `the revocation list of ${name} ${what}${effect}; ${remedy}`
  log(state === 'overdue' && !acceptsOverdue ? 'error' : 'warn', message)
  const source = addressSpace.rootFolder.objects.server
  raise({ addressSpace }, { source, type: 'RevocationListExpiresEventType', message, time: systemClock.now() }, () => ({
    issuer: text(name),
    thumbprint: text(authority.thumbprint),
    expirationDate: dateTime(nextUpdate),
  }))
}
