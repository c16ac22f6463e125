import { expect } from 'chai'
import {
  type JobMessage,
  jobProgressed,
  jobRemoved,
  jobSaved,
  messagePosted,
  messagesTold,
  type StoredJob,
} from '../../src/store/job-store.ts'
import type { Statement } from '../../src/store/write-queue.ts'
import { describeStores, type StoreRig } from './stores.ts'

const job = (id: string, more: Partial<StoredJob> = {}): StoredJob => ({
  equipment: 'acme/berlin/filler',
  id,
  state: 2,
  order: { jobOrderID: id, priority: 5, jobOrderParameters: [{ ID: 'target', value: 12.5 }], startTime: new Date(5) },
  arrivedAt: 1000,
  changedAt: 1000,
  ...more,
})

const message = (seq: number, content: JobMessage['content']): JobMessage => ({
  ...{ seq, equipment: 'acme/berlin/filler', job: 'a', time: 1000 + seq, content },
})

async function write({ store }: StoreRig, ...statements: readonly Statement[]): Promise<void> {
  store.queue.add({ kind: 'job', statements })
  expect(await store.queue.settled(10_000)).to.equal(true)
}

describeStores('jobs', (rig) => {
  it('keeps a job with its order, and its response once there is one', async () => {
    await write(rig, jobSaved(job('WO-1')))
    expect(await rig.store.jobs.list()).to.deep.equal([job('WO-1')])
    const ended = job('WO-1', { state: 5, response: { jobResponseID: 'run-1', count: 2n ** 62n }, changedAt: 2000 })
    await write(rig, jobProgressed(ended))
    await rig.reopen()
    expect(await rig.store.jobs.list()).to.deep.equal([ended])
  })

  it('lists jobs in order of arrival, also after they changed; ids are unique in their equipment', async () => {
    await write(rig, jobSaved(job('b')), jobSaved(job('a')))
    await write(rig, jobSaved(job('a', { equipment: 'other' })))
    await write(rig, jobSaved(job('b', { state: 3, order: { jobOrderID: 'b' } })), jobSaved(job('b', { state: 3 })))
    const ids = (await rig.store.jobs.list()).map(({ equipment, id, state }) => `${equipment} ${id} ${state}`)
    expect(ids).to.deep.equal(['acme/berlin/filler b 3', 'acme/berlin/filler a 2', 'other a 2'])
    await write(rig, jobRemoved('other', 'a'), jobRemoved('other', 'never there'))
    expect((await rig.store.jobs.list()).map(({ id }) => id)).to.deep.equal(['b', 'a'])
  })

  it('keeps what is to be told until it was told, in order and over a restart', async () => {
    await write(rig, jobSaved(job('a')), messagePosted(message(1, { state: 2 })))
    await write(rig, jobRemoved('acme/berlin/filler', 'a'), messagePosted(message(2, { state: 'removed' })))
    // The same again is what a retry after a failure does.
    await write(rig, messagePosted(message(2, { state: 'removed' })))
    await rig.reopen()
    expect(await rig.store.jobs.outbox()).to.deep.equal([message(1, { state: 2 }), message(2, { state: 'removed' })])
    await write(rig, messagesTold(1))
    expect(await rig.store.jobs.outbox()).to.deep.equal([message(2, { state: 'removed' })])
    await write(rig, messagesTold(2))
    expect(await rig.store.jobs.outbox()).to.deep.equal([])
  })

  it('keeps neither the job nor the message when one of them cannot be kept', async () => {
    const broken: Statement = { sql: 'INSERT INTO job_outbox(seq) VALUES (?)', values: [7] }
    rig.store.queue.add({ kind: 'job', statements: [jobSaved(job('a')), broken] })
    await rig.store.queue.settled(200)
    expect(await rig.store.jobs.list()).to.deep.equal([])
    expect(await rig.store.jobs.outbox()).to.deep.equal([])
  })
})
