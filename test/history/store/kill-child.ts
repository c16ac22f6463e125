/**
 * Writes into a history as fast as it can until it is killed: `node kill-child.ts <folder> <first>`.
 * Every batch has the next 200 numbers, spread over tags; after its commit the child prints the last one.
 */
import { openIn, tagSample } from '../kit.ts'

const [folder = '', first = '0'] = process.argv.slice(2)
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
