/**
 * Writes into a history as fast as it can until it is killed. It says `ready`, waits for a line `<first> <folder>`, opens the history
 * there, and says the number behind each batch once the batch and the events that belong to it are durable. A batch has the next
 * 200 numbers, spread over tags.
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openHistory } from '../../../src/history/store/sqlite-history.ts'
import type { RunOrigin } from '../../../src/model/run.ts'
import { eventsOfBatch, runOrigin, tagSample } from '../kit.ts'

process.stdout.write('ready\n')
const [line] = await new Promise<string[]>((resolve) => {
  createInterface(process.stdin).once('line', (first) => resolve([first]))
})
const [first = '0', folder = ''] = (line ?? '').split(' ')
const runs = new Map<string, RunOrigin>()
const journal = { unsealedMax: 4000, rowsMax: 20 }
const { store, events } = await openHistory({ file: join(folder, 'history.db'), clock: { now: () => 0 }, journal })
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
  await Promise.all([store.append(batch), events.append(eventsOfBatch(number / 200 - 1))])
  process.stdout.write(`${number}\n`)
}
