import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type Arena, slack, startArena } from './arena.ts'
import { breaks, type LastingClient, lastingClient } from './lasting-client.ts'
import { arenaFiles } from './plant-files.ts'
import { randomOf } from './random.ts'

const plant = arenaFiles['plant.yaml'] ?? ''
const watch = arenaFiles['pipelines/watch.yaml'] ?? ''
const plugin = (text: string) => `import { defineFunction, double } from 'millrace/plugin'\n${text}`
const nine = (name: string) => Array.from({ length: 9 }, () => name).join(', ')
/** Nine lists of nine of the one before: a billion values where they are written out. */
const bomb = Array.from(
  'abcdefghi',
  (name, index) => `${name}: &${name} [${nine(index ? `*${'abcdefghi'[index - 1]}` : 'x')}]`,
)

/** Files that are not applied, and what is told of each. */
const broken: Readonly<Record<string, readonly [file: string, text: string | Buffer, told: RegExp]>> = {
  'a plant cut off': ['plant.yaml', plant.slice(0, plant.indexOf('devices:') + 30), /plant\.yaml/],
  'an empty plant': ['plant.yaml', '', /plant\.yaml/],
  'garbage for a plant': ['plant.yaml', randomOf(9).bytes(20_000), /plant\.yaml/],
  'NUL in a plant': ['plant.yaml', plant.replace('Arena', 'Ar\u0000ena'), /plant\.yaml/],
  'tabs in a plant': ['plant.yaml', plant.replaceAll('  ', '\t'), /plant\.yaml:\d+:\d+/],
  'an unknown key': ['plant.yaml', `${plant}unknown: 1\n`, /plant\.yaml:\d+:\d+.*unknown/s],
  'anchors that explode': ['plant.yaml', [...bomb, plant].join('\n'), /plant\.yaml/],
  'a pipeline cut off': ['pipelines/watch.yaml', watch.slice(0, 150), /watch\.yaml:\d+:\d+/],
  'garbage for a pipeline': ['pipelines/watch.yaml', randomOf(8).bytes(5000), /watch\.yaml/],
  'a pipeline of 50 MB': ['pipelines/watch.yaml', `${watch}${'# x\n'.repeat(13_000_000)}`, /watch\.yaml/],
  'a step that does not exist': [
    'pipelines/watch.yaml',
    watch.replace('smooth.mean', 'smoth.mean'),
    /watch\.yaml:\d+:\d+/,
  ],
  'a number as text': ['pipelines/watch.yaml', watch.replace('size: 3', 'size: three'), /watch\.yaml:\d+:\d+/],
  'a loop of steps': ['pipelines/watch.yaml', watch.replace('boiler1.pressure', 'smooth.mean'), /watch\.yaml:\d+:\d+/],
  'a plugin with a syntax error': ['plugins/bad.ts', 'export default {{{', /bad\.ts/],
  'a plugin without an export': ['plugins/bad.ts', 'export const nothing = 1', /bad\.ts/],
  'a plugin of no kind': ['plugins/bad.ts', 'export default { type: 7 }', /bad\.ts/],
  'a plugin that throws': ['plugins/bad.ts', 'throw new Error("no luck")', /bad\.ts/],
  'a plugin that never arrives': ['plugins/bad.ts', 'await new Promise(() => undefined)', /bad\.ts/],
  'a plugin with a getter that throws': [
    'plugins/bad.ts',
    plugin('export default { get type() { throw new Error("no luck") }, compute: double && defineFunction }'),
    /bad\.ts/,
  ],
}

describe('hostile: files that change while the plant runs', function () {
  this.timeout(600_000)
  let arena: Arena
  let client: LastingClient

  before(async () => {
    arena = await startArena({ isWatching: true })
    client = await lastingClient(arena.url)
    await until('values come', () => client.seen.length > 10)
  })
  after(async () => {
    await client.client.disconnect()
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  /** Saves as editors do: another file first, which takes the place. */
  const save = async (file: string, content: string | Buffer | undefined): Promise<void> => {
    const path = join(arena.folder, file)
    if (content === undefined) return await rm(path, { force: true })
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.new`, content)
    await rename(`${path}.new`, path)
  }

  for (const [what, [file, content, told]] of Object.entries(broken)) {
    it(`tells what is wrong with ${what}, and goes on with what was there`, () =>
      arena.suffer(async () => {
        const said = arena.plant.log().length
        const fresh = () => arena.plant.log().slice(said)
        await save(file, content)
        await until('it is told', () => /not applied|cannot be|refused/.test(fresh()), 20_000 * slack)
        expect(fresh()).to.match(told)
        const seen = client.seen.length
        await save(file, arenaFiles[file])
        await until('the pipelines go on', () => client.seen.length > seen + 10, 10_000 * slack)
        // What is mended is applied in silence, or told as a change; the next case begins after that.
        await sleep(1500)
      }))
  }

  it('have not cost a pipeline a wave', () => {
    expect(breaks(client.seen)).to.deep.equal([])
  })
})
