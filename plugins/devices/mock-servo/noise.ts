/** Noise between plus and minus the amplitude; the same seed gives the same sequence (a linear congruential generator). */
export function noiseOf(seed: number, amplitude: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return amplitude * (state / 2 ** 31 - 1)
  }
}
