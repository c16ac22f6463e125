import { expect } from 'chai'
import fc from 'fast-check'
import { isGood } from '../../src/model/status.ts'
import { NotConnected, ReadingFailed } from '../../src/plugin/facts.ts'
import { Bench, never } from './memory-device.ts'

/** What may happen to a device, from outside and from inside. */
const happenings = {
  answers: ({ memory }: Bench) => {
    memory.behaviour.read = () => ({ level: memory.readCount % 60, valve: true })
  },
  answersLate: ({ memory, clock }: Bench) => {
    memory.behaviour.read = () => new Promise((resolve) => clock.after(300, () => resolve({ level: 1 })))
  },
  answersTooLate: ({ memory, clock }: Bench) => {
    memory.behaviour.read = () => new Promise((resolve) => clock.after(800, () => resolve({ level: 2 })))
  },
  fallsSilent: ({ memory }: Bench) => {
    memory.behaviour.read = never
  },
  breaks: ({ memory }: Bench) => {
    memory.behaviour.read = () => Promise.reject(new Error('noise'))
  },
  loses: ({ memory }: Bench) => {
    memory.behaviour.read = () => Promise.reject(new NotConnected('gone'))
  },
  refuses: ({ memory }: Bench) => {
    memory.behaviour.read = () => Promise.reject(new ReadingFailed('no', { status: 0x808c0000 }))
  },
  unplugs: ({ memory }: Bench) => {
    memory.behaviour.connect = () => Promise.reject(new Error('refused'))
  },
  plugsIn: ({ memory }: Bench) => {
    memory.behaviour.connect = () => undefined
  },
  writes: ({ device }: Bench) => void device.write('setpoint', 3, { initiator: 'test' }),
  writesMeasured: ({ device }: Bench) => void device.write('valve', true, { initiator: 'test' }),
  connects: ({ device }: Bench) => device.connect(),
  disconnects: ({ device }: Bench) => void device.disconnect(),
} as const

const happening = fc.constantFrom(...(Object.keys(happenings) as (keyof typeof happenings)[]))
const story = fc.array(fc.tuple(happening, fc.integer({ min: 0, max: 1500 })), { maxLength: 25 })
const settings = fc.record({
  holdLastMs: fc.constantFrom(0, 700, 3000),
  breaker: fc.constantFrom(undefined, { failures: 2, resetMs: 1500 }),
})

describe('device, whatever happens to it', () => {
  it('is never Good without a link, never goes back in source time, never reads twice at once, and leaves no timer', async () => {
    await fc.assert(
      fc.asyncProperty(story, settings, async (steps, changes) => {
        const bench = new Bench(changes)
        const newest = new Map<string, number>()
        // A subscriber must not throw into the stream.
        const wrong: string[] = []
        bench.device.samples$.subscribe((batch) => {
          for (const { tag, sample } of batch.filter(({ tag }) => !tag.includes('#'))) {
            if (isGood(sample.status) && bench.device.state !== 'Connected') wrong.push(`${tag} Good without a link`)
            if (!isGood(sample.status) && sample.cause !== 'plc1') wrong.push(`${tag} without a cause`)
            if (sample.sourceTime < (newest.get(tag) ?? 0)) wrong.push(`${tag} back in time`)
            newest.set(tag, sample.sourceTime)
          }
        })
        await bench.started()
        for (const [name, ms] of steps) {
          happenings[name](bench)
          await bench.clock.advance(ms)
          if (bench.device.state === 'Connected') continue
          for (const { tag, sample } of bench.device.latestSamples().filter(({ tag }) => !tag.includes('#'))) {
            expect(isGood(sample.status), tag).to.equal(false)
          }
        }
        const closed = bench.device.close()
        await bench.clock.advance(2000)
        await closed
        expect([wrong, bench.clock.pending, bench.device.state]).to.deep.equal([[], 0, 'Disabled'])
        expect(bench.memory.readingMax).to.be.at.most(1)
      }),
      { numRuns: 150 },
    )
  })
})
