import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { targets } from './targets.ts'

/** Something that was found. */
interface Seed {
  readonly target: string
  readonly seed: number
  readonly path: string
  readonly found: string
}

const folder = join(import.meta.dirname, 'seeds')

describe('what the fuzzers have found', function () {
  this.timeout(120_000)
  after(async () => {
    killPlantProcesses()
    await removePlantFolders()
  })

  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const { target, seed, path, found } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Seed
    it(`is mended: ${found}`, async () => {
      const chosen = targets.find(({ name }) => name === target)
      const outcome = await chosen?.run({ ms: 30_000, seed }, { path })
      expect(outcome).to.include({ runs: 1 })
      expect(outcome?.found).to.equal(undefined)
    })
  }

  // What is tried for a moment here is tried for longer by `npm run fuzz`.
  for (const name of ['plants', 'plugins', 'where']) {
    it(`is nothing new within three seconds: ${name}`, async () => {
      const outcome = await targets.find((target) => target.name === name)?.run({ ms: 3000, seed: 7 })
      expect(outcome?.found).to.equal(undefined)
      expect(outcome?.runs).to.be.greaterThan(10)
    })
  }
})
