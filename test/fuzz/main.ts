/**
 * Fuzzes what takes input of others: `npm run fuzz -- [--minutes N | --seconds N] [--seed N] [--target NAME]... [--path PATH]`.
 *
 * The time is for all targets together. It ends with 1 when something was found; seed and path then repeat it.
 */
import { parseArgs } from 'node:util'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { targets } from './targets.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    target: { type: 'string', multiple: true },
    path: { type: 'string' },
  },
})

const seconds = Number(values.seconds ?? Number(values.minutes ?? 1) * 60)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const chosen = targets.filter(({ name }) => values.target?.includes(name) ?? true)
if (!(seconds > 0) || !Number.isInteger(seed) || chosen.length === 0) {
  process.stderr.write(
    `--minutes or --seconds above 0, a whole --seed, and --target of ${targets.map(({ name }) => name).join(', ')}\n`,
  )
  process.exit(2)
}

let hasFound = false
for (const target of chosen) {
  const ms = (seconds * 1000) / chosen.length
  const { runs, found, path } = await target.run(
    { ms, seed },
    values.path === undefined ? undefined : { path: values.path },
  )
  process.stdout.write(
    `${target.name}: ${runs} tried, ${target.what}: ${found === undefined ? 'nothing found' : 'FOUND'}\n`,
  )
  if (found === undefined) continue
  hasFound = true
  const again = `npm run fuzz -- --target ${target.name} --seed ${seed}${path === undefined ? '' : ` --path ${path}`}`
  process.stdout.write(`${found}\nagain: ${again}\n`)
}
killPlantProcesses()
await removePlantFolders()
process.exit(hasFound ? 1 : 0)
