import { open as openFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { DataType } from 'node-opcua'
import { systemClock } from '../../src/model/clock.ts'
import { openDatabase } from '../../src/sqlite/open-database.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { rawOf } from '../opcua/history/reading.ts'
import { plantFile } from './change-plants.ts'

const sum = (id: string, more = '') => `pipeline: ${id}
equipment: Acme/Line1
run: { every: 20ms }
parameters:
  level: { type: Double, min: 0, max: 1000, default: 1 }
steps:
  sum: { function: ADD, in: { a: $level, b: 0.5 } }
outputs:
  sum: { from: sum.result, min: 0, max: 2000${more} }
`

const files = {
  'plant.yaml': plantFile,
  'pipelines/on.yaml': sum('on', ', history: { keep: 30d }, alarm: { high: 500 }'),
  'pipelines/off.yaml': `${sum('off')}restart: ready\n`,
  'pipelines/reader.yaml': `pipeline: reader
equipment: Acme/Line1
run: { every: 20ms }
steps:
  twice: { function: ADD, in: { a: off.sum, b: off.sum } }
outputs:
  twice: { from: twice.result, min: 0, max: 4000, history: { keep: 30d } }
`,
}

const double = (value: number) => ({ dataType: DataType.Double, value })

describe('what was seen last of a plant', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant
  let client: Client

  const shown = async (identifier: string) => {
    const { value, statusCode, sourceTimestamp } = await client.read(identifier)
    return { value: value.value as unknown, status: statusCode.name, time: sourceTimestamp?.getTime() }
  }
  const call = async (pipeline: string, method: string) => {
    const { session, id } = client
    const call = { objectId: id(`pipe/${pipeline}`), methodId: id(`pipe/${pipeline}.${method}`) }
    return (await session.call(call)).statusCode.name
  }
  const stored = async <T>(look: (store: Store<unknown>) => Promise<T>): Promise<T> => {
    const file = join(scratch.folder, '..', 'data', 'meta.db')
    const store = await openStore({ file, clock: systemClock, onError: () => {} })
    return look(store).finally(() => store.close())
  }

  before(async () => {
    scratch = await startScratch(files)
    client = await scratch.connect()
  })
  after(() => scratch.stop())

  it('comes back after a restart as uncertain, with its old time, where nothing newer is computed', async () => {
    await client.write('pipe/off.Parameters.level', double(41))
    await until('it is computed', async () => (await shown('pipe/off.Outputs.sum')).value === 41.5)
    await call('off', 'Stop')
    await until('it is stopped', async () => (await shown('pipe/off.Outputs.sum')).status !== 'Good')
    const before = await shown('pipe/off.Outputs.sum')
    const result = await shown('pipe/off.FinalResultData.sum')
    expect(result).to.deep.include({ value: 41.5, status: 'Good' })
    await scratch.restart()
    client = await scratch.connect()
    expect(before).to.deep.include({ value: 41.5, status: 'UncertainLastUsableValue' })
    expect(await shown('pipe/off.Outputs.sum')).to.deep.equal(before)
    expect(await shown('pipe/off/sum.Outputs.result')).to.deep.include({ value: 41.5, status: before.status })
    expect(await shown('pipe/off.FinalResultData.sum')).to.deep.equal(result)
    expect((await shown('pipe/off.Diagnostics.RunCount')).value).to.equal(1)
    expect((await shown('pipe/off.Diagnostics.LastOutcome')).value).to.equal(2)
  })

  it('is not computed with: who reads it waits for something new, and its history has no sample of it', async () => {
    const { status, value } = await shown('pipe/reader.Outputs.twice')
    expect({ status, value }).to.deep.equal({ status: 'BadWaitingForInitialData', value: null })
    const { session, id } = client
    const range = { start: new Date(Date.now() - 3_600_000), end: new Date(Date.now() + 60_000) }
    const samples = await rawOf(session, id('pipe/reader.Outputs.twice'), range)
    const texts = samples.map((sample) => JSON.stringify(sample))
    expect(texts.length).to.be.greaterThan(2)
    expect(texts.filter((text, index) => texts.indexOf(text) !== index)).to.deep.equal([])
  })

  it('neither raises an alarm nor takes one back: what was kept of the alarm counts', async () => {
    await client.write('pipe/on.Parameters.level', double(600))
    const isActive = async () => (await shown('pipe/on.Alarms.sumLevel.ActiveState.Id')).value
    await until('the alarm is active', async () => (await isActive()) === true)
    const eventId = (await shown('pipe/on.Alarms.sumLevel.EventId')).value as Buffer
    await call('on', 'Halt')
    const later = (await shown('pipe/on.Alarms.sumLevel.EventId')).value as Buffer
    expect(later.equals(eventId)).to.equal(false)
    await scratch.restart()
    // The kept value is older than the kept alarm, as after a crash in between.
    client = await scratch.connect()
    expect(await isActive()).to.equal(true)
    expect(((await shown('pipe/on.Alarms.sumLevel.EventId')).value as Buffer).equals(later)).to.equal(true)
    expect(await shown('pipe/on.Outputs.sum')).to.deep.include({ value: 600.5, status: 'UncertainLastUsableValue' })
    await scratch.stopAnd(() => stored(({ lastValues }) => lastValues.save([staleOf('on.sum')])))
    client = await scratch.connect()
    expect((await shown('pipe/on.Outputs.sum')).value).to.equal(3)
    expect(await isActive()).to.equal(true)
    expect(((await shown('pipe/on.Alarms.sumLevel.EventId')).value as Buffer).equals(later)).to.equal(true)
  })

  it('of another type than the port has now is not shown', async () => {
    await scratch.stopAnd(() =>
      stored(({ lastValues }) =>
        lastValues.save([{ ...staleOf('off.sum'), sample: { ...staleOf('off.sum').sample, value: 'text' } }]),
      ),
    )
    client = await scratch.connect()
    expect((await shown('pipe/off.Outputs.sum')).status).to.equal('BadWaitingForInitialData')
  })

  it('is forgotten with its pipeline', async () => {
    await client.write('pipe/off.Parameters.level', double(7))
    await call('reader', 'Halt')
    expect(await scratch.apply('pipelines/reader.yaml', undefined)).to.deep.equal([])
    expect(await scratch.apply('pipelines/off.yaml', undefined)).to.deep.equal([])
    await scratch.stopAnd(async () => {
      const values = await stored(({ lastValues }) => lastValues.load())
      expect([...values.keys()].filter((tag) => /^(off|reader)\b/.test(tag))).to.deep.equal([])
      expect(await stored(({ plantState }) => plantState.parameters())).to.have.length(1)
    })
    client = await scratch.connect()
  })
})

const staleOf = (tag: string) => ({ tag, sample: { value: 3, status: 0, sourceTime: 1_700_000_000_000 } })

describe('a plant whose database fails', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant
  let client: Client

  before(async () => {
    scratch = await startScratch(files)
    client = await scratch.connect('ConfigureAdmin')
  })
  after(() => scratch.stop())

  const file = () => join(scratch.folder, '..', 'data', 'meta.db')
  const value = async (identifier: string) => (await client.read(identifier)).value.value as unknown
  const logged = (pattern: RegExp) => scratch.lines.some((line) => pattern.test(line))

  /** Holds the database as another process would, while something is done. */
  async function whileLocked(work: () => Promise<void>): Promise<void> {
    const other = await openDatabase({ file: file() })
    try {
      await other.transaction(async (sql) => {
        await sql.run("INSERT OR REPLACE INTO last_value VALUES ('other', '{')")
        await work()
      })
    } finally {
      await other.close()
    }
  }

  it('runs on, tells clients that what they have changed is not kept yet, and keeps it when it can', async () => {
    expect(await client.write('pipe/on.Parameters.level', double(2))).to.equal('Good')
    await whileLocked(async () => {
      const statuses = await Promise.all(
        [11, 12].map((level) => client.write('pipe/on.Parameters.level', double(level))),
      )
      expect(statuses).to.deep.equal(['GoodCompletesAsynchronously', 'GoodCompletesAsynchronously'])
      await until('it is computed with', async () => (await value('pipe/on.Outputs.sum')) === 12.5)
      const { session, id } = client
      const answer = await session.call({ objectId: id('pipe/on'), methodId: id('pipe/on.Suspend') })
      expect(answer.statusCode.name).to.equal('GoodCompletesAsynchronously')
      await until('it is told', () => logged(/is not kept for now.*is locked by another process/))
    })
    await until('it is kept again', () => logged(/the state of the plant is kept again/))
    expect(await client.write('pipe/off.Parameters.level', double(3))).to.equal('Good')
    await scratch.restart()
    client = await scratch.connect('ConfigureAdmin')
    expect(await value('pipe/on.Parameters.level')).to.equal(12)
    expect(await value('pipe/on.CurrentState.Number')).to.equal(14)
  })

  it('answers a bad write at once, and writes of devices without waiting', async () => {
    await whileLocked(async () => {
      expect(await client.write('pipe/on.Parameters.level', double(-1))).to.equal('BadOutOfRange')
      const started = performance.now()
      const { session, id } = client
      await session.call({ objectId: id('dev/servo1'), methodId: id('dev/servo1.Connect') })
      expect(performance.now() - started).to.be.below(1500)
    })
  })

  it('applies files all the same, and keeps their versions when it can', async () => {
    const version = Number(await value('pipe/reader.Version'))
    await whileLocked(async () => {
      const text = files['pipelines/reader.yaml'].replace('max: 4000', 'max: 5000')
      expect(await scratch.apply('pipelines/reader.yaml', text)).to.deep.equal([])
      expect(((await value('pipe/reader.Outputs.twice.EURange')) as { high: number }).high).to.equal(5000)
      await until('it is told', () => logged(/the versions of the pipelines are not kept for now/))
    })
    await until('the version is kept', async () => (await value('pipe/reader.Version')) === version + 1, 15_000)
    expect((await kept(({ definitions }) => definitions.list('reader'))).length).to.equal(version + 1)
  })

  it('goes on with a new database when its own is damaged, and has everything in it that it knows', async () => {
    await client.write('pipe/off.Parameters.level', double(77))
    await damaged(['parameter', 'definition', 'program', 'run'])
    expect(await client.write('pipe/on.Parameters.level', double(78))).to.match(/^Good/)
    await until('it is told', () => logged(/meta\.db is damaged .*; it was moved to .*a new one was started/))
    const write = () => client.write('pipe/on.Parameters.level', double(79))
    await until('it is kept', async () => (await write()) === 'Good')
    await until(
      'the versions are kept',
      async () => (await kept(({ definitions }) => definitions.list('on'))).length > 0,
    )
    // What is in use has a number again, and no number that was given before.
    const inUse = scratch.plant.deployment.versions.map(({ pipeline, version }) => `${pipeline} ${version}`)
    expect(inUse.sort()).to.deep.equal(['off 2', 'on 2', 'reader 3'])
    await scratch.restart()
    client = await scratch.connect('ConfigureAdmin')
    expect(await value('pipe/off.Parameters.level')).to.equal(77)
    expect(await value('pipe/on.Parameters.level')).to.equal(79)
    expect(await value('pipe/on.CurrentState.Number')).to.equal(14)
    // The run that was under way is in the new database from its start on, and has its end there.
    const { entries } = await kept(({ runs }) => runs.list({ pipeline: 'reader', limit: 10, isBackward: true }))
    expect(entries.map(({ end }) => end?.outcome)).to.deep.equal([undefined, 'Halted'])
  })

  /** Looks into the database beside the plant. */
  async function kept<T>(look: (store: Store<unknown>) => Promise<T>): Promise<T> {
    const store = await openStore({ file: file(), clock: systemClock, onError: () => {} })
    return look(store).finally(() => store.close())
  }

  /** Writes over the first pages of tables, and lets every connection look at the file again. */
  async function damaged(tables: readonly string[]): Promise<void> {
    const other = await openDatabase({ file: file() })
    await other.run("INSERT OR REPLACE INTO last_value VALUES ('other', '{')")
    await other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    const pages = await other.all<{ rootpage: number }>(
      'SELECT rootpage FROM sqlite_schema WHERE name IN (SELECT value FROM json_each(?))',
      [JSON.stringify(tables)],
    )
    await other.close()
    const handle = await openFile(file(), 'r+')
    for (const { rootpage } of pages)
      await handle.write(new Uint8Array(4096).fill(0x5a), 0, 4096, (rootpage - 1) * 4096)
    await handle.close()
  }

  it('refuses a deployment whole: BadResourceUnavailable, no file, no version, no change', async () => {
    const { session, id } = client
    const text = sum('on', ', history: { keep: 30d }, alarm: { high: 800 }')
    const versions = scratch.plant.deployment.versions
    const version = Number(await value('pipe/on.Version'))
    const deploy = async () =>
      session.call({
        objectId: id('runtime'),
        methodId: id('runtime.Deploy'),
        inputArguments: [
          { dataType: DataType.String, value: text },
          { dataType: DataType.String, value: '' },
        ],
      })
    await session.call({ objectId: id('pipe/on'), methodId: id('pipe/on.Resume') })
    await whileLocked(async () => {
      expect((await deploy()).statusCode.name).to.equal('BadResourceUnavailable')
      expect(scratch.plant.deployment.versions).to.deep.equal(versions)
      expect(await readFile(join(scratch.folder, 'pipelines', 'on.yaml'), 'utf8')).to.equal(files['pipelines/on.yaml'])
      expect(await value('pipe/on.Alarms.sumLevel.HighLimit')).to.equal(500)
      expect(await value('pipe/on.Version')).to.equal(version)
    })
    const made = await deploy()
    expect([made.statusCode.name, made.outputArguments?.[0]?.value]).to.deep.equal(['Good', version + 1])
  })
})
