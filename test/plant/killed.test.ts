import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { DataType } from 'node-opcua'
import { systemClock } from '../../src/model/clock.ts'
import { packageRoot } from '../../src/package-root.ts'
import { openStore } from '../../src/store/store.ts'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses, startPlantProcess } from '../kit/plant-process.ts'
import { type Client, connect } from '../opcua/bench.ts'
import { eventsOf, messagesOf } from '../opcua/history/events/event-bench.ts'
import { rawOf } from '../opcua/history/reading.ts'
import { plantFile, scaling } from './change-plants.ts'

/** A run that takes longer than the test. */
const slow = `pipeline: slow
equipment: Acme/Line1
run: once
parameters:
  velocity: { type: Double, unit: °/s, min: 0.1, max: 90, default: 90 }
steps:
  home: { do: servo2.home, timeout: 10s }
  out: { do: servo2.moveAbsolute, in: { position: 90, velocity: $velocity }, after: [home], timeout: 5m }
`

describe('a plant that is killed', function () {
  this.timeout(60_000)
  after(async () => {
    killPlantProcesses()
    await removePlantFolders()
  })

  it('ends the run that was cut off as Halted, and has its parameter again', async () => {
    const folder = await plantFolder({
      'plant.yaml': plantFile.replace('plant: line', 'plant: demo'),
      'pipelines/slow.yaml': slow,
    })
    const file = join(folder, 'd', 'meta.db')
    const first = await startPlantProcess(folder)
    const client = await connect(first.url, join(folder, 'client'), {})
    expect(await client.write('pipe/slow.Parameters.velocity', { dataType: DataType.Double, value: 0.5 })).to.equal(
      'Good',
    )
    const start = { objectId: client.id('pipe/slow'), methodId: client.id('pipe/slow.Start') }
    const runId = (await client.session.call(start)).outputArguments?.[0]?.value
    const look = new DatabaseSync(file, { readOnly: true })
    await until('the run is kept', () => look.prepare('SELECT id FROM run WHERE id = ?').get(runId) !== undefined)
    look.close()
    // What was read is on the disk.
    await until(
      'its start can be read',
      async () => (await eventsOf(client.session, client.id('pipe/slow'))).length > 1,
    )
    await first.end('SIGKILL')
    await client.close().catch(() => {})

    const second = await startPlantProcess(folder)
    expect(second.log()).to.include(`run ${runId} of pipeline slow was cut off`)
    const again = await connect(second.url, join(folder, 'client'), {})
    expect((await again.read('pipe/slow.Parameters.velocity')).value.value).to.equal(0.5)
    expect((await again.read('pipe/slow.CurrentState.Number')).value.value).to.equal(12)
    const events = await eventsOf(again.session, again.id('pipe/slow'), { fields: ['8:RunId', '8:Outcome'] })
    const ofRun = events.filter(({ RunId }) => RunId === runId)
    expect(messagesOf(ofRun)[1], 'it began before the end, and is told to be over once').to.match(/was started/)
    expect(ofRun.filter(({ Outcome }) => Outcome === 3).length).to.equal(1)
    expect(messagesOf(ofRun).at(-1)).to.include('was cut off')
    await again.close()
    await second.end('SIGTERM')

    const store = await openStore({ file, clock: systemClock, onError: () => {} })
    const run = await store.runs.find(runId)
    await store.close()
    expect(run?.end).to.include({ outcome: 'Halted', error: 'the program ended while it ran' })
    expect(run?.parameters.velocity?.value).to.equal(0.5)
  })

  it('knows which run each sample came from, before the end and since', async () => {
    const folder = await plantFolder({
      'plant.yaml': plantFile.replace('plant: line', 'plant: demo'),
      'pipelines/scale.yaml': scaling({ outputs: 'scaled: { from: scaled.scaled, history: { keep: 1d } }' }),
    })
    const rows = ({ session, id }: Client) =>
      rawOf(session, id('pipe/scale.Outputs.scaled'), { start: new Date(0), end: new Date(Date.now() + 60_000) })
    const find = async ({ session, id }: Client, time: number, ordinal: number) => {
      const inputArguments = [
        { dataType: DataType.String, value: 'scaled' },
        { dataType: DataType.DateTime, value: new Date(time) },
        { dataType: DataType.UInt32, value: ordinal },
      ]
      const request = { objectId: id('pipe/scale'), methodId: id('pipe/scale.FindRun'), inputArguments }
      const { statusCode, outputArguments } = await session.call(request)
      return [statusCode.name, ...(outputArguments ?? []).slice(0, 3).map(({ value }) => value as unknown)]
    }
    const runIdOf = async (client: Client) => (await client.read('pipe/scale.Diagnostics.CurrentRunId')).value.value

    const first = await startPlantProcess(folder)
    const client = await connect(first.url, join(folder, 'client'), {})
    await until('there is some history', async () => (await rows(client)).length >= 10)
    const [acknowledged, runId] = [await rows(client), await runIdOf(client)]
    await first.end('SIGKILL')
    await client.close().catch(() => {})

    const second = await startPlantProcess(folder)
    const again = await connect(second.url, join(folder, 'client'), {})
    const secondId = await runIdOf(again)
    await until('it goes on', async () => (await find(again, Date.now(), 0))[1] === secondId)
    const all = await rows(again)
    expect(all.slice(0, acknowledged.length)).to.deep.equal(acknowledged)
    let ordinal = 0
    for (const [index, { time }] of all.entries()) {
      ordinal = all[index - 1]?.time === time ? ordinal + 1 : 1
      const found = await find(again, time, ordinal)
      const isOfFirst = index < acknowledged.length || found[1] === runId
      expect(found).to.deep.equal(['Good', ...(isOfFirst ? [runId, 1, 'auto'] : [secondId, 1, 'restart'])])
    }
    expect(secondId).not.to.equal(runId)
    await again.close()
    await second.end('SIGTERM')
  })

  it('does not start on a database that is not its own, and says why', async () => {
    const folder = await plantFolder({ 'plant.yaml': plantFile, 'd/meta.db': 'x' })
    const other = new DatabaseSync(join(folder, 'd', 'other.db'))
    other.exec('PRAGMA application_id = 42; CREATE TABLE t(x)')
    other.close()
    await copyFile(join(folder, 'd', 'other.db'), join(folder, 'd', 'meta.db'))
    const args = ['run', folder, '--port', '0', '--data', join(folder, 'd'), '--certificates', join(folder, 'c')]
    const child = spawn(process.execPath, [join(packageRoot, 'src', 'main.ts'), ...args], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let errors = ''
    child.stderr.on('data', (data) => (errors += data))
    const [code] = await once(child, 'close')
    expect(code).to.equal(69)
    expect(errors).to.include('database-foreign').and.include('meta.db')
  })
})
