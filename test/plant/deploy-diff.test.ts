import { expect } from 'chai'
import { isRunnable, loadPlant, type RunnablePlant } from '../../src/load-plant.ts'
import { diffPlants, partDiff } from '../../src/plant-diff.ts'
import { moving, plantFile, scaling } from './change-plants.ts'

/** Checks a plant that stands nowhere but in memory. */
async function plantOf(files: Readonly<Record<string, string>>, folder = '/nowhere'): Promise<RunnablePlant> {
  const texts = new Map(Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text]))
  const loaded = await loadPlant(folder, { texts })
  if (!isRunnable(loaded)) throw new Error(JSON.stringify(loaded.findings))
  return loaded
}

const files = { 'plant.yaml': plantFile, 'pipelines/scale.yaml': scaling(), 'pipelines/move.yaml': moving }

/** What changes when these files take the place of others. */
async function diffOf(changes: Readonly<Record<string, string | undefined>>) {
  const after = Object.fromEntries(
    Object.entries({ ...files, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return diffPlants(await plantOf(files), await plantOf(after))
}

const nothing = { added: [], removed: [], changed: [], retyped: [] }

describe('the difference of two plants', () => {
  it('is empty, when only places, order and comments of files are different', async () => {
    const turned = plantFile.replace(/( {2}servo1.*\n)( {2}servo2.*\n)/, '$2$1')
    expect(turned).not.to.equal(plantFile)
    const moved = { 'plant.yaml': `# A comment.\n${turned}`, 'pipelines/z.yaml': moving, 'pipelines/a.yaml': scaling() }
    const diff = diffPlants(await plantOf(files), await plantOf(moved, '/elsewhere'))
    expect(diff.isEmpty).to.equal(true)
    expect(diff.insideById.size).to.equal(0)
  })

  it('tells pipelines that came, went and changed, and what changed inside', async () => {
    const diff = await diffOf({
      'pipelines/move.yaml': undefined,
      'pipelines/other.yaml': scaling({ id: 'other' }),
      'pipelines/scale.yaml': scaling({
        run: '{ on: change }',
        parameters: 'parameters: { limit: { type: Double, default: 1 } }',
        extra: '  is:\n    function: GT\n    in: { a: scaled.scaled, b: 10 }',
        outputs: 'scaled: { from: is.result }\n  second: { from: scaled.scaled }',
      }),
    })
    expect(diff.pipelines).to.deep.equal({ ...nothing, added: ['other'], removed: ['move'], changed: ['scale'] })
    const inside = diff.insideById.get('scale')
    expect(inside?.steps).to.deep.equal({ ...nothing, added: ['is'] })
    expect(inside?.parameters.added).to.deep.equal(['limit'])
    expect(inside?.outputs).to.deep.equal({ ...nothing, added: ['second'], retyped: ['scaled'] })
    expect(inside?.hasOtherTrigger).to.equal(true)
    expect([diff.devices, diff.equipment]).to.deep.equal([nothing, nothing])
    expect(diff.isEmpty).to.equal(false)
  })

  it('tells ports that change in place, and ports that become others', async () => {
    const unit = await diffOf({ 'pipelines/scale.yaml': scaling().replace('unit: mm', 'unit: m') })
    expect(unit.insideById.get('scale')?.ports).to.deep.equal({ ...nothing, changed: ['scaled.Outputs.scaled'] })
    expect(unit.insideById.get('scale')?.steps.changed).to.deep.equal(['scaled'])
    const type = await diffOf({
      'pipelines/scale.yaml': scaling()
        .replace(/function: linear-scale[^}]*}[^}]*}/, 'function: GT\n    in: { a: servo1.position, b: 1 }')
        .replace('scaled.scaled, min: 0, max: 180', 'scaled.result'),
    })
    expect(type.insideById.get('scale')?.outputs.retyped).to.deep.equal(['scaled'])
    expect(type.insideById.get('scale')?.ports.added).to.include('scaled.Outputs.result')
    expect(type.insideById.get('scale')?.hasOtherTrigger).to.equal(false)
  })

  it('tells a pipeline whose writes are others', async () => {
    const registers = '[{ name: valve, address: 1, type: float64, access: write }]'
    const plc = `  plc: { type: modbus, equipment: Acme/Line1, config: { host: 127.0.0.1, registers: ${registers} } }`
    const plant = { ...files, 'plant.yaml': `${plantFile}${plc}\n` }
    const writing = `${scaling().replace(', unit: mm', '')}writes:\n  plc.valve: { from: scaled.scaled, on: change }\n`
    const before = await plantOf({ ...plant, 'pipelines/scale.yaml': scaling().replace(', unit: mm', '') })
    const diff = diffPlants(before, await plantOf({ ...plant, 'pipelines/scale.yaml': writing }))
    expect(diff.insideById.get('scale')?.writes).to.deep.equal({ ...nothing, added: ['plc.valve'] })
    expect(diff.insideById.get('scale')?.steps).to.deep.equal(nothing)
  })

  it('reconnects a device for its settings, and not for its name and place', async () => {
    const renamed = await diffOf({ 'plant.yaml': plantFile.replace('First servo', 'Best servo') })
    expect(renamed.devices.changed).to.deep.equal(['servo1'])
    expect([...renamed.reconnected]).to.deep.equal([])
    const moved = await diffOf({ 'plant.yaml': plantFile.replace('equipment: Acme/Line1', 'equipment: Acme/Line2') })
    expect([...moved.reconnected]).to.deep.equal([])
    const slower = await diffOf({ 'plant.yaml': plantFile.replace('every: 50ms', 'every: 70ms') })
    expect([...slower.reconnected]).to.deep.equal(['servo1'])
    expect(slower.pipelines).to.deep.equal(nothing)
    const added = await diffOf({
      'plant.yaml': `${plantFile}  servo3: { type: mock-servo, equipment: Acme/Line2 }\n`,
    })
    expect(added.devices).to.deep.equal({ ...nothing, added: ['servo3'] })
    expect([...added.reconnected]).to.deep.equal([])
  })

  it('reconnects a device that gets another type or another simulator', async () => {
    const modbus = (simulator: string) =>
      `${plantFile}  plc: { type: modbus, equipment: Acme/Line1, ${simulator} config: { host: 127.0.0.1, registers: [{ name: level, address: 1 }] } }\n`
    const before = await plantOf({
      ...files,
      'plant.yaml': modbus('simulator: { type: filler-plc, config: { seed: 1 } },'),
    })
    const after = await plantOf({
      ...files,
      'plant.yaml': modbus('simulator: { type: filler-plc, config: { seed: 2 } },'),
    })
    expect([...diffPlants(before, after).reconnected]).to.deep.equal(['plc'])
    const without = await plantOf({ ...files, 'plant.yaml': modbus('') })
    expect([...diffPlants(before, without).reconnected]).to.deep.equal(['plc'])
    const servo = await plantOf({
      ...files,
      'plant.yaml': `${plantFile}  plc: { type: mock-servo, equipment: Acme/Line1 }\n`,
    })
    const retyped = diffPlants(before, servo)
    expect(retyped.devices).to.deep.equal({ ...nothing, retyped: ['plc'] })
    expect([...retyped.reconnected]).to.deep.equal(['plc'])
  })

  it('tells settings that have to wait, and another plant', async () => {
    const waiting = await diffOf({ 'plant.yaml': plantFile.replace('port: 0', 'port: 4841') })
    expect(waiting.atNextStart).to.deep.equal(['server.port'])
    expect([waiting.isOtherPlant, waiting.isEmpty]).to.deep.equal([false, false])
    const other = await diffOf({ 'plant.yaml': plantFile.replace('plant: line', 'plant: other') })
    expect(other.isOtherPlant).to.equal(true)
  })

  it('of lists puts every id into one list at most', () => {
    const before = [
      { id: 'a', type: 1, value: 1 },
      { id: 'b', type: 1, value: 1 },
      { id: 'c', type: 1, value: 1 },
    ]
    const after = [
      { id: 'd', type: 1, value: 1 },
      { id: 'b', type: 2, value: 1 },
      { id: 'a', type: 1, value: 2 },
    ]
    const diff = partDiff(
      before,
      after,
      ({ id }) => id,
      ({ type }) => type,
    )
    expect(diff).to.deep.equal({ added: ['d'], removed: ['c'], changed: ['a'], retyped: ['b'] })
  })
})
