import { expect } from 'chai'
import fc from 'fast-check'
import { block, complaintOf } from './load.ts'

/** A first-order process with a gain of 2 and a time constant of 10 s, under a controller that runs each 0.1 s. */
function controlled(config: object, setpoint: number, seconds: number): { value: number; output: number } {
  const bench = block('PID', config)
  let value = 0
  let output = 0
  for (let cycle = 0; cycle <= seconds * 10; cycle++) {
    output = bench.at(cycle / 10, { setpoint, value }).output as number
    value += (1 - Math.exp(-0.1 / 10)) * (2 * output - value)
  }
  return { value, output }
}

describe('PID', () => {
  it('brings a process to its setpoint without a remaining error', () => {
    const { value, output } = controlled({ gain: 2, ti: 5, td: 0.5 }, 60, 200)
    expect(value).to.be.closeTo(60, 0.01)
    expect(output).to.be.closeTo(30, 0.01)
  })

  it('leaves the error of a proportional controller without an integral time', () => {
    const { value } = controlled({ gain: 2 }, 60, 200)
    expect(value).to.be.closeTo((60 * 4) / 5, 0.01)
  })

  it('acts by the ISA form: Kp (e + 1/Ti ∫ e)', () => {
    const bench = block('PID', { gain: 2, ti: 4, min: -100, max: 100 })
    expect(bench.at(0, { setpoint: 5, value: 0 })).to.deep.equal({ output: 10, error: 5, isLimited: false })
    expect(bench.at(2, { setpoint: 5, value: 0 }).output).to.equal(10 + (2 * 5 * 2) / 4)
    expect(bench.at(2, { setpoint: 5, value: 0 }).output).to.equal(15)
  })

  it('acts the other way for cooling, and adds a feedforward', () => {
    const bench = block('PID', { gain: 2, action: 'direct' })
    expect(bench.at(0, { setpoint: 5, value: 8 }).output).to.equal(6)
    expect(bench.at(1, { setpoint: 5, value: 8, feedforward: 10 }).output).to.equal(16)
  })

  it('derives the value, filtered, and gives no kick when the setpoint steps', () => {
    const bench = block('PID', { td: 10, n: 10, weight: 0, min: -100, max: 100 })
    bench.at(0, { setpoint: 0, value: 0 })
    expect(bench.at(1, { setpoint: 50, value: 0 }).output).to.equal(0)
    // Td s / (1 + s Td / N) for a step of 1, one second after: -10 / (1 + 1), and -1 for the value itself.
    expect(bench.at(2, { setpoint: 50, value: 1 }).output).to.equal(-6)
    expect(bench.at(3, { setpoint: 50, value: 1 }).output).to.equal(-3.5)
  })

  it('stays within its limits and leaves them at once when the error turns', () => {
    const bench = block('PID', { gain: 1, ti: 1 })
    for (let seconds = 0; seconds <= 100; seconds++) {
      expect(bench.at(seconds, { setpoint: 90, value: 0 })).to.deep.include({ output: seconds === 0 ? 90 : 100 })
    }
    const { output } = bench.at(101, { setpoint: 90, value: 120 })
    expect(output).to.equal(0)
    expect(bench.at(102, { setpoint: 90, value: 90 }).output).to.be.below(30)
  })

  it('goes from manual to automatic operation without a bump, from any error', () => {
    const number = fc.double({ noNaN: true, min: -1000, max: 1000 })
    fc.assert(
      fc.property(number, number, fc.double({ noNaN: true, min: 0, max: 100 }), (setpoint, value, manualOutput) => {
        const bench = block('PID', { gain: 2, ti: 10, td: 1 })
        bench.at(0, { setpoint, value, manual: true, manualOutput })
        expect(bench.at(1, { setpoint, value, manual: true, manualOutput }).output).to.equal(manualOutput)
        expect(bench.at(1, { setpoint, value, manual: false }).output).to.be.closeTo(manualOutput, 1e-9)
      }),
    )
  })

  it('goes from automatic to manual operation without a bump, and limits what is given by hand', () => {
    const bench = block('PID', { gain: 2 })
    const { output } = bench.at(0, { setpoint: 10, value: 0 })
    expect(bench.at(1, { setpoint: 50, value: 0, manual: true }).output).to.equal(output)
    expect(bench.at(2, { setpoint: 50, value: 0, manual: true, manualOutput: 200 })).to.deep.include({
      output: 100,
      isLimited: true,
    })
  })

  it('refuses limits in the wrong order', () => {
    expect(complaintOf('PID', { min: 1, max: 1 })).to.contain('min is 1, not below max')
  })
})
