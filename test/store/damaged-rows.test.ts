import { expect } from 'chai'
import { good } from '../../src/model/sample.ts'
import { jobSaved, messagePosted } from '../../src/store/job-store.ts'
import { describeStores } from './stores.ts'

const run = (number: number) => ({
  ...{ runId: `run-${number}`, pipeline: 'fill', trigger: 'user', initiator: 'ada', startedAt: 1000 + number },
  parameters: { x: good(number, 1) },
})
const end = {
  endedAt: 2000,
  outcome: 'Completed',
  cycles: 1,
  results: [{ tag: 'fill.v', sample: good(1, 2) }],
} as const

/** Texts that are no sample: no JSON, another shape, and numbers that are no status and no time. */
const noSamples = ['{', '5', 'null', '[]', '{}', '{"value":1}', '{"value":1,"status":-1,"sourceTime":1}']
const noTime = '{"value":1,"status":0,"sourceTime":{"$number":"NaN"}}'

const anybody = {
  ...{ description: '', roles: [], isEnabled: true, changedAt: 1 },
  ...{ isPermanent: false, isPasswordFixed: false, mustChangePassword: false },
}

describeStores('damaged rows', (rig) => {
  it('of last values are left out and told once, and all others come', async () => {
    const tags = [...noSamples, noTime, 'sound'].map((_, index) => `a.${index}`)
    await rig.store.lastValues.save(tags.map((tag) => ({ tag, sample: good(tag, 1) })))
    const damaging = [...noSamples, noTime].map((text, index) => {
      return `UPDATE last_value SET sample = '${text}' WHERE tag = 'a.${index}'`
    })
    await rig.alter(damaging.join(';'))
    expect([...(await rig.store.lastValues.load()).keys()]).to.deep.equal([tags.at(-1)])
    await rig.store.lastValues.load()
    expect(rig.damages).to.deep.equal([['last_value', noSamples.length + 1]])
  })

  it('of parameters and Programs are left out and told', async () => {
    const { plantState } = rig.store
    for (const pipeline of ['a', 'b', 'c']) {
      await plantState.saveParameter({ pipeline, name: 'x', sample: good(1, 1) })
      await plantState.saveProgram({ pipeline, state: 'Running', time: 1 })
    }
    await rig.alter(
      `UPDATE parameter SET sample = 'x' WHERE pipeline = 'a'; UPDATE program SET state = 'Runing' WHERE pipeline = 'b'`,
    )
    expect((await rig.store.plantState.parameters()).map(({ pipeline }) => pipeline)).to.deep.equal(['b', 'c'])
    expect((await rig.store.plantState.programs()).map(({ pipeline }) => pipeline)).to.deep.equal(['a', 'c'])
    expect(rig.damages).to.deep.equal([
      ['parameter', 1],
      ['program', 1],
    ])
  })

  it('of runs are left out of every listing, and a page goes on behind them', async () => {
    const { runs } = rig.store
    for (const number of [1, 2, 3, 4, 5, 6]) await runs.save(number === 6 ? run(6) : { ...run(number), end })
    await runs.start({ ...run(7), startedAt: 1007 })
    await rig.alter(`
      UPDATE run SET parameters = '{"x":1}' WHERE id = 'run-2';
      UPDATE run SET results = '[{"tag":"v"}]' WHERE id = 'run-3';
      UPDATE run SET outcome = 'Lost' WHERE id = 'run-5';
      UPDATE run SET parameters = '' WHERE id = 'run-6'`)
    const first = await rig.store.runs.list({ limit: 3 })
    const second = await rig.store.runs.list({ limit: 3, after: first.next })
    const third = await rig.store.runs.list({ limit: 3, after: second.next })
    const ids = [first, second, third].map(({ entries }) => entries.map(({ runId }) => runId))
    expect(ids).to.deep.equal([['run-1'], ['run-4'], ['run-7']])
    expect((await rig.store.runs.open()).map(({ runId }) => runId)).to.deep.equal(['run-7'])
    const { newest, count } = await rig.store.runs.summary('fill')
    expect({ id: newest?.runId, count }).to.deep.equal({ id: 'run-4', count: 7 })
    // Two on the first page; the summary looks at all of them.
    expect(rig.damages).to.deep.equal([
      ['run', 2],
      ['run', 3],
    ])
  })

  it('of jobs, of what is to be told of them, of users and of the audit trail are left out and told', async () => {
    const { audit, users } = rig.store
    for (const id of ['1', '2']) {
      const job = { equipment: 'e', id, state: 2, order: { id }, arrivedAt: 1, changedAt: 1 }
      const message = { seq: Number(id), equipment: 'e', job: id, time: 1, content: { id } }
      rig.store.queue.add({ kind: 'job', statements: [jobSaved(job), messagePosted(message)] })
      await rig.store.queue.settled(10_000)
      const entry = { time: 1, user: id, session: '', action: 'write', target: 't', status: 0, details: {} }
      await audit.append([entry])
      const password = { salt: new Uint8Array(1), hash: new Uint8Array(1), cost: 2, blockSize: 8, parallelization: 1 }
      await users.save({ ...anybody, name: id, password })
    }
    await rig.alter(`
      UPDATE job SET job_order = '?' WHERE id = '1'; UPDATE job_outbox SET content = '' WHERE job = '1';
      UPDATE audit SET details = '{' WHERE user = '1'; UPDATE user SET roles = '-' WHERE name = '1'`)
    const { store } = rig
    expect((await store.jobs.list()).map(({ id }) => id)).to.deep.equal(['2'])
    expect((await store.jobs.outbox()).map(({ job }) => job)).to.deep.equal(['2'])
    expect((await store.audit.read({ limit: 9 })).entries.map(({ user }) => user)).to.deep.equal(['2'])
    expect((await store.users.list()).map(({ name }) => name)).to.deep.equal(['2'])
    expect(rig.damages.map(([table]) => table)).to.deep.equal(['job', 'job_outbox', 'audit', 'user'])
  })
})
