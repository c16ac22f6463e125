import { MillraceError } from '../model/errors.ts'
import type { ListName, Stored, TrustStore } from './store.ts'

/** Trusts a client that was refused; false when no refused certificate has this thumbprint. */
export async function trustRefused(store: TrustStore, thumbprint: string): Promise<boolean> {
  const wanted = plainThumbprint(thumbprint)
  const found = (await store.list('rejected')).find(({ certificate }) => certificate.thumbprint === wanted)
  if (!found) return false
  await store.put('trusted', found.certificate)
  return true
}

/** A thumbprint, or the beginning of one, in one spelling: other programs write colons, spaces and capitals. */
export function plainThumbprint(text: string): string {
  return text.replaceAll(/[:\s-]/g, '').toLowerCase()
}

/** A certificate that was found, and the store that it lies in. */
export interface Found extends Stored {
  readonly store: TrustStore
}

/** Everything in these lists of these stores. */
export async function everything(stores: readonly TrustStore[], lists: readonly ListName[]): Promise<readonly Found[]> {
  const found = await Promise.all(
    stores.flatMap((store) =>
      lists.map(async (list) => (await store.list(list)).map((stored): Found => ({ ...stored, store }))),
    ),
  )
  return found.flat()
}

/**
 * The one certificate that a thumbprint, or a beginning that only it has, stands for; it may lie in several lists.
 *
 * Throws `certificate-unknown` when there is none or more than one.
 */
export function named(all: readonly Found[], thumbprint: string): readonly Found[] {
  const wanted = plainThumbprint(thumbprint)
  const fits = /^[0-9a-f]+$/.test(wanted)
    ? all.filter(({ certificate }) => certificate.thumbprint.startsWith(wanted))
    : []
  const different = [...new Set(fits.map(({ certificate }) => certificate.thumbprint))]
  if (different.length === 1) return fits
  const shortened = thumbprint.slice(0, 48)
  const reason =
    different.length === 0
      ? `no certificate has a thumbprint that begins with ${shortened}`
      : `${different.length} certificates have a thumbprint that begins with ${shortened}; type more of it`
  throw new MillraceError('certificate-unknown', `${reason}; millrace cert list shows all`)
}
