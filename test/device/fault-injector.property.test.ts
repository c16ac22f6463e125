import { expect } from 'chai'
import fc from 'fast-check'
import { isMillraceError } from '../../src/model/errors.ts'
import type { Fault } from '../../src/model/fault.ts'
import { Status } from '../../src/model/status.ts'
import { Bench } from './memory-device.ts'

const settings = { allowsFaults: true, breaker: { failures: 3, resetMs: 10_000 } } as const

describe('faults, whatever is injected', () => {
  const fault: fc.Arbitrary<Fault> = fc.oneof(
    fc.record({ kind: fc.constant('delay' as const), delayMs: fc.integer({ min: 1, max: 900 }) }),
    fc.record({ kind: fc.constant('drop' as const), share: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant('stuck' as const), port: fc.constantFrom('level', 'valve') }),
    fc.record({
      ...{ kind: fc.constant('spike' as const), port: fc.constant('level') },
      ...{ value: fc.integer({ min: 0, max: 90 }), count: fc.integer({ min: 0, max: 3 }) },
    }),
    fc.record({ kind: fc.constant('badStatus' as const), status: fc.constant<number>(Status.BadSensorFailure) }),
    fc.constant<Fault>({ kind: 'disconnect' }),
    fc.constant<Fault>({ kind: 'trip' }),
  )
  const order = fc.record({ fault, durationMs: fc.integer({ min: 1, max: 4000 }) })
  const story = fc.array(fc.tuple(order, fc.integer({ min: 0, max: 3000 })), { maxLength: 12 })

  it('always clear: the device is well again by itself, and each beginning has its end', async () => {
    await fc.assert(
      fc.asyncProperty(story, fc.constantFrom('polled' as const, 'pushing' as const), async (steps, kind) => {
        const bench = await new Bench(settings, kind).started()
        let begun = 0
        for (const [each, ms] of steps) {
          try {
            bench.device.injectFault(each, 'eng')
            if (each.fault.kind !== 'trip') begun += 1
          } catch (error) {
            // A tag without a value cannot be stuck, and an open breaker not be tripped.
            expect(isMillraceError(error, 'invalid-state')).to.equal(true)
          }
          bench.memory.pushed.next({ level: 1, valve: true })
          await bench.clock.advance(ms)
        }
        // The longest fault, the breaker's reset, and the longest delay between two attempts.
        await bench.clock.advance(4000 + 10_000 + 6000)
        bench.memory.pushed.next({ level: 1, valve: true })
        await bench.clock.advance(1000)
        expect([bench.device.state, bench.look('level').status]).to.deep.equal(['Connected', Status.Good])
        expect(bench.device.latest('plc1#activeFaultCount')?.value).to.equal(0)
        expect(bench.events.filter(({ kind: each }) => each === 'faultCleared').length).to.equal(begun)
        await bench.device.close()
        expect(bench.clock.pending).to.equal(0)
      }),
      { numRuns: 100 },
    )
  })
})
