import { expect } from 'chai'
import { removePlantFolders } from '../config/plant-folder.ts'
import { targets } from '../fuzz/targets.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'

/** All that was promised, or as much as everybody has time for. */
const isLong = process.env.MILLRACE_LONG === '1'
const seeds = isLong ? [1, 2, 3, 4, 5] : [1]

/** Inputs for each seed: connections, messages, and whatever the others take. */
const counts: Readonly<Record<string, readonly [long: number, short: number]>> = {
  transport: [4000, 800],
  services: [20_000, 800],
  where: [20_000, 500],
  jobs: [20_000, 500],
  plants: [5000, 100],
  plugins: [2000, 50],
}

describe('hostile: fuzz', function () {
  this.timeout(isLong ? 3_600_000 : 600_000)
  after(async () => {
    killPlantProcesses()
    await removePlantFolders()
  })

  for (const { name, what, run } of targets) {
    const [long = 0, short = 0] = counts[name] ?? []
    for (const seed of seeds) {
      it(`finds nothing: ${what}, seed ${seed}`, async () => {
        const count = isLong ? long : short
        const { runs, found, path } = await run({ ms: Number.POSITIVE_INFINITY, count, seed })
        expect(found, `--target ${name} --seed ${seed}${path === undefined ? '' : ` --path ${path}`}`).to.equal(
          undefined,
        )
        expect(runs).to.be.at.least(count)
      })
    }
  }
})
