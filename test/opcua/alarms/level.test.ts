import { expect } from 'chai'
import fc from 'fast-check'
import { VirtualClock } from '../../../src/model/clock.ts'
import { Delayed } from '../../../src/opcua/alarms/delayed.ts'
import { isEscalation, type Level, levelOf, limitOf } from '../../../src/opcua/alarms/level.ts'

const limits = { lowLow: 10, low: 20, high: 80, highHigh: 90 }

describe('levelOf', () => {
  for (const [value, level] of [
    [9, 'LowLow'],
    [10, 'Low'],
    [19.9, 'Low'],
    [20, undefined],
    [80, undefined],
    [80.1, 'High'],
    [90, 'High'],
    [90.1, 'HighHigh'],
    [Infinity, 'HighHigh'],
  ] as const) {
    it(`makes ${level ?? 'normal'} of ${value}`, () => {
      expect(levelOf(value, limits)).to.equal(level)
    })
  }

  it('exceeds no limit that is absent', () => {
    expect(levelOf(-1e9, { high: 80 })).to.equal(undefined)
    expect(levelOf(1e9, { low: 20 })).to.equal(undefined)
  })

  it('keeps a level until the value has come back by the deadband', () => {
    const withDeadband = { ...limits, deadband: 2 }
    expect(levelOf(78.5, withDeadband)).to.equal(undefined)
    expect(levelOf(78.5, withDeadband, 'High')).to.equal('High')
    expect(levelOf(78, withDeadband, 'High')).to.equal(undefined)
    expect(levelOf(88.5, withDeadband, 'HighHigh')).to.equal('HighHigh')
    expect(levelOf(88, withDeadband, 'HighHigh')).to.equal('High')
    expect(levelOf(21.5, withDeadband, 'LowLow')).to.equal('Low')
    expect(levelOf(22, withDeadband, 'Low')).to.equal(undefined)
  })

  it('keeps the level at a value that is no number', () => {
    expect(levelOf(Number.NaN, limits, 'High')).to.equal('High')
    expect(levelOf(Number.NaN, limits)).to.equal(undefined)
  })

  it('never leaves an outer level for less than its deadband, whatever the values', () => {
    const values = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 50 })
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 5, noNaN: true }), (sequence, deadband) => {
        let held: Level | undefined
        for (const value of sequence) {
          const next = levelOf(value, { ...limits, deadband }, held)
          if (held === 'High' && next === undefined) expect(value).to.be.at.most(80 - deadband)
          if (held === 'Low' && next === undefined) expect(value).to.be.at.least(20 + deadband)
          // Whatever is held, a value beyond a limit is never called normal.
          if (value > 80 || value < 20) expect(next).to.not.equal(undefined)
          held = next
        }
      }),
    )
  })

  it('names the limit of a level', () => {
    expect((['LowLow', 'Low', 'High', 'HighHigh'] as const).map((level) => limitOf(level, limits))).to.deep.equal([
      10, 20, 80, 90,
    ])
  })
})

describe('isEscalation', () => {
  const rows: [Level | undefined, Level | undefined, boolean][] = [
    [undefined, 'Low', true],
    ['Low', 'LowLow', true],
    ['High', 'HighHigh', true],
    ['Low', 'High', true],
    ['LowLow', 'High', true],
    ['HighHigh', 'High', false],
    ['LowLow', 'Low', false],
    ['High', undefined, false],
    ['High', 'High', false],
  ]
  for (const [from, to, expected] of rows) {
    it(`says ${expected} from ${from ?? 'normal'} to ${to ?? 'normal'}`, () => {
      expect(isEscalation(from, to)).to.equal(expected)
    })
  }
})

describe('Delayed', () => {
  function rig(onDelayMs: number, offDelayMs: number) {
    const clock = new VirtualClock(1000)
    const changes: [Level | undefined, number][] = []
    const delayed = new Delayed<Level>({
      ...{ clock, onDelayMs, offDelayMs, isWorse: isEscalation },
      onChange: (state, time) => changes.push([state, time]),
    })
    return { clock, changes, delayed }
  }

  it('counts at once and with the source time when there is no delay', () => {
    const { delayed, changes, clock } = rig(0, 0)
    delayed.input('High', 7)
    delayed.input(undefined, 8)
    expect(changes).to.deep.equal([
      ['High', 7],
      [undefined, 8],
    ])
    expect(clock.pending).to.equal(0)
  })

  it('forgets what does not last for the on-delay', async () => {
    const { delayed, changes, clock } = rig(100, 0)
    delayed.input('High', 0)
    await clock.advance(99)
    delayed.input(undefined, 99)
    await clock.advance(1000)
    expect(changes).to.deep.equal([])
    expect(clock.pending).to.equal(0)
  })

  it('takes the newest level when the on-delay is over, counted from the first', async () => {
    const { delayed, changes, clock } = rig(100, 0)
    delayed.input('High', 0)
    await clock.advance(60)
    delayed.input('HighHigh', 60)
    await clock.advance(40)
    expect(changes).to.deep.equal([['HighHigh', 1100]])
  })

  it('waits for the off-delay, and starts again when the value was not normal in between', async () => {
    const { delayed, changes, clock } = rig(0, 100)
    delayed.input('High', 0)
    delayed.input(undefined, 1)
    await clock.advance(90)
    delayed.input('High', 90)
    delayed.input(undefined, 91)
    await clock.advance(99)
    expect(changes).to.have.length(1)
    await clock.advance(1)
    expect(changes[1]).to.deep.equal([undefined, 1190])
  })

  it('eases at once', () => {
    const { delayed, changes } = rig(0, 100)
    delayed.input('HighHigh', 0)
    delayed.input('High', 1)
    expect(changes[1]).to.deep.equal(['High', 1])
  })

  it('leaves no timer when it is stopped', () => {
    const { delayed, clock } = rig(100, 100)
    delayed.input('High', 0)
    expect(clock.pending).to.equal(1)
    delayed.stop()
    expect(clock.pending).to.equal(0)
  })
})
