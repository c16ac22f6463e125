import { expect } from 'chai'
import { removePlantFolders } from '../config/plant-folder.ts'
import { rough, roughPlant } from '../isolation/rough-plant.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type Arena, slack, startArena } from './arena.ts'
import { breaks, type LastingClient, lastingClient } from './lasting-client.ts'
import { arenaFiles, instances } from './plant-files.ts'

const { 'plant.yaml': _plant, ...roughFiles } = roughPlant()
const files = Object.fromEntries(
  Object.entries({ ...roughFiles, ...arenaFiles }).map(([name, text]) => [
    name,
    text.replace('equipment: Acme\n', 'equipment: Acme/Line1\n'),
  ]),
)

/** What each of them ends its own step with. */
const reasons: Readonly<Record<keyof typeof rough, string>> = {
  hang: 'BadTimeout',
  leak: 'BadOutOfMemory',
  crash: 'BadInternalError',
  throws: 'BadInternalError',
  floods: 'BadResourceUnavailable',
  listens: 'BadResourceUnavailable',
}

describe('hostile: plugins', function () {
  this.timeout(300_000)
  let arena: Arena
  let client: LastingClient

  before(async () => {
    arena = await startArena({}, files)
    client = await lastingClient(arena.url)
    for (const type of Object.keys(rough))
      await until(`${type} begins well`, async () => (await status(type)) === 'Good', 20_000 * slack)
  })
  after(async () => {
    await client.client.disconnect()
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  const read = (name: string) => client.session.read({ nodeId: `${instances};s=${name}`, attributeId: 13 })
  const status = async (type: string) => (await read(`pipe/${type}.Outputs.value`)).statusCode.name
  const beside = async (type: string) => Number((await read(`pipe/${type}.Outputs.beside`)).value.value)
  const set = (type: string, value: number) =>
    client.session.write({
      nodeId: `${instances};s=pipe/${type}.Parameters.mode`,
      attributeId: 13,
      value: { value: { dataType: 'Double', value } } as never,
    })

  for (const [type, reason] of Object.entries(reasons)) {
    it(`spoil their own step and nothing else: ${type}`, () =>
      arena.suffer(async () => {
        const before = await beside(type)
        const seen = client.seen.length
        expect((await set(type, 13)).name).to.equal('Good')
        await until('its step is Bad', async () => (await status(type)) === reason, 5000 * slack)
        await until('the steps beside it go on', async () => (await beside(type)) > before + 5, 10_000 * slack)
        await until('the other pipelines go on', () => client.seen.length > seen + 20, 10_000 * slack)
      }))
  }

  it('have not cost the other pipelines a wave', () => {
    expect(breaks(client.seen)).to.deep.equal([])
  })
})
