import { measureMixed } from './core-mixed.ts'
import { measureHeap, measureJitter, measureParallel } from './core-time.ts'
import { measureWaves } from './core-waves.ts'
import type { Benchmark, Row } from './report.ts'

/** Growth that is taken for none: the profiles that V8 keeps of its own. */
const heapGrowthKibMax = 512

/**
 * The execution core: waves per second against the *limit* (the same step functions called by hand-written code, with neither
 * status nor time) and the *naive* graph (one RxJS `combineLatest` per step, values only).
 */
export const core: Benchmark = async ({ isQuick }) => {
  const options = isQuick ? { repetitions: 5, forMs: 30 } : { repetitions: 7, forMs: 200 }
  const waves = measureWaves(options)
  const mixed = await measureMixed(options)
  const heap = measureHeap(isQuick ? 1e6 : 1e7)
  const parallel: Row[] = []
  for (const count of [1, 10, 100]) parallel.push(await measureParallel(count))
  const jitter = await measureJitter(isQuick ? 3000 : 60_000)
  const slowest = Math.max(...parallel.map(({ value }) => value))
  const [limit, naive] = [Math.min(...waves.limitRatios), Math.min(...waves.naiveRatios)]
  return {
    rows: [...waves.rows, mixed, ...parallel, heap, ...jitter],
    wanted: [
      { text: `at least 0.5 of the limit at 100 steps: ${limit}`, isReached: limit >= 0.5 },
      {
        text: `at least 0.5 of the limit with asynchronous steps: ${mixed.ratio?.limit}`,
        isReached: (mixed.ratio?.limit ?? 0) >= 0.5,
      },
      { text: `at least 10 times the naive graph at 100 steps: ${naive}`, isReached: naive >= 10 },
      {
        text: `a step of 1000 within 1.5 times a step of 10: ${waves.growth.toFixed(2)}`,
        isReached: waves.growth <= 1.5,
      },
      { text: `parallel steps of 500 ms under 600 ms: ${slowest} ms`, isReached: slowest < 600 },
      { text: `no growth of the heap: ${heap.value} KiB`, isReached: heap.value < heapGrowthKibMax },
    ],
  }
}
