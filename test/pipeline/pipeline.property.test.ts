import { expect } from 'chai'
import fc from 'fast-check'
import type { PlantEvent } from '../../src/model/event.ts'
import { type ProgramState, transitionFor } from '../../src/model/program.ts'
import { call, output, pipeline, step } from './kit.ts'
import { type Rig, rig, sampleOf } from './rig.ts'

const by = { initiator: 'anyone' }
const asked = ['start', 'stop', 'suspend', 'resume', 'halt', 'reset'] as const

type Deed =
  | { readonly kind: 'ask'; readonly cause: (typeof asked)[number] }
  | { readonly kind: 'feed'; readonly value: number }
  | { readonly kind: 'wait'; readonly ms: number }

const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('ask' as const), cause: fc.constantFrom(...asked) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('feed' as const), value: fc.integer({ min: 0, max: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 5, 20, 60, 200) }) },
  ),
  { maxLength: 25 },
)

const scan = pipeline('watch', {
  trigger: { kind: 'every', periodMs: 50 },
  steps: [step('a', 'scale', { value: 'plc1.level' }), step('b', 'slow', { value: 'a.scaled' })],
  outputs: [output('x', 'b.value')],
})
const onChange = pipeline('watch', { ...scan, trigger: { kind: 'change' }, overlap: 'queue' })
const withFinally = pipeline('watch', { ...scan, finally: [call('last', 'plc1.home')] })
const once = pipeline('watch', {
  trigger: { kind: 'once' },
  steps: [
    call('home', 'plc1.home'),
    step(
      'volume',
      'totalizer',
      { value: 'plc1.level' },
      { after: ['home'], until: [{ port: 'total', is: 'above', source: { kind: 'literal', value: 2 } }] },
    ),
    call('move', 'plc1.move', { position: 3 }, { after: ['volume'] }),
  ],
  outputs: [output('x', 'volume.total')],
  finally: [call('last', 'plc1.home')],
})

/** A pipeline whose methods take 30 ms, and how many are being called: `most` at once. */
function slowRig(definition: Parameters<typeof rig>[0]): Rig & { readonly most: () => number } {
  let count = 0
  let most = 0
  const made: Rig = rig(definition, {
    call: ({ signal }) => {
      count++
      most = Math.max(most, count)
      return new Promise((resolve, reject) => {
        const end = (settle: () => void): void => {
          count--
          settle()
        }
        const cancel = made.clock.after(30, () => end(() => resolve({ settledAt: 0 })))
        signal.addEventListener('abort', () => {
          cancel()
          end(() => reject(signal.reason as Error))
        })
      })
    },
  })
  return { ...made, most: () => most }
}

async function perform({ pipeline, clock }: Rig, deed: Deed, states: ProgramState[]): Promise<void> {
  if (deed.kind === 'wait') await clock.advance(deed.ms)
  else if (deed.kind === 'feed') pipeline.feed([sampleOf({ clock }, 'plc1.level', deed.value)])
  else {
    const before = pipeline.state
    const told = states.length
    try {
      pipeline[deed.cause](by)
      expect(transitionFor(before, deed.cause), `${deed.cause} in ${before} was accepted`).not.to.equal(undefined)
    } catch (error) {
      expect(String(error)).to.match(/cannot/)
      expect(pipeline.state).to.equal(before)
      expect(states.length).to.equal(told)
    }
  }
}

/** Transitions follow each other by the table, each is told once, and each run starts and ends once. */
function expectTable(events: readonly PlantEvent[], states: readonly ProgramState[]): void {
  let state: ProgramState = 'Ready'
  let run = ''
  const told: ProgramState[] = ['Ready']
  for (const event of events) {
    if (event.kind === 'programTransitioned') {
      expect(event.from).to.equal(state)
      expect(event.transition).to.equal(`${event.from}To${event.to}`)
      state = event.to
      told.push(state)
    }
    if (event.kind === 'pipelineStarted') {
      expect(run, 'a second run').to.equal('')
      expect(state).to.equal('Running')
      run = event.runId
    }
    if (event.kind === 'pipelineCompleted') {
      expect(event.runId).to.equal(run)
      run = ''
    }
  }
  expect(told).to.deep.equal(states)
}

describe('any sequence of calls', () => {
  for (const [name, definition] of Object.entries({ scan, onChange, withFinally, once })) {
    it(`keeps the Program table, one run at a time and no timer afterwards (${name})`, async () => {
      await fc.assert(
        fc.asyncProperty(deeds, async (sequence) => {
          const made = slowRig(definition)
          const states: ProgramState[] = []
          made.pipeline.state$.subscribe((state) => states.push(state))
          for (const deed of sequence) await perform(made, deed, states)
          const closing = made.pipeline.close({ graceMs: 100, finallyMs: 1000 })
          await made.clock.advance(2000)
          await closing
          expectTable(made.events, states)
          expect(made.most()).to.be.at.most(1)
          expect(made.pipeline.state).to.be.oneOf(['Ready', 'Halted'])
          expect(made.clock.pending).to.equal(0)
        }),
        { numRuns: 60 },
      )
    })
  }
})
