import { expect } from 'chai'
import { Status } from '../../../src/model/status.ts'
import { failureTelling } from '../../../src/pipeline/engine/telling.ts'
import { bench, fn, noted, pipeline, step } from './kit.ts'

const inc = fn(({ x }: { x: number }) => ({ y: x + 1 }), 'inc')

/** A step that does something odd, and one beside it that does not. */
function beside(code: (inputs: { readonly x: number }) => unknown) {
  const own = bench(
    pipeline([
      step('odd', fn(code, 'odd'), { x: 'plc1.a' }, ['y']),
      step('after', inc, { x: 'odd/y' }, ['y']),
      step('other', inc, { x: 'plc1.a' }, ['y']),
    ]),
  )
  own.feed({ 'plc1.a': 1 })
  return own
}

describe('a plugin that misbehaves in this thread', () => {
  const getter = (): unknown => ({
    get y() {
      throw new Error('no y today')
    },
  })
  for (const [what, code, status] of [
    ['throws', () => fail('no'), Status.BadInternalError],
    ['throws something that is no error', () => failWith(undefined), Status.BadInternalError],
    ['gives nothing', () => undefined, Status.BadInternalError],
    ['gives a number', () => 5, Status.BadInternalError],
    ['gives another output', () => ({ z: 1 }), Status.BadNoData],
    ['gives another type', () => ({ y: 'one' }), Status.BadTypeMismatch],
    ['gives NaN', () => ({ y: Number.NaN }), Status.BadOutOfRange],
    ['gives an output that throws', getter, Status.BadInternalError],
  ] as const) {
    it(`spoils its own outputs and nothing else, when it ${what}`, () => {
      const own = beside(code)
      expect(own.wave()).to.deep.equal({ kind: 'completed' })
      expect(own.sample('p/after.y')).to.deep.include({ value: null, status, cause: 'p/odd' })
      expect(own.value('p/other.y')).to.equal(2)
    })
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what the test is about.
  const thenable = (then: unknown) => ({ then })
  for (const [what, code, status] of [
    ['settles at once', () => thenable((done: (value: unknown) => void) => done({ y: 4 })), Status.Good],
    [
      'settles twice, and fails then',
      () =>
        thenable((done: (value: unknown) => void, no: (error: Error) => void) => {
          done({ y: 4 })
          no(new Error('too late'))
          done({ y: 5 })
        }),
      Status.Good,
    ],
    ['throws from then', () => thenable(() => fail('not now')), Status.BadInternalError],
    ['never settles', () => thenable(() => {}), Status.BadTimeout],
    ['rejects with nothing', () => Promise.reject(undefined), Status.BadInternalError],
  ] as const) {
    it(`ends the wave, when what it gives for a promise ${what}`, async () => {
      const own = beside(code)
      const note = noted(own.clock, own.execution.wave({ onlyChanged: true }))
      await own.clock.advance(10_000)
      expect(note.result).to.deep.equal({ kind: 'completed' })
      expect(own.sample('p/after.y').status).to.equal(status)
      expect(own.value('p/other.y')).to.equal(2)
      own.feed({ 'plc1.a': 2 })
      const again = noted(own.clock, own.execution.wave({ onlyChanged: true }))
      await own.clock.advance(10_000)
      expect(again.result).to.deep.equal({ kind: 'completed' })
    })
  }

  it('is told of once while it fails in each wave', () => {
    const own = beside(() => fail('no'))
    for (let a = 0; a < 100; a++) {
      own.feed({ 'plc1.a': a })
      own.wave()
    }
    expect(failures(own)).to.deep.equal([{ message: 'no', isRepeated: false }])
    expect(own.execution.counters()[0]).to.deep.include({ errorCount: 100 })
  })

  it('is told of a few times and then now and then, when it works and fails by turns or for ever other reasons', async () => {
    for (const code of [
      ({ x }: { x: number }) => (x % 2 ? { y: x } : fail('no')),
      ({ x }: { x: number }) => fail(`no ${x}`),
    ]) {
      const own = beside(code)
      for (let a = 0; a < 200; a++) {
        own.feed({ 'plc1.a': a })
        own.wave()
        await own.clock.advance(failureTelling.refillMs / 50)
      }
      const told = failures(own)
      const isNew = told.filter(({ isRepeated }) => !isRepeated)
      expect(isNew.length).to.be.within(failureTelling.burst, failureTelling.burst + 4)
      expect(told.length).to.be.greaterThan(90)
    }
  })
})

function failures(own: ReturnType<typeof bench>) {
  return own.happenings.flatMap((each) =>
    each.kind === 'failed' ? [{ message: each.message, isRepeated: each.isRepeated }] : [],
  )
}

function fail(message: string): never {
  throw new Error(message)
}

function failWith(thrown: unknown): never {
  throw thrown
}
