import { expect } from 'chai'
import { pollGroups } from '../../src/device/poll-groups.ts'
import { Status } from '../../src/model/status.ts'
import { Bench } from './memory-device.ts'

const read = async () => ({})
const close = () => {}

describe('groups of readings', () => {
  const device = { everyMs: 1000, phaseMs: 30, outputs: ['a', 'b', 'c'] }

  it('are the connection itself when there are none', () => {
    expect(pollGroups({ read, close }, device)).to.deep.equal([
      { group: undefined, everyMs: 1000, phaseMs: 30, outputs: undefined },
    ])
  })

  it('leave the rest to the period of the device, and nothing when there is no rest', () => {
    const groups = [{ everyMs: 100, outputs: ['a'], read }]
    const polled = pollGroups({ read, close, groups }, device)
    expect(polled.map(({ everyMs, outputs }) => [everyMs, [...(outputs ?? [])]])).to.deep.equal([
      [100, ['a']],
      [1000, ['b', 'c']],
    ])
    const all = [{ everyMs: 100, outputs: ['a', 'b', 'c'], read }]
    expect(pollGroups({ read, close, groups: all }, device)).to.have.length(1)
  })

  it('never fall due together when their periods are multiples of each other', () => {
    const groups = [200, 400, 800].map((everyMs, index) => ({ everyMs, outputs: [['a', 'b', 'c'][index] ?? ''], read }))
    const polled = pollGroups({ read, close, groups }, { ...device, everyMs: 1600, outputs: ['a', 'b', 'c', 'd'] })
    const due = polled.flatMap(({ everyMs, phaseMs }) =>
      Array.from({ length: 3200 / everyMs }, (_, turn) => phaseMs + turn * everyMs),
    )
    expect(new Set(due).size).to.equal(due.length)
  })

  it('are polled on grids of their own, without drift and whatever the others do', async () => {
    const bench = new Bench({ everyMs: 1000 })
    const times: Record<string, number[]> = { fast: [], rest: [] }
    bench.memory.behaviour.connect = () => ({
      isConcurrent: true,
      close,
      // The rest takes long: the fast group must not notice.
      read: () => {
        times['rest']?.push(bench.clock.monotonic())
        return new Promise((resolve) => bench.clock.after(300, () => resolve({ valve: true })))
      },
      groups: [
        {
          everyMs: 100,
          outputs: ['level'],
          read: async () => {
            times['fast']?.push(bench.clock.monotonic())
            return { level: 7 }
          },
        },
      ],
    })
    await bench.started()
    await bench.clock.advance(3000)
    const gaps = (times['fast'] ?? []).slice(1).map((time, index) => time - (times['fast']?.[index] ?? 0))
    expect(new Set(gaps.slice(1))).to.deep.equal(new Set([100]))
    expect(times['fast']).to.have.length.within(30, 32)
    expect(times['rest']).to.have.length.within(3, 4)
    expect(bench.look('level')).to.include({ value: 7, status: Status.Good })
    expect(bench.look('valve')).to.include({ value: true, status: Status.Good })
    await bench.device.close()
    expect(bench.clock.pending).to.equal(0)
  })

  for (const groups of [
    5,
    [{}],
    [{ everyMs: 0, outputs: [], read }],
    [{ everyMs: 10, outputs: [] }],
    new Array(101).fill({ everyMs: 10, outputs: [], read }),
  ]) {
    it(`are refused when they are none: ${JSON.stringify(groups).slice(0, 40)}`, async () => {
      const bench = new Bench()
      bench.memory.behaviour.connect = () => ({ read, close, groups })
      await bench.started()
      expect(bench.device.state).to.equal('Error')
      expect(bench.lines.join()).to.match(/groups only with everyMs, outputs and read/)
      await bench.device.close()
    })
  }
})

describe('a connection that puts requests in order itself', () => {
  it('gets a write while it is read; any other waits', async () => {
    for (const isConcurrent of [true, false]) {
      const bench = new Bench()
      let wasWritten = false
      bench.memory.behaviour.connect = () => ({
        ...{ isConcurrent, close },
        read: () => new Promise((resolve) => bench.clock.after(200, () => resolve({ valve: false }))),
        write: async () => {
          wasWritten = true
        },
      })
      await bench.started()
      void bench.device.write('valve', true, { initiator: 'test' })
      await bench.clock.advance(100)
      expect(wasWritten, String(isConcurrent)).to.equal(isConcurrent)
      await bench.clock.advance(200)
      expect(wasWritten).to.equal(true)
      await bench.device.close()
    }
  })
})
