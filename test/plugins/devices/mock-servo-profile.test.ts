import { expect } from 'chai'
import fc from 'fast-check'
import {
  brake,
  crossing,
  type Motion,
  momentAt,
  moveAt,
  moveTo,
  type Profile,
} from '../../../plugins/devices/mock-servo/profile.ts'

const still = (position: number): Motion => ({ position, velocity: 0 })
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const motion = fc.record({ position: number(-500, 500), velocity: number(-300, 300) })
const dynamics = fc.record({ velocity: number(1, 300), acceleration: number(10, 3000) })

/** Times over a whole profile, also around each end of a segment. */
function timesOf({ segments, duration }: Profile): number[] {
  let time = 0
  const ends = segments.map((segment) => {
    time += segment.duration
    return time
  })
  const grid = Array.from({ length: 101 }, (_, index) => (duration * index) / 100)
  return [...grid, ...ends.flatMap((end) => [end - 1e-9, end, end + 1e-9])]
    .filter((time) => time >= 0)
    .sort((a, b) => a - b)
}

describe('motion profile', () => {
  it('is a trapezoid when the way is long enough', () => {
    const profile = moveTo(still(0), 90, { velocity: 90, acceleration: 90 })
    expect(profile.duration).to.be.closeTo(2, 1e-12)
    expect(moveTo(still(0), 180, { velocity: 90, acceleration: 90 }).duration).to.be.closeTo(3, 1e-12)
    expect(momentAt(profile, 0.5)).to.deep.include({ velocity: 45, acceleration: 90 })
  })

  it('is a triangle when the way is short', () => {
    const profile = moveTo(still(0), 10, { velocity: 90, acceleration: 90 })
    expect(profile.duration).to.be.closeTo(2 * Math.sqrt(10 / 90), 1e-12)
    expect(momentAt(profile, profile.duration / 2).velocity).to.be.closeTo(Math.sqrt(900), 1e-9)
  })

  it('goes past a target that it cannot stop before, and comes back', () => {
    const profile = moveTo({ position: 0, velocity: 100 }, 10, { velocity: 100, acceleration: 100 })
    const positions = timesOf(profile).map((time) => momentAt(profile, time).position)
    expect(Math.max(...positions)).to.be.closeTo(50, 0.01)
    expect(momentAt(profile, profile.duration)).to.deep.equal({ position: 10, velocity: 0, acceleration: 0 })
  })

  it('goes nowhere when it is there already', () => {
    expect(moveTo(still(7), 7, { velocity: 1, acceleration: 1 })).to.deep.equal({
      segments: [],
      duration: 0,
      end: still(7),
    })
  })

  it('ends exactly at its target and stays there, from any motion', () => {
    fc.assert(
      fc.property(motion, number(-500, 500), dynamics, (from, target, limits) => {
        const profile = moveTo(from, target, limits)
        for (const late of [0, 1e-6, 1, 1e6]) {
          expect(momentAt(profile, profile.duration + late)).to.deep.equal({
            // Adding 0 makes 0 of -0.
            position: target + 0,
            velocity: 0,
            acceleration: 0,
          })
        }
      }),
    )
  })

  it('never exceeds the limits on velocity and acceleration, but for the velocity that it began with', () => {
    fc.assert(
      fc.property(motion, number(-500, 500), dynamics, (from, target, limits) => {
        const profile = moveTo(from, target, limits)
        for (const time of timesOf(profile)) {
          const { velocity, acceleration } = momentAt(profile, time)
          expect(Math.abs(velocity)).to.be.at.most(Math.max(limits.velocity, Math.abs(from.velocity)) + 1e-6)
          expect(Math.abs(acceleration)).to.be.at.most(limits.acceleration)
        }
      }),
    )
  })

  it('is continuous in position and velocity', () => {
    fc.assert(
      fc.property(motion, number(-500, 500), dynamics, (from, target, limits) => {
        for (const profile of [moveTo(from, target, limits), brake(from, limits.acceleration)]) {
          const times = timesOf(profile)
          let before = momentAt(profile, 0)
          expect(before.position).to.be.closeTo(from.position, 1e-6)
          for (const [index, time] of times.entries()) {
            const moment = momentAt(profile, time)
            const step = time - (times[index - 1] ?? 0)
            expect(Math.abs(moment.position - before.position)).to.be.at.most(300 * step + 1e-6)
            expect(Math.abs(moment.velocity - before.velocity)).to.be.at.most(limits.acceleration * step + 1e-4)
            before = moment
          }
        }
      }),
    )
  })

  it('takes on a velocity and keeps it', () => {
    const profile = moveAt({ position: 10, velocity: 20 }, -40, 60)
    expect(profile.duration).to.be.closeTo(1, 1e-12)
    expect(momentAt(profile, 1).position).to.be.closeTo(0, 1e-9)
    expect(momentAt(profile, 11)).to.deep.include({ velocity: -40, acceleration: 0 })
    expect(momentAt(profile, 11).position).to.be.closeTo(-400, 1e-9)
  })
})

describe('crossing of a limit', () => {
  it('is found exactly', () => {
    const profile = moveAt(still(0), 10, 10)
    expect(crossing(profile, { at: 5, outwards: 1 }, 0)).to.be.closeTo(1, 1e-12)
    expect(crossing(profile, { at: 105, outwards: 1 }, 0)).to.be.closeTo(11, 1e-12)
    expect(crossing(profile, { at: -5, outwards: -1 }, 0)).to.equal(undefined)
  })

  it('is at once outside when it goes further out, and never when it comes back', () => {
    expect(crossing(moveAt({ position: 20, velocity: 5 }, 5, 1), { at: 10, outwards: 1 }, 0)).to.equal(0)
    const back = moveTo(still(20), 0, { velocity: 10, acceleration: 10 })
    expect(crossing(back, { at: 10, outwards: 1 }, 0)).to.equal(undefined)
  })

  it('agrees with looking at the motion in small steps', () => {
    fc.assert(
      fc.property(motion, number(-500, 500), dynamics, number(-400, 400), (from, target, limits, at) => {
        const profile = moveTo(from, target, limits)
        const found = crossing(profile, { at, outwards: 1 }, 0)
        const step = profile.duration / 2000
        for (let time = step; time < (found ?? profile.duration) - 2 * step; time += step) {
          const { position, velocity } = momentAt(profile, time)
          expect(position > at + 1e-6 && velocity > 1e-6, `at ${time}`).to.equal(false)
        }
        if (found !== undefined) expect(momentAt(profile, found).position).to.be.at.least(at - 1e-6)
      }),
    )
  })
})
