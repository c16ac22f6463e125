import { expect } from 'chai'
import { FairQueue } from '../../../src/history/thread/fair-queue.ts'

describe('a fair queue', () => {
  const [anna, ben] = [{}, {}]
  let queue: FairQueue<string>
  const always = () => true

  beforeEach(() => {
    queue = new FairQueue()
  })

  it('lets owners have their turn one after the other, whoever has more', () => {
    for (const item of ['a1', 'a2', 'a3']) queue.add(anna, item)
    for (const item of ['b1', 'b2']) queue.add(ben, item)
    const order = Array.from({ length: 6 }, () => queue.take(always))
    expect(order).to.deep.equal(['a1', 'b1', 'a2', 'b2', 'a3', undefined])
  })

  it('passes over an owner that may not have anything, which keeps its turn', () => {
    queue.add(anna, 'a1')
    queue.add(ben, 'b1')
    expect(queue.take((owner) => owner !== anna)).to.equal('b1')
    expect(queue.take((owner) => owner !== anna)).to.equal(undefined)
    expect(queue.take(always)).to.equal('a1')
  })

  it('forgets what is taken out, wherever it stands', () => {
    for (const item of ['a1', 'a2', 'a3']) queue.add(anna, item)
    queue.remove(anna, 'a2')
    queue.remove(ben, 'a1')
    expect(queue.lengthOf(anna)).to.equal(2)
    expect([queue.take(always), queue.take(always), queue.take(always)]).to.deep.equal(['a1', 'a3', undefined])
    queue.add(ben, 'b1')
    expect(queue.drain()).to.deep.equal(['b1'])
    expect(queue.lengthOf(ben)).to.equal(0)
  })
})
