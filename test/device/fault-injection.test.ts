import { expect } from 'chai'
import fc from 'fast-check'
import {
  type ActiveFault,
  delayOf,
  disturb,
  expire,
  type Faults,
  isCut,
  isDropped,
  type LastingFault,
  listed,
  nextEnd,
  refusalOf,
  withFault,
} from '../../src/device/fault-injection.ts'
import { Injected } from '../../src/device/port-value.ts'
import type { Fault } from '../../src/model/fault.ts'
import type { Port } from '../../src/model/port.ts'
import { Status } from '../../src/model/status.ts'
import { ReadingFailed } from '../../src/plugin/facts.ts'

const active = (fault: LastingFault, changes: Partial<ActiveFault> = {}): ActiveFault => ({
  ...{ fault, initiator: 'eng', begunAt: 0, until: 1000 },
  ...changes,
})
const outputs: readonly Port[] = [
  { name: 'level', dataType: 'Double', isArray: false, description: '', range: [0, 50] },
  { name: 'open', dataType: 'Boolean', isArray: false, description: '' },
]
const device = { outputs, hasBreaker: true }

describe('refusalOf a fault', () => {
  const rows: readonly [string, Fault, number, number | undefined][] = [
    ['a delay', { kind: 'delay', delayMs: 5 }, 1000, undefined],
    ['no delay', { kind: 'delay', delayMs: 0 }, 1000, Status.BadOutOfRange],
    ['a delay that is no number', { kind: 'delay', delayMs: Number.NaN }, 1000, Status.BadOutOfRange],
    ['a delay of more than an hour', { kind: 'delay', delayMs: 3_600_001 }, 1000, Status.BadOutOfRange],
    ['no duration', { kind: 'disconnect' }, 0, Status.BadOutOfRange],
    ['a negative duration', { kind: 'disconnect' }, -1, Status.BadOutOfRange],
    ['an endless duration', { kind: 'disconnect' }, Number.POSITIVE_INFINITY, Status.BadOutOfRange],
    ['a duration that is no number', { kind: 'disconnect' }, Number.NaN, Status.BadOutOfRange],
    ['a duration of a day', { kind: 'disconnect' }, 86_400_000, undefined],
    ['a share of all', { kind: 'drop', share: 1 }, 1000, undefined],
    ['a share above all', { kind: 'drop', share: 1.01 }, 1000, Status.BadOutOfRange],
    ['a share of nothing', { kind: 'drop', share: 0 }, 1000, Status.BadOutOfRange],
    ['a share that is no number', { kind: 'drop', share: Number.NaN }, 1000, Status.BadOutOfRange],
    ['a tag that is not measured', { kind: 'stuck', port: 'valve' }, 1000, Status.BadNodeIdUnknown],
    ['a tag that is measured', { kind: 'stuck', port: 'level' }, 1000, undefined],
    ['a Bad status for all', { kind: 'badStatus', status: Status.BadSensorFailure }, 1000, undefined],
    ['a Good status', { kind: 'badStatus', status: Status.Good }, 1000, Status.BadOutOfRange],
    ['an Uncertain status', { kind: 'badStatus', status: Status.Uncertain }, 1000, Status.BadOutOfRange],
    [
      'a status for an unknown tag',
      { kind: 'badStatus', port: 'x', status: Status.Bad },
      1000,
      Status.BadNodeIdUnknown,
    ],
    ['a spike beyond the range', { kind: 'spike', port: 'level', value: 99, count: 1 }, 1000, undefined],
    ['a spike of another type', { kind: 'spike', port: 'level', value: '9', count: 1 }, 1000, Status.BadTypeMismatch],
    ['a spike of NaN', { kind: 'spike', port: 'level', value: Number.NaN, count: 1 }, 1000, Status.BadOutOfRange],
    ['a spike of half a reading', { kind: 'spike', port: 'level', value: 1, count: 0.5 }, 1000, Status.BadOutOfRange],
    ['a trip', { kind: 'trip' }, 0, undefined],
  ]
  for (const [what, fault, durationMs, status] of rows) {
    it(`${status === undefined ? 'takes' : 'refuses'} ${what}`, () => {
      expect(refusalOf(fault, durationMs, device)?.status).to.equal(status)
    })
  }

  it('refuses a trip where there is no breaker', () => {
    expect(refusalOf({ kind: 'trip' }, 0, { outputs, hasBreaker: false })?.status).to.equal(Status.BadNotSupported)
  })
})

describe('faults of a device', () => {
  it('replace those of their kind and tag only', () => {
    const level = active({ kind: 'stuck', port: 'level' })
    const open = active({ kind: 'stuck', port: 'open' })
    const cut = active({ kind: 'disconnect' })
    const other = active({ kind: 'stuck', port: 'level' }, { initiator: 'ada' })
    const added = withFault([level, open, cut], other)
    expect(added).to.deep.equal({ faults: [open, cut, other], replaced: [level] })
  })

  it('are no more than a thousand', () => {
    const many = Array.from({ length: 1000 }, (_, index) => active({ kind: 'stuck', port: `p${index}` }))
    expect(withFault(many, active({ kind: 'disconnect' }))).to.equal(undefined)
    expect(withFault(many, active({ kind: 'stuck', port: 'p3' }))?.faults.length).to.equal(1000)
  })

  it('say what they do to requests', () => {
    const faults = [active({ kind: 'delay', delayMs: 70 }), active({ kind: 'drop', share: 0.3 })]
    expect([delayOf(faults), isDropped(faults, () => 0.29), isDropped(faults, () => 0.3)]).to.deep.equal([
      70,
      true,
      false,
    ])
    expect([delayOf([]), isDropped([], () => 0), isCut(faults)]).to.deep.equal([0, false, false])
    expect(isCut([active({ kind: 'disconnect' })])).to.equal(true)
  })

  it('replace the values that a reading holds and add none', () => {
    const faults = [
      active({ kind: 'stuck', port: 'level' }, { stuckAt: 7 }),
      active({ kind: 'badStatus', port: 'open', status: Status.BadSensorFailure }),
    ]
    const { reading } = disturb(faults, { level: 1, open: true, other: 2 })
    expect(reading.level).to.deep.equal(new Injected(7, true))
    expect((reading.open as Injected).value).to.be.instanceOf(ReadingFailed)
    expect(reading.other).to.equal(2)
    expect(disturb(faults, { other: 2 }).reading).to.deep.equal({ other: 2 })
  })

  it('end a spike after as many readings of its tag as it has', () => {
    let faults: Faults = [active({ kind: 'spike', port: 'level', value: 9, count: 2 }, { readingsLeft: 2 })]
    const read = (reading: Record<string, unknown>) => {
      const disturbed = disturb(faults, reading)
      faults = disturbed.faults
      return [disturbed.reading.level instanceof Injected, disturbed.ended.length]
    }
    expect(read({ level: 1 })).to.deep.equal([true, 0])
    expect(read({ open: true })).to.deep.equal([false, 0])
    expect(read({ level: 1 })).to.deep.equal([true, 1])
    expect(read({ level: 1 })).to.deep.equal([false, 0])
  })

  it('are told in words, with the time that is left', () => {
    const faults = [
      active({ kind: 'spike', port: 'level', value: 9, count: 2 }, { readingsLeft: 2, until: 12_001 }),
      active({ kind: 'badStatus', status: Status.BadSensorFailure }, { initiator: '' }),
    ]
    expect(listed(faults, 0)).to.deep.equal([
      'spike of level to 9, 13 s or 2 readings left, by eng',
      'BadSensorFailure of every tag, 1 s left, by anonymous',
    ])
  })

  it('are all over at the time of the last one, and none before its own', () => {
    const some = fc.array(
      fc.record({ port: fc.constantFrom('a', 'b', 'c'), until: fc.integer({ min: 1, max: 100 }) }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(some, fc.integer({ min: 0, max: 120 }), (orders, now) => {
        let faults: Faults = []
        for (const { port, until } of orders) {
          faults = withFault(faults, active({ kind: 'stuck', port }, { until }))?.faults ?? faults
        }
        const { faults: left, ended } = expire(faults, now)
        expect(left.length + ended.length).to.equal(faults.length)
        expect(left.every(({ until }) => until > now) && ended.every(({ until }) => until <= now)).to.equal(true)
        let guard = 0
        for (let end = nextEnd(left); end !== undefined; end = nextEnd(faults)) {
          faults = expire(faults, end).faults
          expect(++guard).to.be.at.most(20)
        }
        expect(faults.length === 0 || left.length === 0).to.equal(true)
      }),
    )
  })
})
