import { expect } from 'chai'
import fc from 'fast-check'
import { Axis, type AxisSettings, faults } from '../../../plugins/devices/mock-servo/axis.ts'
import type { Command } from '../../../plugins/devices/mock-servo/command.ts'
import { noiseOf } from '../../../plugins/devices/mock-servo/noise.ts'
import { Status } from '../../../src/model/status.ts'
import { Rejected } from '../../../src/plugin/facts.ts'

const settings: AxisSettings = {
  initialPosition: 15,
  homePosition: 0,
  homingVelocity: 30,
  minPosition: -180,
  maxPosition: 180,
  maxVelocity: 360,
  maxAcceleration: 3600,
  lag: 0.01,
  maxFollowingError: 10,
  compliance: 0.2,
  autoPower: true,
}
const dynamics = { velocity: 90, acceleration: 900 }

/** An axis and a hand on its clock. */
function bench(changes: Partial<AxisSettings> = {}) {
  const axis = new Axis({ ...settings, ...changes })
  let time = 0
  return {
    axis,
    wait(seconds: number) {
      time += seconds
      axis.advance(time)
      return axis.view
    },
  }
}

function homed(changes: Partial<AxisSettings> = {}) {
  const made = bench(changes)
  made.axis.home()
  made.wait(10)
  return made
}

function refusal(ask: () => Command): number | undefined {
  try {
    ask()
  } catch (error) {
    if (error instanceof Rejected) return error.status
    throw error
  }
  throw new Error('it was not refused')
}

describe('servo axis', () => {
  it('goes home from where it stands, and knows its position then', () => {
    const { axis, wait } = bench()
    const home = axis.home()
    expect(wait(0.1)).to.deep.include({ state: 'homing', isPowered: true, isHomed: false })
    const view = wait(2)
    expect(view).to.deep.include({ state: 'standstill', isHomed: true })
    expect(home.outcome).to.equal('done')
    expect(home.position).to.be.closeTo(0, 0.0101)
  })

  it('moves to a position and is done when the actual position has settled', () => {
    const { axis, wait } = homed()
    const move = axis.moveAbsolute(90, dynamics)
    expect(wait(1.09)).to.deep.include({ state: 'discreteMotion', targetPosition: 90 })
    expect(move.outcome).to.equal('active')
    expect(wait(1).position).to.be.closeTo(90, 1e-6)
    expect([move.outcome, axis.view.state]).to.deep.equal(['done', 'standstill'])
    expect(move.position).to.be.closeTo(90, 0.0101)
  })

  it('follows its command late by the lag, while it moves at constant velocity', () => {
    const { axis, wait } = homed()
    axis.moveAbsolute(90, dynamics)
    const view = wait(0.5)
    expect(view.followingError).to.be.closeTo(0.9, 1e-6)
    expect(view.velocity).to.be.closeTo(90, 1e-6)
  })

  it('is the same however often it is looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.0001, max: 0.2, noNaN: true }), { maxLength: 40 }), (steps) => {
        const often = homed()
        const once = homed()
        for (const { axis } of [often, once]) axis.moveAbsolute(120, dynamics)
        for (const step of steps) often.wait(step)
        const view = once.wait(steps.reduce((sum, step) => sum + step, 0))
        expect(often.axis.view.position).to.be.closeTo(view.position, 1e-6)
        expect(often.axis.view.commanded.position).to.be.closeTo(view.commanded.position, 1e-6)
      }),
      { numRuns: 50 },
    )
  })

  it('lets a new move abort the old one, without a jump', () => {
    const { axis, wait } = homed()
    const first = axis.moveAbsolute(90, dynamics)
    const before = wait(0.5)
    const second = axis.moveRelative(-20, dynamics)
    expect([first.outcome, first.reason]).to.deep.equal(['aborted', 'aborted by moveRelative'])
    expect(axis.view.commanded.velocity).to.equal(before.commanded.velocity)
    wait(5)
    expect(second.position).to.be.closeTo(before.commanded.position - 20, 0.0101)
  })

  it('keeps a velocity until it is halted', () => {
    const { axis, wait } = homed()
    const move = axis.moveVelocity({ velocity: -50, acceleration: 500 })
    expect(wait(1)).to.deep.include({ state: 'continuousMotion' })
    expect([move.outcome, axis.view.commanded.velocity]).to.deep.equal(['done', -50])
    const halt = axis.halt()
    expect(axis.view.state).to.equal('discreteMotion')
    wait(1)
    expect([halt.outcome, axis.view.state]).to.deep.equal(['done', 'standstill'])
  })

  it('refuses every move while it stops', () => {
    const { axis, wait } = homed({ maxAcceleration: 100 })
    axis.moveAbsolute(90, dynamics)
    wait(0.6)
    const stop = axis.stop()
    expect(axis.view.state).to.equal('stopping')
    expect(refusal(() => axis.moveAbsolute(0, dynamics))).to.equal(Status.BadInvalidState)
    expect(refusal(() => axis.halt())).to.equal(Status.BadInvalidState)
    wait(5)
    expect([stop.outcome, axis.view.state]).to.deep.equal(['done', 'standstill'])
  })

  it('refuses what its state, its limits or plain sense forbid, and says why', () => {
    const unpowered = bench({ autoPower: false }).axis
    expect(refusal(() => unpowered.home())).to.equal(Status.BadInvalidState)
    expect(() => unpowered.home()).to.throw('home is not possible in disabled; switch it on with power')
    const { axis } = bench()
    expect(refusal(() => axis.halt())).to.equal(Status.BadInvalidState)
    expect(refusal(() => axis.moveAbsolute(10, dynamics))).to.equal(Status.BadInvalidState)
    expect(refusal(() => axis.moveAbsolute(181, dynamics))).to.equal(Status.BadOutOfRange)
    expect(refusal(() => axis.moveRelative(1, { ...dynamics, velocity: 0 }))).to.equal(Status.BadOutOfRange)
    axis.home()
    expect(refusal(() => axis.moveRelative(1, dynamics))).to.equal(Status.BadInvalidState)
    const { axis: known } = homed()
    expect(refusal(() => known.moveRelative(181, dynamics))).to.equal(Status.BadOutOfRange)
    expect(known.moveAbsolute(180, dynamics).outcome).to.equal('active')
  })

  it('trips a limit at the very moment, brakes, and latches until reset', () => {
    const { axis, wait } = homed()
    axis.moveVelocity({ velocity: 360, acceleration: 3600 })
    const view = wait(60)
    expect(view).to.deep.include({ state: 'errorStop', faultCode: faults.positiveLimit })
    // It trips at 180° plus the tolerance, and brakes from 360 °/s at 3600 °/s².
    expect(view.commanded.position).to.be.closeTo(180.001 + 18, 1e-6)
    expect(refusal(() => axis.moveAbsolute(0, dynamics))).to.equal(Status.BadInvalidState)
    axis.reset()
    expect(wait(0.001)).to.deep.include({ state: 'standstill', faultCode: faults.none })
    const back = axis.moveAbsolute(170, dynamics)
    wait(5)
    expect(back.outcome).to.equal('done')
    axis.moveVelocity({ velocity: -360, acceleration: 3600 })
    expect(wait(60).faultCode).to.equal(faults.negativeLimit)
  })

  it('waits with a reset until it stands still, so that the same fault does not come again', () => {
    const { axis, wait } = homed()
    axis.moveVelocity({ velocity: 360, acceleration: 360 })
    while (axis.view.state !== 'errorStop') wait(0.01)
    const given = axis.reset()
    axis.cancel(given)
    expect(given.outcome).to.equal('aborted')
    const reset = axis.reset()
    expect(wait(0.01)).to.deep.include({ state: 'errorStop', faultCode: faults.positiveLimit })
    wait(1)
    expect([reset.outcome, axis.view.state]).to.deep.equal(['done', 'standstill'])
  })

  it('reaches a target exactly at its limit without tripping it', () => {
    const { axis, wait } = homed()
    for (const target of [180, -180, 180]) {
      const move = axis.moveAbsolute(target, { velocity: 333, acceleration: 3333 })
      wait(10)
      expect(move.outcome).to.equal('done')
    }
  })

  it('faults when the load pulls it too far behind, and fails the move', () => {
    const { axis, wait } = homed()
    const move = axis.moveAbsolute(90, dynamics)
    wait(0.2)
    axis.setLoad(60)
    expect(wait(0.1)).to.deep.include({ state: 'errorStop', faultCode: faults.followingError })
    expect(move.outcome).to.equal('failed')
    expect(move.reason).to.match(/^the axis followed \d+\.\d\d° behind, more than 10°$/)
    axis.setLoad(0)
    wait(1)
    axis.reset()
    expect(wait(1).state).to.equal('standstill')
  })

  it('settles beside its target under a load that it can bear', () => {
    const { axis, wait } = homed()
    axis.setLoad(5)
    const move = axis.moveAbsolute(90, dynamics)
    expect(wait(5).followingError).to.be.closeTo(1, 1e-6)
    expect(move.outcome).to.equal('done')
  })

  it('scales its velocity by the override, holds at 0 and goes on', () => {
    const { axis, wait } = homed()
    const move = axis.moveAbsolute(90, dynamics)
    axis.setOverride(0.5)
    expect(wait(0.5).commanded.velocity).to.be.closeTo(45, 1e-9)
    axis.setOverride(0)
    expect(wait(10)).to.deep.include({ state: 'discreteMotion' })
    expect([move.outcome, axis.view.commanded.velocity]).to.deep.equal(['active', 0])
    axis.setOverride(1)
    wait(5)
    expect(move.outcome).to.equal('done')
    axis.moveVelocity({ velocity: 40, acceleration: 400 })
    wait(1)
    axis.setOverride(0.25)
    expect(wait(1).commanded.velocity).to.be.closeTo(10, 1e-9)
  })

  it('brakes and lets go without power, and reset does not switch it on', () => {
    const { axis, wait } = homed()
    const move = axis.moveVelocity({ velocity: 90, acceleration: 90 })
    wait(0.5)
    axis.power(false)
    expect([move.outcome, axis.view.state]).to.deep.equal(['aborted', 'disabled'])
    expect(wait(1).commanded.velocity).to.equal(0)
    axis.power(true)
    axis.moveVelocity({ velocity: 360, acceleration: 3600 })
    wait(10)
    axis.power(false)
    expect(axis.view).to.deep.include({ state: 'errorStop', isPowered: false })
    axis.reset()
    expect(wait(0.001).state).to.equal('disabled')
  })

  it('brakes when the command under way is given up, and leaves a later command alone', () => {
    const { axis, wait } = homed()
    const move = axis.moveAbsolute(90, dynamics)
    wait(0.3)
    axis.cancel(move)
    expect(move.outcome).to.equal('aborted')
    expect(wait(1)).to.deep.include({ state: 'standstill' })
    const next = axis.moveAbsolute(10, dynamics)
    axis.cancel(move)
    wait(5)
    expect(next.outcome).to.equal('done')
    const home = axis.home()
    axis.cancel(home)
    expect(wait(1)).to.deep.include({ state: 'standstill', isHomed: false })
  })
})

describe('noise of the servo', () => {
  it('is repeated by the same seed and stays within its amplitude', () => {
    const [first, second] = [noiseOf(7, 0.5), noiseOf(7, 0.5)]
    const values = Array.from({ length: 1000 }, () => first())
    expect(values).to.deep.equal(Array.from({ length: 1000 }, () => second()))
    expect(values.every((value) => Math.abs(value) <= 0.5)).to.equal(true)
    expect(new Set(values).size).to.be.greaterThan(990)
  })
})
