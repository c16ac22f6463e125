import { expect } from 'chai'
import fc from 'fast-check'
import { type Job, type JobState, jobRequests, jobStatus, jobTransition } from '../../src/model/job.ts'
import { type JobsRig, jobsRig, mix, order, quick, unit } from './rig.ts'

const ids = ['a', 'b', 'c', 'd']
const pipelineIds = ['mix', 'other', 'quick']

type Action = (rig: JobsRig) => Promise<void>

/** What is refused must change nothing. */
const asked =
  (ask: (rig: JobsRig) => Promise<bigint>): Action =>
  async (rig) => {
    const [before, list] = [rig.changes.length, rig.jobs.list(unit)]
    const answer = ask(rig)
    // At once: what waits for its answer is the client, and runs may end meanwhile.
    const isSame = rig.changes.length === before && rig.jobs.list(unit) === list
    const status = await answer
    expect(status === jobStatus.done || (!isSame ? 'changed' : status & jobStatus.done)).to.be.oneOf([true, 0n])
  }

const client = fc.oneof(
  fc
    .record({
      ...{ id: fc.constantFrom(...ids), pipeline: fc.constantFrom(...pipelineIds, 'unknown') },
      ...{ priority: fc.integer({ min: -1, max: 1 }), volume: fc.constantFrom(1, 50, 101), isAllowed: fc.boolean() },
      user: fc.constantFrom('mes1', 'mes2'),
    })
    .map(({ id, volume, isAllowed, user, ...rest }) =>
      asked((rig) =>
        rig.jobs.store(unit, order(id, { ...rest, parameters: [{ id: 'volume', value: volume }] }), {
          ...{ initiator: user, comment: '', isAllowed },
        }),
      ),
    ),
  fc
    .record({ id: fc.constantFrom(...ids), request: fc.constantFrom(...jobRequests, 'start', 'stop', 'clear') })
    .map(({ id, request }) =>
      asked((rig) =>
        request === 'update'
          ? rig.jobs.update(unit, order(id, { priority: 1 }), { initiator: 'mes2', comment: '' })
          : rig.jobs.request(unit, id, { request, initiator: 'mes1', comment: '' }),
      ),
    ),
)

const operator = fc
  .record({
    id: fc.constantFrom(...pipelineIds),
    command: fc.constantFrom('start', 'stop', 'suspend', 'resume', 'halt', 'reset', 'reset'),
  })
  .map(
    ({ id, command }): Action =>
      async ({ pipelines }) => {
        try {
          pipelines.byId(id)?.[command as 'start']({ initiator: 'olga' })
        } catch {
          // The state does not allow it.
        }
      },
  )

const time = fc.constantFrom(0, 1, 100, 250).map(
  (ms): Action =>
    (rig) =>
      rig.clock.advance(ms),
)

/** What must always hold. */
function check(rig: JobsRig): void {
  const list = rig.jobs.list(unit)
  for (const pipeline of rig.pipelines.all) {
    const active = list.filter(
      ({ order: each, state }) => each.pipeline === pipeline.id && (state === 'Running' || state === 'Interrupted'),
    )
    expect(active.length, `jobs at work in ${pipeline.id}`).to.be.at.most(1)
    const [job] = active
    if (job) expect(pipeline.state).to.equal(job.state === 'Running' ? 'Running' : 'Suspended')
  }
  const newest = new Map<string, Job>()
  const states = new Map<string, JobState | undefined>()
  const eventIds = new Set<string>()
  for (const change of rig.changes) {
    if (change.kind === 'removed') {
      const last = states.get(change.id)
      expect(jobTransition(last!, 'cancel') ?? jobTransition(last!, 'clear')).to.equal('removed')
      newest.delete(change.id)
      states.delete(change.id)
    } else if (change.kind === 'noted') newest.set(change.job.order.id, change.job)
    else {
      const { job, eventId } = change.event
      const { id } = job.order
      const before = states.get(id)
      const isFirst = before === undefined && (job.state === 'NotAllowedToStart' || job.state === 'AllowedToStart')
      expect(isFirst || canBecome(before!, job.state), `${id}: ${before} to ${job.state}`).to.equal(true)
      expect(eventIds.has(eventId)).to.equal(false)
      eventIds.add(eventId)
      states.set(id, job.state)
      newest.set(id, job)
    }
  }
  expect(list).to.have.members([...newest.values()])
  for (const { state, response } of list) {
    expect(response !== undefined).to.equal(state !== 'NotAllowedToStart' && state !== 'AllowedToStart')
    expect(response?.endedAt !== undefined || state === 'Aborted').to.equal(state === 'Ended' || state === 'Aborted')
  }
  const runIds = list.flatMap(({ response }) => response?.id ?? [])
  expect(new Set(runIds).size).to.equal(runIds.length)
}

function canBecome(from: JobState, to: JobState): boolean {
  return [...jobRequests, 'run' as const, 'failed' as const].some((cause) => {
    // Only the end of a program lets a job run again.
    if (from === 'Running' && cause === 'run') return false
    return jobTransition(from, cause) === to
  })
}

describe('job control under two clients and an operator', () => {
  it('keeps one job at work in each pipeline, one event for each transition, and lists that agree with the states', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(client, client, operator, time), { maxLength: 40 }), async (actions) => {
        const rig = jobsRig([mix(), mix('other'), quick()])
        for (const action of actions) {
          await action(rig)
          check(rig)
        }
        await rig.clock.advance(1000)
        check(rig)
      }),
      { numRuns: 300 },
    )
  })
})
