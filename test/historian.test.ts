import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { pino } from 'pino'
import { Subject } from 'rxjs'
import { Historian } from '../src/historian.ts'
import type { RunnablePlant } from '../src/load-plant.ts'
import { VirtualClock } from '../src/model/clock.ts'
import type { TagSample } from '../src/model/sample.ts'
import { openDatabase } from '../src/sqlite/open-database.ts'
import { entriesOf, tagSample, temporaryFolder } from './history/kit.ts'

type Kept = { readonly keepMs: number; readonly deadband: number }

const day = 86_400_000
const epoch = Date.UTC(2026, 0, 1)

/** As much of a plant as decides about history: pipeline `p` with outputs, and how each is kept. */
function plantOf(outputs: Readonly<Record<string, Kept | undefined>>): RunnablePlant {
  const names = Object.keys(outputs)
  const definition = { outputs: names.map((name) => ({ name, history: outputs[name] })) }
  const ports = names.map((name) => ({ name, dataType: 'Double', isArray: false, description: '' }))
  return { pipelines: [{ definition, description: { id: 'p', outputs: ports } }] } as unknown as RunnablePlant
}

describe('historian', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let file: string
  let clock: VirtualClock
  let lines: string[]
  let historian: Historian
  const samples = new Subject<readonly TagSample[]>()

  beforeEach(async () => {
    folder = await temporaryFolder()
    file = join(folder.path, 'data', 'history.db')
    clock = new VirtualClock(epoch)
    lines = []
    historian = open()
  })
  afterEach(async () => {
    await historian.close()
    await folder.remove()
  })

  const open = (): Historian => {
    const log = pino({ level: 'debug' }, { write: (line) => lines.push(line) })
    return new Historian({ file, clock, log })
  }
  const valuesOf = async (tag: string): Promise<unknown[]> => {
    const { samples: page } = await historian.readPage({ tag, start: 0, end: Number.POSITIVE_INFINITY, limit: 100 })
    return entriesOf(page as never).map(({ value }) => value)
  }
  const record = (tag: string, ...values: readonly number[]): void =>
    samples.next(values.map((value, index) => tagSample(tag, epoch + index, value)))

  /** Lets the clock go on until something holds; what is written takes real time. */
  const goOnUntil = async (condition: () => Promise<boolean>): Promise<void> => {
    for (let turn = 0; turn < 200; turn++) {
      if (await condition()) return
      await clock.advance(1000)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error('it did not come about')
  }

  it('changes history behind what waits, so that nothing deleted is back and nothing is there twice', async () => {
    await historian.use(plantOf({ a: { keepMs: day, deadband: 0 } }))
    historian.follow(samples)
    record('p.a', 1, 2, 3)
    const entries = [{ time: epoch + 1, status: 0, value: 20 }]
    const exists = 0x809f0000
    expect((await historian.modify({ kind: 'insert', tag: 'p.a', entries }, 'anna')).statuses).to.deep.equal([exists])
    record('p.a', 4)
    await historian.modify({ kind: 'delete', tag: 'p.a', times: [epoch] }, 'anna')
    expect(await valuesOf('p.a')).to.deep.equal([2, 3])
    await historian.close()
    historian = open()
    await historian.use(plantOf({ a: { keepMs: day, deadband: 0 } }))
    expect(await valuesOf('p.a')).to.deep.equal([2, 3])
    const { entries: changes } = await historian.readModified({ tag: 'p.a', start: 0, end: 1e15, limit: 9 })
    expect(changes.map(({ value, user, at, kind }) => [value, user, at, kind])).to.deep.equal([
      [1, 'anna', epoch, 'delete'],
      [4, 'anna', epoch, 'delete'],
    ])
  })

  it('changes no history while it cannot keep what comes, and says why', async () => {
    await historian.use(plantOf({ a: { keepMs: day, deadband: 0 } }))
    historian.follow(samples)
    record('p.a', 1)
    await valuesOf('p.a')
    const other = await openDatabase({ file })
    await other.exec('BEGIN IMMEDIATE')
    record('p.a', 2)
    const change = historian.modify({ kind: 'delete', tag: 'p.a', times: [epoch] }, 'anna')
    const failure = await change.then(
      () => undefined,
      (error: Error) => error.message,
    )
    expect(failure).to.match(/cannot be changed while it is not kept \(Locked\)/)
    await other.exec('ROLLBACK')
    await other.close()
  })

  it('makes no database when nothing has a history', async () => {
    await historian.use(plantOf({ a: undefined }))
    historian.follow(samples)
    record('p.a', 1)
    await historian.close()
    expect(existsSync(file)).to.equal(false)
  })

  it('records the outputs that have a history and no others, to the last sample, and has them again later', async () => {
    await historian.use(plantOf({ a: { keepMs: day, deadband: 0 }, b: undefined }))
    historian.follow(samples)
    record('p.a', 1, 1, 2)
    record('p.b', 5)
    expect(await valuesOf('p.a')).to.deep.equal([1, 1, 2])
    record('p.a', 3)
    await historian.close()
    historian = open()
    await historian.use(plantOf({ a: { keepMs: day, deadband: 0 } }))
    expect(await valuesOf('p.a')).to.have.members([1, 1, 2, 3])
    expect(await valuesOf('p.b')).to.deep.equal([])
  })

  it('leaves out changes that are within the deadband', async () => {
    await historian.use(plantOf({ a: { keepMs: day, deadband: 1 } }))
    historian.follow(samples)
    record('p.a', 10, 10.5, 11.5, 11, 9)
    expect(await valuesOf('p.a')).to.deep.equal([10, 11.5, 9])
  })

  it('follows another definition; what was recorded stays', async () => {
    await historian.use(plantOf({ a: { keepMs: day, deadband: 1 } }))
    historian.follow(samples)
    record('p.a', 1)
    await historian.use(plantOf({ a: { keepMs: 2 * day, deadband: 1 }, b: { keepMs: day, deadband: 0 } }))
    // The deadband goes on from the value before.
    record('p.a', 1.5)
    record('p.b', 7)
    await historian.use(plantOf({ b: { keepMs: day, deadband: 0 } }))
    record('p.a', 100)
    expect(historian.historized('p.a')).to.equal(undefined)
    expect(await valuesOf('p.a')).to.deep.equal([1])
    expect(await valuesOf('p.b')).to.deep.equal([7])
  })

  it('forgets what is older than it is to be kept', async () => {
    await historian.use(plantOf({ a: { keepMs: 60_000, deadband: 0 }, b: { keepMs: day, deadband: 0 } }))
    historian.follow(samples)
    record('p.a', 1, 2)
    record('p.b', 3)
    expect(await valuesOf('p.a')).to.deep.equal([1, 2])
    await goOnUntil(async () => (await valuesOf('p.a')).length === 0)
    expect(await valuesOf('p.b')).to.deep.equal([3])
  })

  it('tells when the database cannot be opened, and keeps what came meanwhile as soon as it can', async () => {
    await writeFile(join(folder.path, 'data'), 'in the way')
    await historian.use(plantOf({ a: { keepMs: day, deadband: 0 } }))
    historian.follow(samples)
    record('p.a', 1, 2)
    expect(lines.some((line) => line.includes('history is not kept for now'))).to.equal(true)
    expect(await historian.readPage({ tag: 'p.a', start: 0, end: 1, limit: 1 }).catch(String)).to.match(/Error/)
    await rm(join(folder.path, 'data'))
    // Until the next attempt is due, readers get the answer of the last one.
    await goOnUntil(async () => (await valuesOf('p.a').catch(() => [])).length === 2)
    expect(lines.some((line) => line.includes('history is kept again'))).to.equal(true)
  })

  it('counts what it could not keep until the end', async () => {
    await writeFile(join(folder.path, 'data'), 'in the way')
    await historian.use(plantOf({ a: { keepMs: day, deadband: 0 } }))
    historian.follow(samples)
    record('p.a', 1, 2, 3)
    await historian.close()
    expect(lines.some((line) => line.includes('3 samples of history were lost'))).to.equal(true)
    expect(await historian.readPage({ tag: 'p.a', start: 0, end: 1, limit: 1 }).catch(String)).to.match(/closed/)
  })
})
