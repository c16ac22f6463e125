import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { pino } from 'pino'
import { Subject } from 'rxjs'
import { Historian, type HistorianOptions } from '../src/historian.ts'
import { HistoryStatus } from '../src/history/history-status.ts'
import type { RunnablePlant } from '../src/load-plant.ts'
import { systemClock } from '../src/model/clock.ts'
import { diagnosticTag, historianDiagnostics, historianOwner } from '../src/model/diagnostics.ts'
import type { HistorianState, PlantEvent } from '../src/model/event.ts'
import type { Sample, TagSample } from '../src/model/sample.ts'
import { openDatabase } from '../src/sqlite/open-database.ts'
import { entriesOf, openIn, tagSample, temporaryFolder } from './history/kit.ts'
import { until } from './kit/demo-plant.ts'
import { lockedByAnother, mountedSmall, overwrite, writeProtected } from './kit/disk-faults.ts'

/** Samples are young enough to be kept. */
const base = Date.now() - 60_000
const roomy = { size: 1e12, free: 5e11 }

/** Pipeline `p` whose outputs all have a history. */
function plantOf(outputs: readonly string[], deadband = 0): RunnablePlant {
  const definition = { outputs: outputs.map((name) => ({ name, history: { keepMs: 86_400_000, deadband } })) }
  const ports = outputs.map((name) => ({ name, dataType: 'Double', isArray: false, description: '' }))
  return { pipelines: [{ definition, description: { id: 'p', outputs: ports } }] } as unknown as RunnablePlant
}

describe('a historian in trouble', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let data: string
  let file: string
  let lines: string[]
  let events: PlantEvent[]
  let shown: Map<string, Sample>
  let historian: Historian
  let samples: Subject<readonly TagSample[]>
  let space: { size: number; free: number }
  let undo: (() => unknown)[]

  beforeEach(async () => {
    folder = await temporaryFolder()
    data = join(folder.path, 'data')
    file = join(data, 'history.db')
    await mkdir(data)
    space = roomy
    undo = []
  })
  afterEach(async () => {
    await historian?.close()
    for (const each of undo.reverse()) await each()
    await folder.remove()
  })

  /** A historian with short times, recording from now on. */
  const begin = async (options: Partial<HistorianOptions> = {}, plant = plantOf(['a', 'b'])): Promise<void> => {
    lines = []
    events = []
    shown = new Map()
    samples = new Subject()
    historian = new Historian({
      ...{ file, clock: systemClock, log: pino({ level: 'debug' }, { write: (line) => void lines.push(line) }) },
      opening: { busyTimeoutMs: 50, retryMs: 50, replaceMs: 0 },
      recording: { batchAgeMs: 10, retryMs: 50 },
      guarding: { everyMs: 50, spaceOf: async () => space },
      ...options,
    })
    historian.events$.subscribe((event) => events.push(event))
    historian.samples$.subscribe((batch) => {
      for (const { tag, sample } of batch) shown.set(tag, sample)
    })
    await historian.use(plant)
    historian.follow(samples)
  }
  const record = (tag: string, ...values: readonly number[]): void =>
    samples.next(values.map((value) => tagSample(tag, base + value, value)))
  const entries = async (tag: string) => {
    const page = await historian.readPage({ tag, start: 0, end: Number.POSITIVE_INFINITY, limit: 100_000 })
    return entriesOf(page.samples as never)
  }
  const valuesOf = async (tag: string): Promise<unknown[]> => (await entries(tag)).map(({ value }) => value)
  const figure = (name: string): unknown => historian.latest(diagnosticTag(historianOwner, name))?.value
  const becomes = (state: HistorianState) => until(`it is ${state}`, () => figure('state') === state)
  const states = (): string[] =>
    events.flatMap((event) => (event.kind === 'historianStateChanged' ? [event.state] : []))
  const lastState = () => events.filter((event) => event.kind === 'historianStateChanged').at(-1)

  /** A sound history with three samples, closed. */
  const makeSound = async (): Promise<void> => {
    const store = await openIn(data)
    await store.append([1, 2, 3].map((value) => tagSample('p.a', base + value, value)))
    await store.close()
  }

  const causes: Readonly<Record<string, { state: HistorianState; remedy: RegExp; make: () => Promise<boolean> }>> = {
    'is locked': {
      state: 'Locked',
      remedy: /locked by another process; stop it/,
      make: async () => {
        await makeSound()
        undo.push(await lockedByAnother(file, folder.path))
        return true
      },
    },
    'belongs to somebody else': {
      state: 'Unavailable',
      remedy: /choose another path, or move the file away/,
      make: async () => {
        await writeFile(file, 'minutes of the last meeting\n'.repeat(50))
        undo.push(() => rename(file, join(folder.path, 'minutes')).then(makeSound))
        return true
      },
    },
    'was written by a newer version': {
      state: 'Unavailable',
      remedy: /install the newer program/,
      make: async () => {
        await makeSound()
        const version = async (change: number) => {
          const driver = await openDatabase({ file })
          const now = await driver.get<{ user_version: number }>('PRAGMA user_version')
          await driver.exec(`PRAGMA user_version = ${Number(now?.user_version) + change}`)
          await driver.close()
        }
        await version(9)
        undo.push(() => version(-9))
        return true
      },
    },
    'may not be written': {
      state: 'ReadOnly',
      remedy: /check the permissions/,
      make: async () => {
        await makeSound()
        const release = writeProtected(file)
        if (release) undo.push(release)
        return release !== undefined
      },
    },
    'cannot be made in its folder': {
      state: 'Unavailable',
      remedy: /check the path and its permissions/,
      make: async () => {
        const release = writeProtected(data)
        if (release)
          undo.push(() => {
            release()
            return makeSound()
          })
        return release !== undefined
      },
    },
    'is a folder': {
      state: 'Unavailable',
      remedy: /check what it is and its permissions/,
      make: async () => {
        await mkdir(file)
        undo.push(() => rm(file, { recursive: true }).then(makeSound))
        return true
      },
    },
  }
  for (const [what, { state, remedy, make }] of Object.entries(causes)) {
    it(`says so at its start when the file ${what}, and begins by itself when the cause is gone`, async function () {
      if (!(await make())) this.skip()
      await begin()
      expect(figure('state')).to.equal(state)
      expect(figure('reason')).to.contain(file)
      expect(figure('reason')).to.match(remedy)
      expect(lines.join('')).to.contain('the plant runs on')
      record('p.a', 4)
      expect(await valuesOf('p.a').catch((error) => error)).to.have.property('code')
      expect(figure('lostCount')).to.equal(0)
      for (const each of undo.splice(0).reverse()) await each()
      await becomes('Ok')
      expect(await valuesOf('p.a')).to.deep.equal([1, 2, 3, 4])
      expect(states()).to.deep.equal([state, 'Ok'])
    })
  }

  it('becomes well without a sample too', async () => {
    await mkdir(file)
    await begin()
    await becomes('Unavailable')
    await rm(file, { recursive: true })
    await becomes('Ok')
    expect(states().at(-1)).to.equal('Ok')
  })

  it('says that a file was damaged that is set aside at its start, and what came of it', async () => {
    await makeSound()
    await overwrite(file, 0, new Uint8Array(100))
    await begin()
    await becomes('Ok')
    expect(states()).to.deep.equal(['Corrupt', 'Ok'])
    const texts = events.map(({ message }) => message)
    expect(texts[0]).to.match(/history.db is damaged .* moved to .*history.db.damaged-.* new one was started/)
    expect(texts[1]).to.match(/kept again; no sample was dropped; .*moved to .*; \d+ rows of .* could still be read/)
    expect(await valuesOf('p.a')).to.deep.equal([1, 2, 3])
  })

  it('writes everything in order after another process has held the database, and is read meanwhile', async () => {
    await makeSound()
    await begin()
    record('p.a', 4)
    expect(await valuesOf('p.a')).to.deep.equal([1, 2, 3, 4])
    const release = await lockedByAnother(file, folder.path)
    undo.push(release)
    const values = Array.from({ length: 500 }, (_, index) => 5 + index)
    for (const value of values) record('p.a', value)
    await becomes('Locked')
    expect(await valuesOf('p.a')).to.deep.equal([1, 2, 3, 4])
    await release()
    await becomes('Ok')
    expect(await valuesOf('p.a')).to.deep.equal([1, 2, 3, 4, ...values])
    expect(lastState()?.message).to.contain('no sample was dropped')
    expect([figure('lostCount'), figure('gapCount')]).to.deep.equal([0, 0])
  })

  it('sets a file aside that is damaged while it is used, marks the break, and loses nothing that came since', async () => {
    await begin()
    const first = Array.from({ length: 5000 }, (_, index) => index)
    record('p.a', ...first)
    record('p.b', 1)
    expect(await valuesOf('p.a')).to.deep.equal(first)
    await historian.ask(({ store }) => store.shrink())
    const { size } = await stat(file)
    await overwrite(file, 4096, new Uint8Array(size - 4096).fill(0x5a))
    record('p.a', 9000)
    await until('a new file was begun', () => states().includes('Corrupt') && figure('state') === 'Ok', 5000)
    record('p.a', 9001)
    const kept = await valuesOf('p.a')
    expect(kept.filter((value) => Number(value) >= 9000)).to.deep.equal([9000, 9001])
    expect((await entries('p.b')).map(({ status }) => status)).to.deep.equal([HistoryStatus.BadDataLost])
    expect(existsSync(file)).to.equal(true)
    expect((await readdir(data)).filter((name) => name.includes('damaged'))).to.not.deep.equal([])
    expect(lastState()?.message).to.match(/kept again; no sample was dropped; .* moved to /)
  })

  it('begins a new file when it was removed while it is used', async () => {
    await begin()
    record('p.a', 1)
    expect(await valuesOf('p.a')).to.deep.equal([1])
    await rm(file)
    record('p.a', 2)
    await becomes('Corrupt')
    await becomes('Ok')
    expect((await valuesOf('p.a')).filter((value) => value !== null)).to.deep.equal([2])
    expect(existsSync(file)).to.equal(true)
  })

  it('stops before the disk is full, counts what does not fit into its buffer, and goes on by itself', async () => {
    await begin({ recording: { batchAgeMs: 10, retryMs: 50, waitingMax: 3 } })
    record('p.a', 1)
    expect(await valuesOf('p.a')).to.deep.equal([1])
    await until('there is a ballast', () => existsSync(`${file}.ballast`))
    space = { size: 1e12, free: 1e6 }
    await becomes('Full')
    expect(figure('reason')).to.match(/the disk of .*history.db has 1.0 MB free; make room, .* by itself with 336 MB/)
    expect(figure('freeSpace')).to.equal(1e6)
    await until('the ballast is gone', () => !existsSync(`${file}.ballast`))
    record('p.a', 2, 3, 4, 5, 6)
    record('p.b', 7)
    await until('it is counted', () => figure('waitingCount') === 3 && figure('lostCount') === 3)
    expect(await valuesOf('p.a')).to.deep.equal([1])
    // A little more room is not enough: it would be full again at once.
    space = { size: 1e12, free: 3e8 }
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(figure('state')).to.equal('Full')
    space = roomy
    await becomes('Ok')
    record('p.a', 8)
    expect(await valuesOf('p.a')).to.deep.equal([1, 2, 3, 4, 2, 8])
    expect(await valuesOf('p.b')).to.deep.equal([1])
    const gap = events.find((event) => event.kind === 'historyGap')
    expect(gap).to.include({ tags: 2, lost: 3, from: base + 5 })
    expect(gap?.message).to.equal('history has a gap: 3 samples of 2 tags were lost')
    expect(states()).to.deep.equal(['Full', 'Ok'])
    expect(lastState()?.message).to.contain('3 samples dropped meanwhile')
    await until('there is a ballast again', () => existsSync(`${file}.ballast`))
  })

  it('warns of a disk that is getting full and goes on', async () => {
    await begin()
    space = { size: 1e12, free: 1e9 }
    await until('it is told', () => lines.some((line) => line.includes('has 1000 MB free; make room')))
    record('p.a', 1)
    expect(await valuesOf('p.a')).to.deep.equal([1])
    expect(figure('state')).to.equal('Ok')
    space = roomy
    await until('it is over', () => lines.some((line) => line.includes('has enough room again')))
  })

  it('counts what a file that may not grow does not take, and goes on when it may', async () => {
    await begin({
      opening: { busyTimeoutMs: 50, retryMs: 50, pagesMax: 60 },
      recording: { batchAgeMs: 5, retryMs: 50, waitingMax: 2000 },
    })
    let sent = 0
    const send = (): void => record('p.a', ...Array.from({ length: 500 }, () => Math.sin(++sent)))
    await until('it is full', () => {
      send()
      return figure('state') === 'Full'
    })
    for (let turn = 0; turn < 10; turn++) send()
    await historian.ask(({ driver }) => driver.exec('PRAGMA max_page_count = 1000000'))
    await becomes('Ok')
    expect(await accounted()).to.equal(sent)
    await until('all is counted', () => Number(figure('recordedCount')) + Number(figure('lostCount')) === sent)
  })

  /** Samples of p.a that are kept, and those that gaps stand for. */
  const accounted = async (): Promise<number> => {
    const all = await entries('p.a')
    return all.reduce((sum, { status, value }) => sum + (status === HistoryStatus.BadDataLost ? Number(value) : 1), 0)
  }

  it('runs into a really full disk, counts every sample, and goes on when there is room again', async function () {
    this.timeout(30_000)
    const small = join(folder.path, 'small')
    const unmount = mountedSmall(small, 4)
    if (!unmount) {
      console.log('      a small file system cannot be mounted here; this needs root')
      this.skip()
    }
    undo.push(unmount)
    file = join(small, 'history.db')
    await begin({ guarding: { everyMs: 50 }, recording: { batchAgeMs: 5, retryMs: 50, waitingMax: 5000 } })
    let sent = 0
    const send = (): void => record('p.a', ...Array.from({ length: 1000 }, () => Math.sin(++sent) * ++sent))
    const count = () => sent / 2
    send()
    await writeFile(join(small, 'others'), new Uint8Array(3_000_000))
    await until(
      'it is full',
      () => {
        send()
        return figure('state') === 'Full' && Number(figure('lostCount')) > 0
      },
      15_000,
    )
    expect(await accounted()).to.be.greaterThan(0)
    // Not even the rest is there any more.
    await writeFile(join(small, 'rest'), new Uint8Array(4_000_000)).catch(() => undefined)
    for (let turn = 0; turn < 20; turn++) send()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(figure('state')).to.equal('Full')
    await rm(join(small, 'others'))
    await rm(join(small, 'rest'))
    await until('it goes on', () => figure('state') === 'Ok', 10_000)
    send()
    expect(await accounted()).to.equal(count())
    await until('all is counted', () => Number(figure('recordedCount')) + Number(figure('lostCount')) === count())
    await historian.close()
    const store = await openIn(small)
    expect(store.health().corrupt).to.equal(0)
    await store.close()
  })

  it('keeps the next sample after a gap, also when it is within the deadband', async () => {
    await begin({ recording: { batchAgeMs: 10, retryMs: 50, waitingMax: 1 } }, plantOf(['a'], 5))
    record('p.a', 100)
    expect(await valuesOf('p.a')).to.deep.equal([100])
    space = { size: 1e12, free: 1e6 }
    await becomes('Full')
    record('p.a', 200, 300)
    space = roomy
    await becomes('Ok')
    record('p.a', 301)
    record('p.a', 302)
    expect(await valuesOf('p.a')).to.have.members([100, 200, 1, 301])
  })

  it('shows all of its figures', async () => {
    await begin()
    record('p.a', 1, 2)
    record('p.b', 3)
    await until('they are kept', () => shown.get('@historian#recordedCount')?.value === 3)
    await until('it has looked', () => Number(figure('databaseSize')) > 0)
    for (const { name } of historianDiagnostics) {
      expect(historian.latest(diagnosticTag(historianOwner, name)), name).to.include({ status: 0 })
    }
    expect(figure('lastWriteTime')).to.be.instanceOf(Date)
    expect([figure('tagCount'), figure('freeSpace'), figure('reason')]).to.deep.equal([2, roomy.free, ''])
    expect(historian.latest('plc1#state')).to.equal(undefined)
    expect(events).to.deep.equal([])
  })
})
