import { systemClock } from '../../src/model/clock.ts'
import { good } from '../../src/model/sample.ts'
import type { SqlAdapter } from '../../src/sqlite/driver.ts'
import { jobSaved, messagePosted } from '../../src/store/job-store.ts'
import { openStore } from '../../src/store/store.ts'

/**
 * Writes as fast as it can until it is killed, and tells its parent the number of each transaction after it was
 * acknowledged. Started with the file, the adapter and the first number.
 */
const [, , file = '', adapter, first] = process.argv
const store = await openStore({
  file,
  adapter: adapter as SqlAdapter,
  clock: systemClock,
  onError: (error) => {
    throw error
  },
})

async function write(number: number): Promise<void> {
  const time = 1000 + number
  await Promise.all([
    store.audit.append(
      [0, 1, 2].map((part) => ({
        ...{
          time,
          user: 'x',
          session: `${part}`,
          action: 'write',
          target: 'a.counter',
          status: 0,
          details: { number },
        },
      })),
    ),
    store.definitions.append({ pipeline: 'fill', time, initiator: 'x', comment: '', text: `number: ${number}` }),
    store.lastValues.save([{ tag: 'a.counter', sample: good(number, time) }]),
    saveJob(number, time),
  ])
}

async function saveJob(number: number, time: number): Promise<void> {
  const id = `${number}`
  const job = { equipment: 'e', id, state: 2, order: {}, arrivedAt: time, changedAt: time }
  const message = { seq: number, equipment: 'e', job: id, time, content: { number } }
  store.queue.add({ kind: 'job', statements: [jobSaved(job), messagePosted(message)] })
  if (!(await store.queue.settled(60_000))) throw new Error('the job is not written')
}

process.send?.('ready')
for (let number = Number(first); ; number += 1) {
  await write(number)
  process.send?.(number)
}
