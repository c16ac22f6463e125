/** The number after a sequence number of notification messages: a UInt32 that leaves out 0 (Part 4 §7.21). */
export function nextNumber(number: number): number {
  return number >= 0xffffffff ? 1 : number + 1
}

/** How far it is from one sequence number to a later one; huge when it is an earlier one. */
export function distance(from: number, to: number): number {
  const steps = to - from
  return steps >= 0 ? steps : steps + 0xffffffff
}

/** What a message with a number is to a receiver that has got everything up to `last`. */
export type Place =
  | { readonly kind: 'next' | 'known' }
  | { readonly kind: 'after'; readonly missing: readonly number[] }

/** More missing messages than any server keeps; from there on the number has nothing to do with the last one. */
const missingMax = 1000

/**
 * Tells whether a message is the next one, was received before, or leaves some out. Without a `last` every number is the next
 * one, and so is one that is too far away to be caught up with.
 */
export function placeOf(number: number, last: number | undefined): Place {
  if (last === undefined) return { kind: 'next' }
  const steps = distance(last, number)
  if (steps === 1) return { kind: 'next' }
  if (steps === 0 || distance(number, last) <= missingMax) return { kind: 'known' }
  if (steps > missingMax) return { kind: 'next' }
  const missing: number[] = []
  for (let each = nextNumber(last); each !== number; each = nextNumber(each)) missing.push(each)
  return { kind: 'after', missing }
}
