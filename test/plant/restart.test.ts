import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { DataType } from 'node-opcua'
import { disconnect } from '../../src/commands.ts'
import { systemClock } from '../../src/model/clock.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { type DemoPlant, startDemo, until } from '../kit/demo-plant.ts'
import { answerTo } from '../opcua/alarms/alarm-bench.ts'

const fault = 'pipe/fill.Alarms.Fault'

describe('the demo plant, after a restart', function () {
  this.timeout(60_000)
  let dataFolder: string
  let demo: DemoPlant
  let runId: string
  let eventId: Buffer
  let versions: unknown

  const read = async (identifier: string) => (await demo.client.read(identifier)).value.value
  const call = async (object: string, method: string, inputArguments: ReturnType<typeof answerTo> = []) => {
    const { session, id } = demo.client
    return session.call({ objectId: id(object), methodId: id(`${object}.${method}`), inputArguments })
  }
  const stateIs = (state: number) => async () => (await read('pipe/fill.CurrentState.Number')) === state
  const stored = async <T>(look: (store: Store<unknown>) => Promise<T>): Promise<T> => {
    const store = await openStore({ file: join(dataFolder, 'meta.db'), clock: systemClock, onError: () => {} })
    return look(store).finally(() => store.close())
  }

  before(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'millrace-data-'))
    demo = await startDemo(undefined, dataFolder)
    await demo.client.write('pipe/fill.Parameters.targetVolume', { dataType: DataType.Double, value: 0.5 })
    const started = await call('pipe/fill', 'Start')
    runId = started.outputArguments?.[0]?.value
    await until('the bottle is full', stateIs(12), 20_000)
    await call('pipe/balance', 'Stop')
    await until('balance is stopped', async () => (await read('pipe/balance.CurrentState.Number')) === 12)
    await disconnect(demo.plant, 'servo1')
    await call('pipe/fill', 'Start')
    await until('the run has failed', stateIs(11), 20_000)
    eventId = await read(`${fault}.EventId`)
    versions = demo.plant.deployment.versions
    await demo.stop()
    demo = await startDemo(undefined, dataFolder)
  })
  after(async () => {
    await demo.stop()
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 3 })
  })

  it('has its parameters and its versions again', async () => {
    expect(await read('pipe/fill.Parameters.targetVolume')).to.equal(0.5)
    expect(demo.plant.deployment.versions).to.deep.equal(versions)
    expect(await read('pipe/fill.Version')).to.equal(1)
  })

  it('has its pipelines in their states again: what was stopped or halted stays so', async () => {
    expect(await read('pipe/watch.CurrentState.Number')).to.equal(13)
    expect(await read('pipe/balance.CurrentState.Number')).to.equal(12)
    expect(await read('pipe/fill.CurrentState.Number')).to.equal(11)
  })

  it('knows the alarm that nobody has acknowledged by its EventId', async () => {
    expect(eventId.length).to.be.greaterThan(0)
    expect((await read(`${fault}.EventId`)).equals(eventId)).to.equal(true)
    expect(await read(`${fault}.AckedState.Id`)).to.equal(false)
    expect(await read(`${fault}.ActiveState.Id`)).to.equal(true)
    const answer = await call(fault, 'Acknowledge', answerTo(eventId, 'seen'))
    expect(answer.statusCode.name).to.equal('Good')
  })

  it('has kept every run, with who asked, what for, and what came of it', async () => {
    await demo.stop()
    const { entries } = await stored(({ runs }) => runs.list({ pipeline: 'fill', limit: 10 }))
    expect(entries.map(({ trigger, version, end }) => [trigger, version, end?.outcome])).to.deep.equal([
      ['user', 1, 'Completed'],
      ['user', 1, 'Failed'],
    ])
    const [filled, failed] = entries
    expect(filled?.runId).to.equal(runId)
    expect(filled?.parameters.targetVolume?.value).to.equal(0.5)
    expect(filled?.end?.results[0]?.tag).to.equal('fill.filledVolume')
    expect(filled?.end?.results[0]?.sample.value).to.be.within(0.5, 1.2)
    expect(failed?.end?.error).to.match(/home/)
    const watch = await stored(({ runs }) => runs.list({ pipeline: 'watch', limit: 10 }))
    expect(watch.entries.map(({ trigger, end }) => [trigger, end?.outcome])).to.deep.equal([
      ['auto', 'Halted'],
      ['restart', 'Halted'],
    ])
    demo = await startDemo(undefined, dataFolder)
  })
})
