import { expect } from 'chai'
import { watchClock } from '../../src/health/clock-watch.ts'
import type { Resources } from '../../src/health/resources.ts'
import { ServerHealth } from '../../src/health/server-health.ts'
import { VirtualClock } from '../../src/model/clock.ts'
import type { PlantEvent } from '../../src/model/event.ts'

/** A clock on the wall that can be put forward and back. */
class WallClock extends VirtualClock {
  aheadMs = 0

  override now(): number {
    return super.now() + this.aheadMs
  }
}

describe('the watch over the clock', () => {
  it('tells jumps of more than a second with their direction, once each', async () => {
    const clock = new WallClock(1_000_000)
    const jumps: number[] = []
    const stop = watchClock(clock, (byMs) => jumps.push(byMs))
    await clock.advance(3000)
    for (const byMs of [7_200_000, -7_200_000, -86_400_000, 1500]) {
      clock.aheadMs += byMs
      await clock.advance(3000)
    }
    expect(jumps).to.deep.equal([7_200_000, -7_200_000, -86_400_000, 1500])
    stop()
    expect(clock.pending).to.equal(0)
  })

  it('follows a clock that is corrected slowly without a word', async () => {
    const clock = new WallClock()
    const jumps: number[] = []
    watchClock(clock, (byMs) => jumps.push(byMs))
    for (let second = 0; second < 100; second += 1) {
      clock.aheadMs += 500
      await clock.advance(1000)
    }
    expect(jumps).to.deep.equal([])
  })
})

describe('server health', () => {
  const idle: Resources = { handles: 20, handlesMax: 1024, heap: 10, heapMax: 100, memory: 30 }
  let clock: WallClock
  let resources: Resources
  let troubles: { history: string; state: string }
  let health: ServerHealth
  const events: PlantEvent[] = []
  const refusals: boolean[] = []

  beforeEach(() => {
    clock = new WallClock(1_000_000)
    resources = idle
    troubles = { history: '', state: '' }
    health = new ServerHealth({ clock, troubles: () => troubles, resources: () => resources })
    events.length = 0
    refusals.length = 0
    health.events$.subscribe((event) => events.push(event))
    health.refusing$.subscribe((isRefusing) => refusals.push(isRefusing))
    health.start()
  })

  afterEach(() => health.stop())

  const figure = (name: string) => health.latest(`@server#${name}`)?.value

  it('tells once when history is not kept, and once when it is again', async () => {
    await clock.advance(5000)
    expect(figure('serviceLevel')).to.equal(255)
    troubles = { history: 'the disk is full', state: '' }
    await clock.advance(5000)
    expect(figure('serviceLevel')).to.be.within(2, 199)
    expect(figure('reason')).to.equal('the disk is full')
    troubles = { history: '', state: '' }
    await clock.advance(5000)
    expect(events.map(({ kind }) => kind)).to.deep.equal(['serviceLevelChanged', 'serviceLevelChanged'])
    expect(figure('serviceLevel')).to.equal(255)
  })

  it('refuses new clients while handles are scarce, and says each once', async () => {
    await clock.advance(5000)
    resources = { ...idle, handles: 1000 }
    await clock.advance(10_000)
    expect(health.isRefusing).to.equal(true)
    resources = idle
    await clock.advance(10_000)
    expect(refusals).to.deep.equal([true, false])
    expect(events).to.have.length(2)
    expect(events[0]?.message).to.include('1024 file handles')
  })

  it('tells the first stall at once and those that follow together, and counts each', async () => {
    health.stalled(300)
    health.stalled(900)
    health.stalled(400)
    expect(events).to.have.length(1)
    await clock.advance(15_000)
    expect(events).to.have.length(2)
    expect(events[1]).to.deep.include({ kind: 'eventLoopBlocked', count: 2, durationMs: 900 })
    await clock.advance(60_000)
    expect(events).to.have.length(2)
    expect([figure('blockedCount'), figure('longestBlock')]).to.deep.equal([3, 900])
    health.stalled(250)
    expect(events).to.have.length(3)
  })

  it('tells jumps of the clock and rejections that nobody took', async () => {
    clock.aheadMs = -7_200_000
    await clock.advance(1000)
    health.rejected()
    expect(events.map(({ kind }) => kind)).to.deep.equal(['clockJumped', 'rejectionUnhandled'])
    expect(events[0]?.message).to.include('back by 7200.0 s')
    expect([figure('clockJumpCount'), figure('lastClockJump')]).to.deep.equal([1, -7_200_000])
    expect(figure('unhandledRejectionCount')).to.equal(1)
  })

  it('says maintenance when the plant is about to be stopped, and waits for nothing afterwards', async () => {
    health.stopping()
    expect(figure('serviceLevel')).to.equal(0)
    health.stalled(500)
    health.stop()
    expect(clock.pending).to.equal(0)
  })

  it('knows no other tag', () => {
    expect(health.latest('plc1.level')).to.equal(undefined)
    expect(health.latest('@historian#state')).to.equal(undefined)
  })
})
