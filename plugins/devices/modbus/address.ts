/** The four tables of a Modbus device (Modbus Application Protocol 1.1b3 §4.3). */
export const kinds = ['holding', 'input', 'coil', 'discrete'] as const

/** A table of a device. */
export type Kind = (typeof kinds)[number]

/**
 * How addresses are written: counted from 0 as they go over the line, counted from 1 as many manuals do, or with the table in
 * the first of five or six digits (40001 and 400001 are the first holding register).
 */
export const addressings = ['zeroBased', 'oneBased', 'conventional'] as const

/** A notation of addresses. */
export type Addressing = (typeof addressings)[number]

/** Where something lies: its table, and its address counted from 0. */
export interface Place {
  readonly kind: Kind
  readonly address: number
}

const kindByDigit: Readonly<Record<number, Kind>> = { 0: 'coil', 1: 'discrete', 3: 'input', 4: 'holding' }
const addressMax = 65_535

/** The place of an entry, or what is wrong with its address; reads after the tag's name. */
export function placeOf(
  entry: { readonly kind?: Kind | undefined; readonly address: number },
  addressing: Addressing,
): Place | { readonly complaint: string } {
  const place = addressing === 'conventional' ? conventional(entry) : counted(entry, addressing === 'oneBased' ? 1 : 0)
  if ('complaint' in place || (place.address >= 0 && place.address <= addressMax)) return place
  const [low, high] = addressing === 'zeroBased' ? [0, addressMax] : [1, addressMax + 1]
  const remedy = entry.address > high ? '; for 40001 and the like set addressing to conventional' : ''
  return { complaint: `has the address ${entry.address}; it goes from ${low} to ${high}${remedy}` }
}

function counted({ kind = 'holding', address }: { kind?: Kind | undefined; address: number }, first: number): Place {
  return { kind, address: address - first }
}

function conventional({ kind, address }: { kind?: Kind | undefined; address: number }): Place | { complaint: string } {
  // A YAML number has no leading zeros: with `kind: coil` every number up to 65536 is a coil, otherwise 10001 is a discrete input.
  if (kind === 'coil' && address >= 1 && address <= addressMax + 1) return { kind, address: address - 1 }
  const base = address > 99_999 ? 100_000 : 10_000
  const named = kindByDigit[Math.floor(address / base)]
  const number = address % base
  if (!named || number < 1 || number > addressMax + 1) {
    return {
      complaint: `has the address ${address}, which is in no table; 1, 10001, 30001 and 40001 are the first coil, discrete input, input and holding register`,
    }
  }
  if (kind !== undefined && kind !== named) {
    return { complaint: `has the address ${address}, which is a ${named}, and the kind ${kind}; remove kind` }
  }
  return { kind: named, address: number - 1 }
}
