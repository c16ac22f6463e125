/**
 * Writes into a history as fast as it can until it is killed. It says `ready`, waits for a line `<first> <folder>`, opens the history
 * there, and says the number behind each batch once it is durable. A batch has the next 200 numbers, spread over tags.
 */
import { createInterface } from 'node:readline'
import { openIn, tagSample } from '../kit.ts'

process.stdout.write('ready\n')
const [line] = await new Promise<string[]>((resolve) => {
  createInterface(process.stdin).once('line', (first) => resolve([first]))
})
const [first = '0', folder = ''] = (line ?? '').split(' ')
const store = await openIn(folder, { journal: { unsealedMax: 4000, rowsMax: 20 } })
let number = Number(first)
for (;;) {
  const batch = Array.from({ length: 200 }, () => {
    const value = number++
    // Every tenth sample comes late, and many have equal times.
    return tagSample(`tag${value % 7}`, Math.floor(value / 20) * 10 - (value % 10 === 0 ? 500 : 0), value)
  })
  await store.append(batch)
  process.stdout.write(`${number}\n`)
}
