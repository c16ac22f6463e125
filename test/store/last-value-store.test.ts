import { expect } from 'chai'
import fc from 'fast-check'
import { good } from '../../src/model/sample.ts'
import { describeStores } from './stores.ts'
import { bitsOf, samples } from './values.ts'

describeStores('last values', (rig) => {
  it('gives every sample back bit by bit after a restart', async () => {
    const batch = fc.sample(samples, 300).map((sample, index) => ({ tag: `plc.${index}`, sample }))
    await rig.store.lastValues.save(batch)
    await rig.reopen()
    const loaded = await rig.store.lastValues.load()
    expect(loaded.size).to.equal(300)
    for (const { tag, sample } of batch) expect(bitsOf(loaded.get(tag))).to.equal(bitsOf(sample))
  })

  it('keeps the last sample of each tag', async () => {
    const { lastValues } = rig.store
    await lastValues.save([
      { tag: 'a.x', sample: good(1, 1) },
      { tag: 'b.x', sample: good(2, 2) },
      { tag: 'a.x', sample: good(3, 3) },
    ])
    await lastValues.save([{ tag: 'b.x', sample: good(4, 4) }])
    await lastValues.save([])
    expect([...(await lastValues.load())]).to.deep.equal([
      ['a.x', good(3, 3)],
      ['b.x', good(4, 4)],
    ])
  })

  it('keeps tags of any letters apart', async () => {
    const tags = ['a', 'A', 'ä', "o'hare", 'a"b', 'a\\b', '1', '']
    await rig.store.lastValues.save(tags.map((tag, index) => ({ tag, sample: good(index, 0) })))
    const loaded = await rig.store.lastValues.load()
    expect(tags.map((tag) => loaded.get(tag)?.value)).to.deep.equal(tags.map((_, index) => index))
  })

  it('forgets tags that are gone', async () => {
    const { lastValues } = rig.store
    await lastValues.save(['a', 'b', 'c'].map((tag) => ({ tag, sample: good(1, 1) })))
    expect(await lastValues.keepOnly(['b', 'z'])).to.equal(2)
    expect([...(await lastValues.load()).keys()]).to.deep.equal(['b'])
  })
})
