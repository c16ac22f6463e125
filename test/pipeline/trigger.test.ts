import { expect } from 'chai'
import { VirtualClock } from '../../src/model/clock.ts'
import type { Trigger } from '../../src/model/definition.ts'
import { scheduleOf } from '../../src/pipeline/cron.ts'
import { startTrigger } from '../../src/pipeline/trigger.ts'
import { epoch } from './rig.ts'

function started(trigger: Trigger, clock = new VirtualClock(epoch)) {
  const fired: number[] = []
  let missed = 0
  const stop = startTrigger(trigger, {
    clock,
    fire: () => fired.push(clock.now()),
    missed: (count) => {
      missed += count
    },
  })
  return { clock, fired, stop, missed: () => missed }
}

/** A clock whose timers come late by what the test says. */
class LateClock extends VirtualClock {
  lateMs = 0
  override after(delayMs: number, callback: () => void): () => void {
    return super.after(delayMs + this.lateMs, callback)
  }
}

describe('every', () => {
  it('fires at once and then each period', async () => {
    const { clock, fired } = started({ kind: 'every', periodMs: 100 })
    await clock.advance(350)
    expect(fired.map((time) => time - epoch)).to.deep.equal([0, 100, 200, 300])
  })

  it('does not drift when timers come late', async () => {
    const clock = new LateClock(epoch)
    clock.lateMs = 7
    const { fired, missed } = started({ kind: 'every', periodMs: 100 }, clock)
    await clock.advance(1010)
    expect(fired.map((time) => time - epoch)).to.deep.equal([0, 107, 207, 307, 407, 507, 607, 707, 807, 907, 1007])
    expect(missed()).to.equal(0)
  })

  it('counts the cycles that it missed, and fires once for all of them', async () => {
    const clock = new LateClock(epoch)
    const { fired, missed } = started({ kind: 'every', periodMs: 100 }, clock)
    clock.lateMs = 250
    await clock.advance(100)
    clock.lateMs = 0
    await clock.advance(400)
    expect(fired.map((time) => time - epoch)).to.deep.equal([0, 100, 450, 500])
    expect(missed()).to.equal(2)
  })

  it('waits longer than a timer can', async () => {
    const { clock, fired, stop } = started({ kind: 'every', periodMs: 40 * 86_400_000 })
    await clock.advance(40 * 86_400_000)
    expect(fired.map((time) => time - epoch)).to.deep.equal([0, 40 * 86_400_000])
    stop()
    expect(clock.pending).to.equal(0)
  })
})

describe('change and once', () => {
  it('fire once at the start and leave no timer', async () => {
    for (const kind of ['change', 'once'] as const) {
      const { clock, fired, stop } = started({ kind })
      await clock.advance(1000)
      expect(fired).to.deep.equal([epoch])
      expect(clock.pending).to.equal(0)
      stop()
    }
  })
})

describe('cron', () => {
  const berlin = 'Europe/Berlin'
  const nextOf = (pattern: string, from: string, count: number): string[] => {
    const schedule = scheduleOf(pattern, berlin)
    const times: string[] = []
    let time = Date.parse(from)
    for (let each = 0; each < count; each++) {
      time = schedule.next(time) ?? Number.NaN
      times.push(new Date(time).toISOString())
    }
    return times
  }

  it('fires at its times only, and leaves no timer when it is stopped', async () => {
    const { clock, fired, stop } = started({ kind: 'cron', pattern: '30 */6 * * *', timezone: 'UTC' })
    expect(fired).to.deep.equal([])
    await clock.advance(86_400_000)
    expect(fired.map((time) => new Date(time).toISOString().slice(11, 16))).to.deep.equal([
      '12:30',
      '18:30',
      '00:30',
      '06:30',
    ])
    stop()
    expect(clock.pending).to.equal(0)
  })

  it('counts the times that passed while the machine slept', async () => {
    const clock = new LateClock(epoch)
    clock.lateMs = 3 * 3_600_000
    const { fired, missed, stop } = started({ kind: 'cron', pattern: '0 * * * *', timezone: 'UTC' }, clock)
    await clock.advance(4 * 3_600_000)
    stop()
    expect(fired).to.have.length(1)
    expect(missed()).to.equal(3)
  })

  it('fires never when there is no next time', async () => {
    const { clock, fired } = started({ kind: 'cron', pattern: '0 0 31 2 *', timezone: 'UTC' })
    await clock.advance(1000)
    expect(fired).to.deep.equal([])
    expect(clock.pending).to.equal(0)
  })

  it('keeps the wall clock over the start of daylight saving time', () => {
    // Berlin leaves out 02:00 to 03:00 on 29 March 2026.
    expect(nextOf('0 6 * * *', '2026-03-28T00:00Z', 3)).to.deep.equal([
      '2026-03-28T05:00:00.000Z',
      '2026-03-29T04:00:00.000Z',
      '2026-03-30T04:00:00.000Z',
    ])
    const gap = nextOf('30 2 * * *', '2026-03-28T12:00Z', 2)
    expect(gap[0]).to.match(/^2026-03-29T01:/)
    expect(gap[1]).to.equal('2026-03-30T00:30:00.000Z')
  })

  it('fires a fixed time once when the hour comes twice, and an hourly pattern in both', () => {
    // Berlin has 02:00 to 03:00 twice on 25 October 2026.
    expect(nextOf('30 2 * * *', '2026-10-24T12:00Z', 2)).to.deep.equal([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
    expect(nextOf('30 * * * *', '2026-10-25T00:00Z', 3)).to.deep.equal([
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-25T02:30:00.000Z',
    ])
  })
})
