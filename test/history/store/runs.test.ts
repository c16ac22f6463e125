import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Edit, HistoryStore } from '../../../src/history/history-store.ts'
import type { TagSample } from '../../../src/model/sample.ts'
import { sqlAdapters } from '../../../src/sqlite/driver.ts'
import { openDatabase } from '../../../src/sqlite/open-database.ts'
import { computed, openIn, runIdsOf, runOrigin, tagSample, temporaryFolder, wholeOf } from '../kit.ts'

const author = { user: 'bea', at: 5000 }
const tag = 'mix.level'

/** Batches of samples that come late and at equal times, of changing runs and of none, and edits in between. */
const history = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        samples: fc.array(fc.record({ step: fc.integer({ min: -40, max: 50 }), run: fc.nat({ max: 6 }) }), {
          minLength: 1,
          maxLength: 200,
        }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ edited: fc.constantFrom('update', 'delete'), at: fc.nat({ max: 2000 }) }) },
  ),
  { minLength: 1, maxLength: 14 },
)

interface Known {
  readonly time: number
  readonly value: number
  readonly runId: string | undefined
}

/** What history has to be after an edit: one value without a run in the place of all of its time, or none. */
function edited(known: readonly Known[], time: number, value: number | undefined): Known[] {
  const index = known.findIndex((each) => each.time === time)
  const entered = value === undefined ? [] : [{ time, value, runId: undefined }]
  const others = known.filter((each) => each.time !== time)
  return index < 0 ? [...others, ...entered] : [...others.slice(0, index), ...entered, ...others.slice(index)]
}

for (const adapter of sqlAdapters)
  describe(`the runs of a history in SQLite through ${adapter}`, () => {
    let folder: Awaited<ReturnType<typeof temporaryFolder>>
    let store: HistoryStore
    let isOpen = false

    const open = async (options = {}): Promise<void> => {
      store = await openIn(folder.path, { adapter, ...options })
      isOpen = true
    }
    const close = async (): Promise<void> => {
      if (isOpen) await store.close()
      isOpen = false
    }
    beforeEach(async () => {
      folder = await temporaryFolder()
    })
    afterEach(async () => {
      await close()
      await folder.remove()
    })

    /** The ids of all runs that the file knows. */
    const storedRuns = (): unknown[] => {
      const file = new DatabaseSync(join(folder.path, 'history.db'), { readOnly: true })
      const rows = file.prepare('SELECT id FROM run ORDER BY number').all()
      file.close()
      return rows.map(({ id }) => id)
    }

    it('stay with every sample: late ones, equal times, edits, and after it was opened again', async () => {
      await fc.assert(
        fc.asyncProperty(history, fc.boolean(), async (happenings, isTight) => {
          const own = await temporaryFolder()
          const options = { adapter, ...(isTight ? { journal: { unsealedMax: 200, rowsMax: 2 } } : {}) }
          let each = await openIn(own.path, options)
          let known: Known[] = []
          let [time, value] = [1000, 0]
          for (const [index, happening] of happenings.entries()) {
            if ('samples' in happening) {
              const batch = happening.samples.map(({ step, run }): TagSample => {
                time += step
                const sample = tagSample(tag, Math.floor(time / 8) * 8, value++)
                return run === 0 ? sample : { ...sample, run: runOrigin(`run${run + Math.floor(index / 4)}`) }
              })
              await each.append(batch)
              known.push(...batch.map(({ sample, run }) => ({ ...timeAndValue(sample), runId: run?.runId })))
            } else {
              const at = known[happening.at % Math.max(1, known.length)]?.time ?? 8
              const entries = [{ time: at, status: 0, value: value++, run: 1 }]
              const edit: Edit =
                happening.edited === 'delete' ? { kind: 'delete', tag, times: [at] } : { kind: 'update', tag, entries }
              await each.modify(edit, author)
              known = edited(known, at, happening.edited === 'delete' ? undefined : Number(entries[0]?.value))
            }
            if (index % 5 === 4) {
              await each.close()
              each = await openIn(own.path, options)
            }
          }
          const wanted = known.toSorted((a, b) => a.time - b.time)
          const entries = await wholeOf(each, tag)
          expect(entries.map((entry) => entry.value)).to.deep.equal(wanted.map((entry) => entry.value))
          expect(await runIdsOf(each, tag)).to.deep.equal(wanted.map(({ runId }) => runId))
          await each.close()
          await own.remove()
        }),
        { numRuns: 10 },
      )
    })

    it('tell everything of a run, and are not kept without the batch that is of it', async () => {
      await open()
      const run = { ...runOrigin('run1'), version: 7, initiator: 'job:"4711"', startedAt: 1764187200000.5 }
      const bad = await store.append([{ ...tagSample(tag, Number.NaN, 1), run }]).catch((error: Error) => error.message)
      expect(bad).to.match(/source time/)
      expect(storedRuns()).to.deep.equal([])
      await store.append([{ ...tagSample(tag, 1000, 1), run }])
      const [entry] = await wholeOf(store, tag)
      expect(await store.run(entry?.run ?? 0)).to.deep.equal(run)
      expect(await store.run(99)).to.equal(undefined)
      await close()
      await open()
      await store.append([{ ...tagSample(tag, 2000, 1), run: { ...run } }])
      expect(storedRuns()).to.deep.equal(['run1'])
      expect(await runIdsOf(store, tag)).to.deep.equal(['run1', 'run1'])
    })

    it('stay known with what somebody has changed', async () => {
      await open()
      await store.append([computed(runOrigin('run1'), tag, 1000, 1)])
      const entries = [{ time: 1000, status: 0, value: 2 }]
      await store.modify({ kind: 'replace', tag, entries }, author)
      const { entries: modified } = await store.readModified({ tag, start: 0, end: 2000, limit: 9 })
      expect(modified.map(({ value, kind }) => [value, kind])).to.deep.equal([[1, 'replace']])
      expect(await store.run(modified[0]?.run ?? 0)).to.include({ runId: 'run1' })
      expect(await runIdsOf(store, tag)).to.deep.equal([undefined])
    })

    it('are forgotten when no sample of their pipeline can be of them, and no sooner', async () => {
      await open()
      const at = (index: number): number => index * 1000
      for (let index = 0; index < 40; index++) {
        const run = runOrigin(`run${index}`)
        await store.append([computed(run, tag, at(index), index), computed(run, 'mix.note', at(index), `${index}`)])
        await store.append([computed(runOrigin(`other${index}`, 'other'), 'other.level', at(index), index)])
        // Every ten samples are a chunk of their own.
        if (index % 10 === 9) await store.modify({ kind: 'delete', tag, times: [at(index) + 1] }, author)
      }
      const retain = async (tags: string[], before: number): Promise<void> => {
        while (!(await store.retain(tags, before)).isDone);
      }
      const kept = (prefix: string): number => storedRuns().filter((id) => String(id).startsWith(prefix)).length
      await retain([tag], at(25))
      expect([kept('run'), kept('other')], 'the note is still of all of them').to.deep.equal([40, 40])
      await retain(['mix.note'], at(100))
      expect([kept('run'), kept('other')]).to.deep.equal([20, 40])
      expect(await runIdsOf(store, tag)).to.deep.equal(Array.from({ length: 20 }, (_, index) => `run${index + 20}`))
      await retain([tag], at(100))
      expect([kept('run'), kept('other')]).to.deep.equal([0, 40])

      // A run that goes on is known again, under another number.
      await store.append([computed(runOrigin('run39'), tag, at(200), 1)])
      expect(await runIdsOf(store, tag)).to.deep.equal(['run39'])
      await store.append([computed(runOrigin('run40'), tag, at(300), 1)])
      expect(new Set((await wholeOf(store, tag)).map(({ run }) => run)).size).to.equal(2)
    })

    it('are forgotten although an output that is recorded no more keeps older ones', async () => {
      await open()
      for (let index = 0; index < 20; index++) {
        const run = runOrigin(`run${index}`)
        if (index < 5) await store.append([computed(run, 'mix.dead', index, index)])
        await store.append([computed(run, tag, 1000 + index, index)])
      }
      expect((await store.retain([tag], 1_000_000)).isDone).to.equal(true)
      expect(storedRuns()).to.deep.equal(['run0', 'run1', 'run2', 'run3', 'run4'])
      expect(await runIdsOf(store, 'mix.dead')).to.deep.equal(['run0', 'run1', 'run2', 'run3', 'run4'])
    })

    it('stay as long as a change of somebody tells of them', async () => {
      await open()
      await store.append([computed(runOrigin('run1'), tag, 1000, 1), computed(runOrigin('run2'), tag, 9000, 2)])
      await store.modify({ kind: 'delete', tag, times: [9000] }, author)
      await store.retain([tag], 5000)
      expect(storedRuns()).to.deep.equal(['run2'])
      await store.retain([tag], 10_000)
      expect(storedRuns()).to.deep.equal([])
    })

    it('are more than one step forgets at once', async () => {
      await open()
      const count = 5000
      await store.append(Array.from({ length: count }, (_, index) => computed(runOrigin(`run${index}`), tag, index, 1)))
      expect(storedRuns()).to.have.length(count)
      const steps: boolean[] = []
      do steps.push((await store.retain([tag], 1e6)).isDone)
      while (steps.at(-1) === false)
      expect(steps).to.deep.equal([false, false, true])
      expect(storedRuns()).to.deep.equal([])
    })

    it('are absent in what programs have written that did not know them, and stand beside it', async () => {
      const old = await openDatabase({ file: join(folder.path, 'history.db'), adapter })
      await old.exec(readFileSync(join(import.meta.dirname, 'fixtures', 'history-v1.sql'), 'utf8'))
      await old.close()
      await open()
      const before = await wholeOf(store, tag)
      expect(before).to.have.length(1201)
      expect(before.every(({ run }) => run === undefined)).to.equal(true)
      expect(before).to.deep.include({ time: 1764187201000, status: 0, value: -1 })
      expect(await wholeOf(store, 'mix.note')).to.have.length(12)
      const [start, end] = [before[0]?.time ?? 0, before.at(-1)?.time ?? 0]
      const run = runOrigin('run1')
      await store.append([computed(run, tag, end + 1000, 5), computed(run, tag, start + 60_500, 6)])
      const entries = [{ time: start + 60_500, status: 0, value: 7 }]
      const wanted = [...before.map(() => undefined), 'run1']
      wanted.splice(
        before.findIndex(({ time }) => time > start + 60_500),
        0,
        'run1',
      )
      expect(await runIdsOf(store, tag)).to.deep.equal(wanted)
      await close()
      await open({ journal: { rowsMax: 1 } })
      expect(await runIdsOf(store, tag)).to.deep.equal(wanted)
      await store.modify({ kind: 'replace', tag, entries }, author)
      expect((await runIdsOf(store, tag)).filter((id) => id !== undefined)).to.deep.equal(['run1'])
      const { entries: modified } = await store.readModified({ tag, start, end, limit: 9 })
      expect(modified.map(({ user, run: number }) => [user, number])).to.deep.equal([
        ['ada', undefined],
        ['bea', 1],
      ])
    })
  })

function timeAndValue({ sourceTime, value }: TagSample['sample']): { time: number; value: number } {
  return { time: sourceTime, value: Number(value) }
}
