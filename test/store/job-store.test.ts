import { expect } from 'chai'
import type { StoredJob } from '../../src/store/job-store.ts'
import { codeOf } from '../sqlite/scratch.ts'
import { describeStores } from './stores.ts'

const job = (id: string, more: Partial<StoredJob> = {}): StoredJob => ({
  equipment: 'acme/berlin/filler',
  id,
  state: 2,
  order: { jobOrderID: id, priority: 5, jobOrderParameters: [{ ID: 'target', value: 12.5 }], startTime: new Date(5) },
  arrivedAt: 1000,
  changedAt: 1000,
  ...more,
})

describeStores('jobs', (rig) => {
  it('keeps a job with its order, and its response once there is one', async () => {
    await rig.store.jobs.save(job('WO-1'))
    expect(await rig.store.jobs.find('acme/berlin/filler', 'WO-1')).to.deep.equal(job('WO-1'))
    const ended = job('WO-1', { state: 5, response: { jobResponseID: 'run-1', count: 2n ** 62n }, changedAt: 2000 })
    await rig.store.jobs.save(ended)
    await rig.reopen()
    expect(await rig.store.jobs.list()).to.deep.equal([ended])
    expect(await rig.store.jobs.find('elsewhere', 'WO-1')).to.equal(undefined)
  })

  it('lists jobs in order of arrival, also after they changed, of one piece of equipment or of all', async () => {
    const { jobs } = rig.store
    await jobs.save(job('b'))
    await jobs.save(job('a'))
    await jobs.save(job('a', { equipment: 'other' }))
    await jobs.save(job('b', { state: 3 }))
    const ids = (list: readonly StoredJob[]): string[] => list.map(({ equipment, id }) => `${equipment} ${id}`)
    expect(ids(await jobs.list('acme/berlin/filler'))).to.deep.equal(['acme/berlin/filler b', 'acme/berlin/filler a'])
    expect((await jobs.list()).length).to.equal(3)
  })

  it('keeps what is to be told until it was told, in order and over a restart', async () => {
    await rig.store.jobs.save(job('a'), { state: 2 })
    await rig.store.jobs.save(job('b'))
    await rig.store.jobs.remove({ equipment: 'acme/berlin/filler', id: 'a', time: 3000 }, { state: 'removed' })
    await rig.reopen()
    const { jobs } = rig.store
    const messages = await jobs.outbox(10)
    expect(messages.map(({ job: id, time, content }) => ({ id, time, content }))).to.deep.equal([
      { id: 'a', time: 1000, content: { state: 2 } },
      { id: 'a', time: 3000, content: { state: 'removed' } },
    ])
    await jobs.told(messages[0]!.seq)
    expect(await jobs.outbox(10)).to.deep.equal(messages.slice(1))
    await jobs.told(messages[1]!.seq)
    await jobs.save(job('c'), { state: 2 })
    const [next] = await jobs.outbox(10)
    expect(next!.seq).to.be.greaterThan(messages[1]!.seq)
  })

  it('keeps neither the job nor the message when one of them cannot be kept', async () => {
    const wrong = { thing: new Map() } as unknown as { thing: null }
    expect(await codeOf(rig.store.jobs.save(job('a'), wrong))).to.be.instanceOf(TypeError)
    expect(await rig.store.jobs.list()).to.deep.equal([])
  })

  it('tells nothing of a job that is not there', async () => {
    const gone = { equipment: 'x', id: 'y', time: 1 }
    expect(await rig.store.jobs.remove(gone, { state: 'removed' })).to.equal(false)
    expect(await rig.store.jobs.outbox(10)).to.deep.equal([])
  })
})
