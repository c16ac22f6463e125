/**
 * Fuzzes what takes input of others: `npm run fuzz -- [--minutes N | --seconds N | --count N] [--seed N]... [--target NAME]...
 * [--path PATH]`.
 *
 * The time is for all targets together, a count for each of them, and each seed gets all of it. It ends with 1 when something was found; seed and path then repeat it.
 */
import { parseArgs } from 'node:util'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { targets } from './targets.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    count: { type: 'string' },
    seed: { type: 'string', multiple: true },
    target: { type: 'string', multiple: true },
    path: { type: 'string' },
  },
})

const count = values.count === undefined ? undefined : Number(values.count)
const endless = count === undefined ? 1 : Number.POSITIVE_INFINITY
const seconds = Number(values.seconds ?? Number(values.minutes ?? endless) * 60)
const seeds = (values.seed ?? [Math.floor(Math.random() * 2 ** 31)]).map(Number)
const chosen = targets.filter(({ name }) => values.target?.includes(name) ?? true)
const isCounted = count === undefined || (Number.isInteger(count) && count > 0)
if (!(seconds > 0) || !isCounted || !seeds.every(Number.isInteger) || chosen.length === 0) {
  process.stderr.write(
    `--minutes, --seconds or a whole --count above 0, whole numbers for --seed, and --target of ${targets.map(({ name }) => name).join(', ')}\n`,
  )
  process.exit(2)
}

let hasFound = false
for (const seed of seeds) {
  for (const target of chosen) {
    const ms = (seconds * 1000) / chosen.length
    const { runs, found, path } = await target.run(
      { ms, count, seed },
      values.path === undefined ? undefined : { path: values.path },
    )
    process.stdout.write(
      `${target.name}, seed ${seed}: ${runs} tried, ${target.what}: ${found === undefined ? 'nothing found' : 'FOUND'}\n`,
    )
    if (found === undefined) continue
    hasFound = true
    const again = `npm run fuzz -- --target ${target.name} --seed ${seed}${path === undefined ? '' : ` --path ${path}`}`
    process.stdout.write(`${found}\nagain: ${again}\n`)
  }
}
killPlantProcesses()
await removePlantFolders()
process.exit(hasFound ? 1 : 0)
