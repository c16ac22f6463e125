import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { listen } from '../opcua/event-listener.ts'
import { moving, plantFile, scaling } from './change-plants.ts'

const files = { 'plant.yaml': plantFile, 'pipelines/scale.yaml': scaling(), 'pipelines/move.yaml': moving }

describe('files that change while the plant runs', function () {
  this.timeout(20_000)
  let scratch: ScratchPlant
  let client: Client

  before(async () => {
    scratch = await startScratch(files, { watchFiles: true })
    client = await scratch.connect()
  })
  after(() => scratch.stop())

  const version = async (id = 'scale'): Promise<number> => (await client.read(`pipe/${id}.Version`)).value?.value ?? 0
  const changes = () => scratch.lines.filter((line) => /changed, by|added, by|removed, by/.test(line)).length
  const refused = (pattern: RegExp) =>
    until(`it is told: ${pattern}`, () => scratch.lines.some((line) => /not applied/.test(line) && pattern.test(line)))
  const state = async (id: string): Promise<number> => (await client.read(`pipe/${id}.CurrentState.Number`)).value.value
  const call = (object: string, method: string) =>
    client.session.call({ objectId: client.id(object), methodId: client.id(`${object}.${method}`) })

  it('are applied once, when an editor saves by way of another file', async () => {
    const before = changes()
    const draft = join(scratch.folder, 'pipelines', '.scale.yaml.swp')
    await writeFile(draft, scaling({ gain: 3 }).slice(0, 40))
    await writeFile(draft, scaling({ gain: 3 }))
    await rename(draft, join(scratch.folder, 'pipelines', 'scale.yaml'))
    await until('it is applied', async () => (await version()) === 2)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect([changes() - before, await version()]).to.deep.equal([1, 2])
  })

  it('change nothing while they are broken or half-written, and count when they are whole', async () => {
    const whole = scaling({ gain: 5 })
    await scratch.put('pipelines/scale.yaml', `${whole.slice(0, 120)}`)
    await refused(/scale\.yaml:\d+:\d+/)
    expect([await version(), await state('scale')]).to.deep.equal([2, 13])
    await scratch.put('pipelines/scale.yaml', scaling({ servo: 'servo9' }))
    await refused(/wire-unknown/)
    expect((await client.read('pipe/scale.Outputs.scaled')).statusCode.name).to.equal('Good')
    await scratch.put('pipelines/scale.yaml', whole)
    await until('it is applied', async () => (await version()) === 3)
  })

  it('that are deleted leave what runs running, until it has stopped', async () => {
    await scratch.put('pipelines/scale.yaml', undefined)
    await refused(/invalid-state pipeline scale is Running; it cannot be removed now/)
    expect(await state('scale')).to.equal(13)
    await call('pipe/scale', 'Stop')
    await until(
      'it is gone',
      async () => (await client.read('pipe/scale.PipelineId')).statusCode.name === 'BadNodeIdUnknown',
    )
    await scratch.put('pipelines/scale.yaml', scaling())
    await until('it is back', async () => (await client.read('pipe/scale.Outputs.scaled')).statusCode.isGood())
    expect(await version()).to.equal(4)
  })

  it('are not applied a second time, when a method has written them', async () => {
    const admin = await scratch.connect('ConfigureAdmin')
    const listener = await listen(admin, 'i=2253')
    const inputArguments = [scaling({ gain: 6 }), ''].map((value) => ({ dataType: 'String', value }))
    const [objectId, methodId] = [admin.id('runtime'), admin.id('runtime.Deploy')]
    expect((await admin.session.call({ objectId, methodId, inputArguments })).statusCode.name).to.equal('Good')
    const told = (await listener.rest(800)).map(({ Message }) => (Message as { text: string }).text)
    expect(told.filter((text) => /, by /.test(text))).to.deep.equal(['pipeline scale changed, by ConfigureAdmin'])
    expect(await version()).to.equal(5)
    await scratch.put('pipelines/scale.yaml', `# A comment.\n${scaling({ gain: 6 })}`)
    await until('the text is kept', async () => (await version()) === 6)
    expect(await state('scale')).to.equal(13)
    await listener.stop()
  })

  it('wait for the end of a run that they concern', async () => {
    await call('pipe/move', 'Start')
    await scratch.put('pipelines/move.yaml', moving.replace('position: 90', 'position: 20'))
    await refused(/pipeline move is Running; it cannot be changed now/)
    expect(await version('move')).to.equal(1)
    await call('pipe/move', 'Halt')
    await until('it is applied', async () => (await version('move')) === 2)
    expect(await state('move')).to.equal(11)
  })

  it('of the plant go on as they were, when it is gone or names another plant', async () => {
    await scratch.put('plant.yaml', undefined)
    await refused(/there is no plant\.yaml/)
    await scratch.put('plant.yaml', plantFile.replace('plant: line', 'plant: other'))
    await refused(/the plant that runs is line, and the file now says other/)
    expect((await client.read('dev/servo1.position')).statusCode.name).to.equal('Good')
    await scratch.put('plant.yaml', plantFile.replace('First servo', 'Best servo').replace('port: 0', 'port: 4841'))
    await until('it is applied', () => scratch.lines.some((line) => /device servo1 changed, by file/.test(line)))
    expect(scratch.lines.some((line) => /server\.port takes effect at the next start/.test(line))).to.equal(true)
  })

  it('are left alone when nobody watches', async () => {
    const quiet = await startScratch(files)
    try {
      await quiet.put('pipelines/scale.yaml', scaling({ gain: 8 }))
      await new Promise((resolve) => setTimeout(resolve, 600))
      expect(quiet.lines.some((line) => /changed, by/.test(line))).to.equal(false)
      await quiet.plant.reload('SIGHUP')
      expect(quiet.lines.some((line) => /pipeline scale changed, by SIGHUP/.test(line))).to.equal(true)
    } finally {
      await quiet.stop()
    }
  })
})
