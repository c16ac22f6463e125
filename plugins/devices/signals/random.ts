/**
 * Random numbers as a function of a key and an index, in place of a generator with a state: the same question has the same
 * answer, whenever and however often it is asked.
 */

/** A key from a seed and the names of what the numbers are for, so that no two tags share them. */
export function keyOf(seed: number, ...names: readonly string[]): number {
  let key = seed >>> 0
  for (const name of names) {
    for (const character of name) key = Math.imul(key ^ (character.codePointAt(0) ?? 0), 0x01000193)
    key = mixed(key ^ 0x9e3779b9)
  }
  return key
}

/** A number in [0, 1) for a whole index, which may be as large as a time in milliseconds. */
export function uniform(key: number, index: number): number {
  const high = Math.floor(index / 2 ** 32)
  return mixed(mixed(key ^ mixed(index >>> 0)) + Math.imul(high + 1, 0x9e3779b1)) / 2 ** 32
}

/** A number of the normal distribution with the mean 0 and the standard deviation 1 (Box and Muller). */
export function gaussian(key: number, index: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(key, index)))
  return radius * Math.cos(2 * Math.PI * uniform(key ^ 0x5bd1e995, index))
}

/** Bits that depend on all bits (the finalizer of MurmurHash3). */
function mixed(bits: number): number {
  let hash = bits
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** How far a random walk goes, and how fast. */
export interface WalkLimits {
  readonly low: number
  readonly high: number
  /** Standard deviation of one step. */
  readonly step: number
}

/** Steps between two places at which a walk begins anew from a number of its own. */
const blockLength = 65_536

/**
 * A random walk after so many steps, kept within its limits by turning back at them.
 *
 * It is made from the whole to the part: the ends of each block are random, and the middle between two places lies where a
 * walk between them would be (Lévy's construction), so that no step needs those before it.
 */
export function walk(key: number, index: number, { low, high, step }: WalkLimits): number {
  const block = Math.floor(index / blockLength)
  const endOf = (number: number): number => low + (high - low) * uniform(key ^ 0x2545f491, number)
  let [start, length] = [block * blockLength, blockLength]
  let [before, after] = [endOf(block), endOf(block + 1)]
  while (length > 1) {
    length /= 2
    const middle = (before + after) / 2 + gaussian(key, start + length) * step * Math.sqrt(length / 2)
    if (index < start + length) after = middle
    else [start, before] = [start + length, middle]
  }
  return turnedBack(before, low, high)
}

/** A value beyond its limits as if it had turned back at them. */
function turnedBack(value: number, low: number, high: number): number {
  const span = high - low
  if (span <= 0) return low
  const beyond = (((value - low) % (2 * span)) + 2 * span) % (2 * span)
  return low + (beyond > span ? 2 * span - beyond : beyond)
}
