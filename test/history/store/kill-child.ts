/**
 * Writes into a history as fast as it can until it is killed: `node kill-child.ts <folder> <first>`.
 * Every batch has the next 200 numbers, spread over tags; after its commit the child prints the last one.
 */
import type { RunOrigin } from '../../../src/model/run.ts'
import { openIn, runOrigin, tagSample } from '../kit.ts'

const [folder = '', first = '0'] = process.argv.slice(2)
const runs = new Map<string, RunOrigin>()
const store = await openIn(folder, { journal: { unsealedMax: 4000, rowsMax: 20 } })
let number = Number(first)
for (;;) {
  const batch = Array.from({ length: 200 }, () => {
    const value = number++
    // Every tenth sample comes late, and many have equal times.
    const sample = tagSample(`tag${value % 7}`, Math.floor(value / 20) * 10 - (value % 10 === 0 ? 500 : 0), value)
    // Runs begin and end anywhere in a batch, and every seventh sample is of none.
    const runId = `run${Math.floor(value / 130)}`
    const run = runs.get(runId) ?? runOrigin(runId)
    runs.set(runId, run)
    return value % 7 === 3 ? sample : { ...sample, run }
  })
  await store.append(batch)
  process.stdout.write(`${number}\n`)
}
