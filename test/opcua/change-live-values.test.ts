import { expect } from 'chai'
import type { DataValue, UAVariable } from 'node-opcua'
import { Subject } from 'rxjs'
import { good, type Sample, type TagSample } from '../../src/model/sample.ts'
import { toVariant } from '../../src/opcua/conversion.ts'
import { LiveValues, type Show } from '../../src/opcua/live-values.ts'

/** The part of a variable that values are pushed into, with what it was given. */
function variable() {
  const shown: unknown[] = []
  const target = {
    minimumSamplingInterval: -1,
    _internal_set_dataValue: ({ value, statusCode }: DataValue) =>
      shown.push(statusCode.isGood() ? value.value : statusCode.name),
  }
  return { shown, target: target as unknown as UAVariable }
}

const show: Show = (value) => toVariant({ dataType: 'Double', isArray: false }, value)

describe('live values of owners that are built again', () => {
  it('go to what was bound last, and to nobody twice', () => {
    const latest = new Map<string, Sample>()
    const samples = new Subject<readonly TagSample[]>()
    const live = new LiveValues((tag) => latest.get(tag))
    live.follow(samples)
    const [kept, gone, other] = [variable(), variable(), variable()]
    const heard: unknown[] = []
    live.within('one', () => {
      live.bind('a', kept.target, show)
      live.bind('b', gone.target, show)
      live.watch('a', ({ value }) => heard.push(value))
    })
    live.within('two', () => live.bind('a', other.target, show))
    expect(live.followerCount).to.equal(4)
    samples.next([{ tag: 'a', sample: good(1, 0) }])
    live.within('one', () => live.bind('a', kept.target, show))
    expect(live.followerCount).to.equal(2)
    samples.next([
      { tag: 'a', sample: good(2, 0) },
      { tag: 'b', sample: good(3, 0) },
    ])
    expect(kept.shown).to.deep.equal(['BadWaitingForInitialData', 1, 2])
    expect(other.shown).to.deep.equal(['BadWaitingForInitialData', 1, 2])
    expect(gone.shown).to.deep.equal(['BadWaitingForInitialData'])
    expect(heard).to.deep.equal([1])
    live.within('one', () => {})
    live.within('two', () => {})
    expect(live.followerCount).to.equal(0)
    live.stop()
    expect(samples.observed).to.equal(false)
  })

  it('reach the right variable in whatever order samples come, also when a tag has gone and come back', () => {
    const live = new LiveValues(() => undefined)
    const tags = ['a', 'b', 'c', 'd']
    const byTag = new Map(tags.map((tag) => [tag, variable()]))
    const bind = (tag: string): void => live.within(tag, () => live.bind(tag, byTag.get(tag)!.target, show))
    for (const tag of tags) bind(tag)
    let value = 0
    const batches = ['abcd', 'abcd', 'dcba', 'abcd', 'acbd', 'aabb', 'axcd', 'abcd']
    const expected = new Map(tags.map((tag): [string, unknown[]] => [tag, ['BadWaitingForInitialData']]))
    for (const [index, batch] of batches.entries()) {
      if (index === 5) live.within('b', () => {})
      if (index === 7) {
        bind('b')
        expected.get('b')!.push('BadWaitingForInitialData')
      }
      const samples = [...batch].map((tag): TagSample => {
        value += 1
        if (tag !== 'b' || index < 5 || index === 7) expected.get(tag)?.push(value)
        return { tag, sample: good(value, value) }
      })
      live.take(samples)
    }
    for (const tag of tags) expect(byTag.get(tag)!.shown, tag).to.deep.equal(expected.get(tag))
  })

  it('start from the newest sample each time', () => {
    const live = new LiveValues(() => good(7, 0))
    const { shown, target } = variable()
    live.within('one', () => live.bind('a', target, show))
    live.within('one', () => live.bind('a', target, show))
    expect(shown).to.deep.equal([7, 7])
    expect(target.minimumSamplingInterval).to.equal(0)
  })
})
