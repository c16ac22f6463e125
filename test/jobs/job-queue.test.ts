import { expect } from 'chai'
import fc from 'fast-check'
import { type JobEntry, JobQueue } from '../../src/jobs/job-queue.ts'
import { order } from './rig.ts'

const entry = (arrival: number, priority = 0, startTime?: number): JobEntry => ({
  arrival,
  job: {
    ...{ order: order(`${arrival}`, { priority, startTime }), state: 'AllowedToStart' },
    ...{ arrivedAt: 0, changedAt: 0 },
  },
})

const drain = (queue: JobQueue, now: number): string[] => {
  const ids: string[] = []
  for (let next = queue.next(now); next; next = queue.next(now)) {
    ids.push(next.job.order.id)
    queue.remove(next)
  }
  return ids
}

describe('the queue of a pipeline', () => {
  it('puts priority before StartTime, and StartTime before arrival', () => {
    const queue = new JobQueue()
    for (const each of [entry(1), entry(2, 5), entry(3, 5, 90), entry(4, 5, 20), entry(5, -1), entry(6)])
      queue.add(each)
    expect(drain(queue, 100)).to.deep.equal(['2', '4', '3', '1', '6', '5'])
  })

  it('passes over those whose time has not come, and tells the next time', () => {
    const queue = new JobQueue()
    for (const each of [entry(1, 9, 300), entry(2, 0, 200), entry(3)]) queue.add(each)
    expect(queue.nextTime(100)).to.equal(200)
    expect(drain(queue, 100)).to.deep.equal(['3'])
    expect(queue.next(199)).to.equal(undefined)
    expect(queue.next(200)?.job.order.id).to.equal('2')
    expect(queue.nextTime(200)).to.equal(300)
    expect(drain(queue, 300)).to.deep.equal(['1', '2'])
    expect(queue.nextTime(300)).to.equal(undefined)
  })

  it('gives the same as sorting, whatever comes and goes', () => {
    const orders = fc.array(
      fc.record({ priority: fc.integer({ min: -2, max: 2 }), startTime: fc.option(fc.nat(3), { nil: undefined }) }),
    )
    fc.assert(
      fc.property(orders, fc.nat(4), (list, now) => {
        const queue = new JobQueue()
        const entries = list.map(({ priority, startTime }, index) => entry(index, priority, startTime))
        for (const each of entries) queue.add(each)
        const gone = entries.filter((_, index) => index % 3 === 1)
        for (const each of gone) queue.remove(each)
        const wanted = entries
          .filter((each) => !gone.includes(each) && (each.job.order.startTime ?? 0) <= now)
          .sort(({ job: a }, { job: b }) => {
            const key = ({ order: { priority, startTime = 0 } }: typeof a) => -priority * 100 + startTime
            return key(a) - key(b)
          })
        expect(drain(queue, now)).to.deep.equal(wanted.map(({ job }) => job.order.id))
      }),
    )
  })
})
