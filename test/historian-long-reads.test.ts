import { stat } from 'node:fs/promises'
import { expect } from 'chai'
import { defaultConfiguration } from '../src/history/aggregate/configuration.ts'
import type { MillraceError } from '../src/model/errors.ts'
import { base, HistorianRig } from './history/historian-rig.ts'
import { tagSample } from './history/kit.ts'
import { until } from './kit/demo-plant.ts'
import { overwrite } from './kit/disk-faults.ts'
import { codeOf } from './sqlite/scratch.ts'

/** One a millisecond. */
const count = 40_000

describe('long reads of a historian', function () {
  this.timeout(60_000)
  let rig: HistorianRig

  beforeEach(async () => {
    rig = await HistorianRig.make()
  })
  afterEach(() => rig.stop())

  /** How many samples there are in each of 20 intervals; they are more than are read in the thread that publishes. */
  async function counts(): Promise<unknown[]> {
    const range = { tag: 'p.a', start: base, end: base + count, interval: count / 20, aggregate: 'Count' }
    const { values } = await rig.historian.readProcessed({ ...range, configuration: defaultConfiguration })
    return Array.from(values)
  }

  /** Every text is another one, or they would take next to no room. */
  const textOf = (index: number): string => `${index} `.padEnd(20_000, 'x')

  const all = new Array(20).fill(count / 20)

  function recordAll(): void {
    for (let from = 0; from < count; from += 1000) {
      rig.record('p.a', ...Array.from({ length: 1000 }, (_, index) => from + index))
    }
  }

  it('see what was taken last, as short ones do', async () => {
    await rig.begin()
    recordAll()
    await until('everything is written', async () => (await counts()).at(-1) === count / 20)
    expect(await counts()).to.deep.equal(all)
    rig.record('p.a', count - 0.5)
    await until('the last one is written', async () => (await counts()).at(-1) === count / 20 + 1)
  })

  it('meet damage as short ones do: the file is set aside, and the next one is read', async () => {
    await rig.begin()
    recordAll()
    await until('everything is written', async () => (await counts()).at(-1) === count / 20)
    await rig.historian.ask(({ store }) => store.shrink())
    const { size } = await stat(rig.file)
    await overwrite(rig.file, 4096, new Uint8Array(size - 4096).fill(0x5a))
    await until('the damage is met', async () => {
      await counts().catch(() => undefined)
      return rig.states().includes('Corrupt')
    })
    await rig.becomes('Ok')
    recordAll()
    await until('it is read again', async () => (await counts()).at(-1) === count / 20)
  })

  it('fail alone when they use up the memory of their thread, and the log tells', async () => {
    await rig.begin({ reading: { memoryMiB: 48 } })
    recordAll()
    await until('everything is written', async () => (await counts()).at(-1) === count / 20)
    await rig.historian.ask(async ({ store }) => {
      for (let from = 0; from < 4000; from += 500) {
        const batch = Array.from({ length: 500 }, (_, at) => tagSample('p.b', base + from + at, textOf(from + at)))
        await store.append(batch)
      }
    })
    const request = { tag: 'p.b', start: base, end: Number.POSITIVE_INFINITY, limit: 10_000 }
    const [texts, numbers] = await Promise.all([codeOf(rig.historian.readPage(request)), counts()])
    expect(texts).to.equal('history-thread-ended')
    expect(numbers).to.deep.equal(all)
    expect(rig.lines.join('')).to.contain('used more than 48 MiB of memory')
    expect(await counts()).to.deep.equal(all)
  })

  it('are answered when the historian is closed, and it closes', async () => {
    await rig.begin()
    recordAll()
    await until('everything is written', async () => (await counts()).at(-1) === count / 20)
    const reads = Array.from({ length: 20 }, () => counts().catch(({ code }: MillraceError) => code))
    await rig.historian.close()
    for (const read of await Promise.all(reads)) {
      if (read !== 'database-closed') expect(read).to.deep.equal(all)
    }
    expect(await codeOf(counts())).to.equal('database-closed')
  })
})
