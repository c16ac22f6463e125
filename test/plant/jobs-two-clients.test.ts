import { expect } from 'chai'
import fc from 'fast-check'
import { DataType } from 'node-opcua'
import { type JobState, jobStateOf } from '../../src/model/job.ts'
import { until } from '../kit/demo-plant.ts'
import { isJobStep } from '../kit/job-steps.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { type EventListener, type Heard, listen } from '../opcua/event-listener.ts'
import { type JobClient, jobClient, jobControlUri } from '../opcua/jobs/job-client.ts'

const unit = 'Acme/Line1'
const plantFile = `plant: demo
server: { port: 0, anonymous: none, security: { unsecured: true } }
jobs: { afterAbort: continue }
equipment:
  Acme: { level: Enterprise }
  Acme/Line1: { level: WorkUnit }
`

const pipeline = (id: string, run: string): string => `pipeline: ${id}
equipment: ${unit}
start: manual
run: ${run}
parameters:
  level: { type: Double, min: 0, max: 1000, default: 0 }
steps:
  sum: { function: ADD, in: { a: $level, b: 0.5 } }
outputs:
  sum: { from: sum.result }
`

const pipelines = ['cyclic', 'short'] as const
const ids = ['a', 'b', 'c', 'd', 'e']

const order = fc.record({
  ...{ id: fc.constantFrom(...ids), pipeline: fc.constantFrom(...pipelines), priority: fc.integer({ min: 0, max: 2 }) },
  ...{ method: fc.constantFrom('Store', 'StoreAndStart', 'StoreAndStart', 'Update'), level: fc.constantFrom(1, 2000) },
})
const request = fc.record({
  id: fc.constantFrom(...ids),
  method: fc.constantFrom(
    ...['Start', 'RevokeStart', 'Pause', 'Resume', 'Stop', 'Stop', 'Abort', 'Cancel', 'Clear', 'Clear'],
  ),
})
const command = fc.record({
  pipeline: fc.constantFrom(...pipelines),
  method: fc.constantFrom('Start', 'Stop', 'Suspend', 'Resume', 'Halt', 'Reset', 'Reset'),
})

/** What of an event says which job order it is about, and in which state that is. */
interface Told {
  readonly id: string
  readonly state: JobState
  readonly runId: string | undefined
  readonly eventId: string
}

describe('job orders from two clients and an operator at once', function () {
  this.timeout(120_000)
  let scratch: ScratchPlant
  let watcher: Client
  let events: EventListener

  before(async () => {
    scratch = await startScratch({
      'plant.yaml': plantFile,
      'pipelines/cyclic.yaml': pipeline('cyclic', '{ every: 20ms }'),
      'pipelines/short.yaml': pipeline('short', 'once'),
    })
    watcher = await scratch.connect('Observer')
    const index = (await watcher.session.readNamespaceArray()).indexOf(jobControlUri)
    const fields = ['JobOrder', 'JobState', 'JobResponse'].map((name) => `${index}:${name}`)
    events = await listen(watcher, watcher.id(`eq/${unit}`), { fields, type: `ns=${index};i=1006` })
  })
  after(async () => {
    await events.stop()
    await scratch.stop()
  })

  it('keep one job at work in each pipeline, one event for each transition, and lists that agree', async () => {
    const clients = await Promise.all(
      ['Supervisor', 'ConfigureAdmin'].map(async (role) =>
        jobClient(await scratch.connect(role as 'Supervisor'), unit),
      ),
    )
    const operator = await scratch.connect('Supervisor')
    await Promise.all([...clients.map((jobs) => place(jobs)), operate(operator)])
    // In peace: nothing is asked any more, and what is asked for last is done.
    const jobs = await jobClient(watcher, unit)
    const counted = () => events.heard.length
    let before = -1
    await until('nothing happens any more', async () => {
      const isQuiet = before === counted()
      before = counted()
      await new Promise((resolve) => setTimeout(resolve, 500))
      return isQuiet
    })
    const told = events.heard.map(toldBy)
    expect(told.length).to.be.greaterThan(20)
    expect(new Set(told.map(({ eventId }) => eventId)).size).to.equal(told.length)
    const states = (await jobs.states()) as Record<string, JobState>
    for (const id of ids) {
      const way = told.filter((each) => each.id === id).map(({ state }) => state)
      way.forEach((state, at) => {
        const isStep = isJobStep(way[at - 1], state)
        expect(isStep, `${id}: ${way.slice(0, at + 1).join(', ')}`).to.equal(true)
      })
      if (states[id] !== undefined) expect(way.at(-1), id).to.equal(states[id])
    }
    // A pipeline begins with a job only when it has ended the one before.
    const atWork = new Map<string, string>()
    for (const { id, state, runId } of told) {
      if (state !== 'Running' && state !== 'Interrupted') atWork.delete(id)
      else atWork.set(id, runId!)
      expect(atWork.size, `${[...atWork.keys()].join(', ')} at work`).to.be.at.most(pipelines.length)
    }
    const responses = (await jobs.read('JobOrderResults.JobOrderResponseList')) as { readonly jobOrderID: string }[]
    const begun = Object.keys(states).filter((id) => !['NotAllowedToStart', 'AllowedToStart'].includes(states[id]!))
    expect(responses.map(({ jobOrderID }) => jobOrderID).toSorted()).to.deep.equal(begun.toSorted())
  })
})

async function place(jobs: JobClient): Promise<void> {
  for (const each of fc.sample(fc.oneof(order, request), 120)) {
    if (!('pipeline' in each)) {
      expect((await jobs.ask(each.method, each.id)).status).to.be.oneOf(['Good', 'Uncertain'])
      continue
    }
    const level = await jobs.parameter('level', { dataType: DataType.Double, value: each.level })
    const fields = { priority: each.priority, jobOrderParameters: [level] }
    const { status, bits } = await jobs.give(each.method, await jobs.order(each.id, each.pipeline, fields))
    expect([status, (bits ?? 0n) & 1n]).to.be.deep.oneOf([
      ['Good', 1n],
      ['Uncertain', 0n],
    ])
    if (each.level > 1000) expect(status).to.equal('Uncertain')
  }
}

async function operate({ session, id }: Client): Promise<void> {
  for (const { pipeline: name, method } of fc.sample(command, 100)) {
    const objectId = id(`pipe/${name}`)
    const { statusCode } = await session.call({ objectId, methodId: `${objectId}.${method}` })
    expect(statusCode.name).to.be.oneOf(['Good', 'BadInvalidState'])
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function toldBy({ JobOrder, JobState: states, JobResponse, EventId }: Heard): Told {
  const { jobOrderID: id } = JobOrder as { readonly jobOrderID: string }
  const [{ stateNumber }] = states as [{ readonly stateNumber: number }]
  const runId = (JobResponse as { readonly jobResponseID: string } | null)?.jobResponseID
  return { id, state: jobStateOf(stateNumber)!, runId, eventId: (EventId as Buffer).toString('hex') }
}
