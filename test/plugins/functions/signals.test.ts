import { expect } from 'chai'
import fc from 'fast-check'
import { portsOf } from '../../../src/plugin/describe.ts'
import { block, complaintOf, plugin } from './load.ts'

const number = fc.double({ noNaN: true, min: -1e6, max: 1e6 })
const series = fc.array(number, { minLength: 1, maxLength: 40 })

/** What a block gives for values that come once a second. */
function run(type: string, config: object, values: readonly number[], output: string): number[] {
  const bench = block(type, config)
  return values.map((value, seconds) => bench.at(seconds, { value })[output] as number)
}

describe('moving-average', () => {
  it('is the average of the last values, as by definition', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 9 }), (values, size) => {
        run('moving-average', { size }, values, 'mean').forEach((mean, index) => {
          const window = values.slice(Math.max(0, index + 1 - size), index + 1)
          expect(mean).to.be.closeTo(window.reduce((sum, each) => sum + each, 0) / window.length, 1e-6)
        })
      }),
    )
  })

  it('starts anew when it is reset', () => {
    const bench = block('moving-average', { size: 3 })
    bench.at(0, { value: 100 })
    expect(bench.at(1, { value: 2, reset: true })).to.deep.equal({ mean: 2 })
  })
})

describe('statistics', () => {
  it('describes the window', () => {
    const bench = block('statistics', { size: 4 })
    for (const [seconds, value] of [99, 2, 4, 4].entries()) bench.at(seconds, { value })
    const deviation = Math.sqrt(((2 - 4) ** 2 + (6 - 4) ** 2) / 4)
    expect(bench.at(4, { value: 6 })).to.deep.equal({ mean: 4, median: 4, min: 2, max: 6, deviation, count: 4 })
    expect(bench.at(5, { value: 1, reset: true })).to.deep.include({ mean: 1, deviation: 0, count: 1 })
  })
})

describe('DEADBAND', () => {
  it('never is further from the value than its width, and moves only when it must', () => {
    fc.assert(
      fc.property(series, fc.double({ noNaN: true, min: 0, max: 1e5 }), (values, width) => {
        const held = run('DEADBAND', { width }, values, 'value')
        expect(held[0]).to.equal(values[0])
        held.forEach((each, index) => {
          expect(Math.abs(each - (values[index] ?? 0))).to.be.at.most(width)
          if (each !== held[index - 1]) expect(each).to.equal(values[index])
        })
      }),
    )
  })
})

describe('HYSTERESIS', () => {
  it('keeps what it was between both values', () => {
    const bench = block('HYSTERESIS', { low: 10, high: 20 })
    const q = [15, 20, 15, 10, 15, 25].map((value, seconds) => bench.at(seconds, { value }).q)
    expect(q).to.deep.equal([false, true, true, false, false, true])
    expect(block('HYSTERESIS', { low: 10, high: 20, initial: true }).at(0, { value: 15 }).q).to.equal(true)
    expect(complaintOf('HYSTERESIS', { low: 2, high: 2 })).to.contain('low is 2, not below high')
  })
})

describe('RAMP', () => {
  it('rises and falls no faster than told, and arrives', () => {
    const bench = block('RAMP', { up: 2, down: 1, refresh: 0.1 })
    expect(bench.at(0, { value: 0 })).to.deep.equal({ value: 0, isSettled: true })
    expect(bench.wake).to.equal(undefined)
    expect(bench.at(0, { value: 5 })).to.deep.equal({ value: 0, isSettled: false })
    expect(bench.wake).to.equal(0.1)
    expect(bench.at(1, { value: 5 }).value).to.equal(2)
    expect(bench.at(4, { value: 5 })).to.deep.equal({ value: 5, isSettled: true })
    expect(bench.at(6, { value: 0 }).value).to.equal(3)
  })

  it('falls as fast as it rises when nothing else is said', () => {
    const bench = block('RAMP', { up: 2 })
    bench.at(0, { value: 10 })
    expect(bench.at(1, { value: 0 }).value).to.equal(8)
    expect(bench.wake).to.equal(undefined)
  })
})

describe('PT1', () => {
  it('has made 1 - 1/e of a step after its time constant, whatever the cycle time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.double({ noNaN: true, min: 0.1, max: 100 }), (cycles, time) => {
        const bench = block('PT1', { time })
        bench.at(0, { value: 0 })
        let value: unknown
        for (let cycle = 1; cycle <= cycles; cycle++) value = bench.at((time * cycle) / cycles, { value: 1 }).value
        expect(value).to.be.closeTo(1 - 1 / Math.E, 1e-9)
      }),
    )
  })

  it('starts at its input, converges, and never overshoots', () => {
    expect(run('PT1', { time: 2 }, [5, 5], 'value')).to.deep.equal([5, 5])
    const step = run('PT1', { time: 2, gain: 3 }, [0, ...Array.from({ length: 60 }, () => 1)], 'value')
    expect(step.at(-1)).to.be.closeTo(3, 1e-9)
    step.slice(1).forEach((each, index) => {
      expect(each).to.be.within(step[index] ?? 0, 3)
    })
  })

  it('stands still when no time passes, jumps without a time constant, and wakes while it moves', () => {
    const bench = block('PT1', { time: 1, refresh: 0.2 })
    bench.at(0, { value: 0 })
    expect(bench.at(0, { value: 1 }).value).to.equal(0)
    expect(bench.wake).to.equal(0.2)
    expect(bench.at(0, { value: 1, reset: true }).value).to.equal(1)
    expect(bench.wake).to.equal(undefined)
    expect(run('PT1', { time: 0 }, [0, 4], 'value')).to.deep.equal([0, 4])
  })
})

describe('RATE', () => {
  it('is the slope, in the time that is wanted, and 0 at first', () => {
    expect(run('RATE', {}, [5, 7, 7, 4], 'rate')).to.deep.equal([0, 2, 0, -3])
    expect(run('RATE', { per: 'min' }, [0, 1], 'rate')).to.deep.equal([0, 60])
  })

  it('keeps its rate when no time passes, and misses nothing', () => {
    const bench = block('RATE')
    bench.at(0, { value: 0 })
    bench.at(1, { value: 2 })
    expect(bench.at(1, { value: 3 }).rate).to.equal(2)
    expect(bench.at(2, { value: 4 }).rate).to.equal(2)
  })

  it('is smoothed on request and has a unit on request', () => {
    expect(run('RATE', { time: 1 }, [0, 1], 'rate')[1]).to.be.closeTo(1 - 1 / Math.E, 1e-12)
    expect(portsOf(plugin('RATE').outputs, { unit: 'K/min' })[0]?.unit).to.equal('K/min')
  })
})

describe('totalizer', () => {
  it('is the integral of the line through the samples', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 50 }), (values, tenths) => {
        const bench = block('totalizer')
        let total: unknown
        values.forEach((value, index) => {
          total = bench.at((index * tenths) / 10, { value }).total
        })
        const trapezoids = values.slice(1).map((value, index) => (((values[index] ?? 0) + value) / 2) * (tenths / 10))
        expect(total).to.be.closeTo(
          trapezoids.reduce((sum, each) => sum + each, 0),
          1e-3,
        )
      }),
    )
  })

  it('takes its flow in l/s and gives l, or another pair', () => {
    const ports = (of: string) => {
      const { inputs, outputs } = plugin('totalizer')
      return [portsOf(inputs, { of })[0]?.unit, portsOf(outputs, { of })[0]?.unit]
    }
    expect(ports('volume')).to.deep.equal(['l/s', 'l'])
    expect(ports('energy')).to.deep.equal(['kW', 'kW·h'])
    expect(ports('number')).to.deep.equal([undefined, undefined])
    const bench = block('totalizer', { of: 'energy' })
    bench.at(0, { value: 10 })
    expect(bench.at(1800, { value: 10 }).total).to.equal(5)
  })

  it('counts no gap that is too long, and starts anew when it is reset', () => {
    const bench = block('totalizer', { gapMax: '10 s' })
    bench.at(0, { value: 1 })
    expect(bench.at(10, { value: 1 }).total).to.equal(10)
    expect(bench.at(30, { value: 1 }).total).to.equal(10)
    expect(bench.at(31, { value: 1, reset: true }).total).to.equal(0)
    expect(bench.at(33, { value: 1 }).total).to.equal(2)
  })
})

describe('fft-peak', () => {
  const vibration = (seconds: number) =>
    3 + 2 * Math.sin(2 * Math.PI * 12.3 * seconds) + 0.5 * Math.sin(2 * Math.PI * 31 * seconds)

  it('finds frequency and amplitude of the strongest vibration, between the lines of the spectrum too', () => {
    const bench = block('fft-peak', { size: '256' })
    let last: Record<string, unknown> = {}
    for (let index = 0; index < 400; index++) {
      last = bench.at(index / 100, { value: vibration(index / 100) })
      expect(last.isFull).to.equal(index >= 255)
    }
    expect(last.frequency).to.be.closeTo(12.3, 0.05)
    expect(last.amplitude).to.be.closeTo(2, 0.1)
  })

  it('leaves out what is below the lowest frequency wanted, and finds nothing in a constant', () => {
    const bench = block('fft-peak', { size: '256', min: 20 })
    for (let index = 0; index < 255; index++) bench.at(index / 100, { value: vibration(index / 100) })
    expect(bench.at(2.55, { value: vibration(2.55) }).frequency).to.be.closeTo(31, 0.2)
    const still = block('fft-peak', { size: '64' })
    for (let index = 0; index < 63; index++) still.at(index, { value: 1 })
    expect(still.at(63, { value: 1 })).to.deep.include({ amplitude: 0, isFull: true })
  })
})
