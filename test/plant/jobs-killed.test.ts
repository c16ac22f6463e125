import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import fc from 'fast-check'
import { DataType, Variant } from 'node-opcua'
import { promoteOpaqueStructure } from 'node-opcua-client-dynamic-extension-object'
import { type JobState, type jobRequests, jobStateOf, jobTransition } from '../../src/model/job.ts'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { isJobStep } from '../kit/job-steps.ts'
import { killPlantProcesses, type PlantProcess, startPlantProcess } from '../kit/plant-process.ts'
import { type Client, connect } from '../opcua/bench.ts'
import { eventsOf } from '../opcua/history/events/event-bench.ts'
import { type JobClient, jobClient, jobControlUri } from '../opcua/jobs/job-client.ts'

/** More of them for who wants to be sure: each takes about four seconds. */
const kills = Number(process.env.MILLRACE_KILLS ?? 3)

const unit = 'Acme/Line1'
const policies = ['resume', 'ready', 'halted'] as const
type Policy = (typeof policies)[number]

const plantFile = `plant: demo
server: { port: 0, anonymous: operate, security: { unsecured: true } }
jobs: { afterAbort: continue }
equipment:
  Acme: { level: Enterprise }
  Acme/Line1: { level: WorkUnit }
`

const pipeline = (id: Policy): string => `pipeline: ${id}
equipment: ${unit}
restart: ${id}
start: manual
run: { every: 20ms }
parameters:
  level: { type: Double, min: 0, max: 1000, default: 0 }
steps:
  sum: { function: ADD, in: { a: $level, b: 0.5 } }
outputs:
  sum: { from: sum.result, min: 0, max: 2000 }
`

/** What a job that was under way is afterwards. */
const afterRestart: Readonly<Record<Policy, (state: JobState) => JobState>> = {
  resume: (state) => state,
  ready: () => 'Interrupted',
  halted: () => 'Aborted',
}

/** What the test knows of the job orders: what it has read after its last answer. */
interface Model {
  readonly states: Map<string, JobState>
  /** The responses of those that were over, as text. */
  readonly responses: Map<string, string>
  /** States that were told to the client as reached, by job order. */
  readonly acknowledged: Map<string, JobState[]>
  /** The one whose answer never came. */
  doubtful: string | undefined
}

const action = fc.record({
  id: fc.constantFrom(...policies.flatMap((policy) => [`${policy}-1`, `${policy}-2`, `${policy}-ü`])),
  what: fc.constantFrom(
    ...['Store', 'StoreAndStart', 'StoreAndStart', 'Start', 'RevokeStart', 'Pause', 'Resume', 'Stop', 'Abort'],
    ...['Cancel', 'Clear', 'Update', 'Reset', 'Reset'],
  ),
})

const policyOf = (id: string): Policy => id.split('-')[0] as Policy

describe('a plant with job orders that is killed', function () {
  this.timeout(60_000 + kills * 20_000)
  afterEach(async () => {
    killPlantProcesses()
    await removePlantFolders()
  })

  it(`has their states, responses and events again, each event once, ${kills} times in a row`, async () => {
    const files = Object.fromEntries(policies.map((each) => [`pipelines/${each}.yaml`, pipeline(each)]))
    const folder = await plantFolder({ 'plant.yaml': plantFile, ...files })
    const model: Model = { states: new Map(), responses: new Map(), acknowledged: new Map(), doubtful: undefined }
    let plant = await startPlantProcess(folder)
    for (const afterMs of fc.sample(fc.integer({ min: 20, max: 1500 }), kills)) {
      await workUntilKilled(plant, { folder, afterMs, model })
      plant = await startPlantProcess(folder)
      const client = await connect(plant.url, join(folder, 'client'), {})
      await expectModel(await jobClient(client, unit), model)
      await expectEvents(client, model)
      await look(await jobClient(client, unit), model)
      model.doubtful = undefined
      await client.close()
    }
    await plant.end('SIGTERM')
    const database = new DatabaseSync(join(folder, 'd', 'meta.db'), { readOnly: true })
    expect(database.prepare('PRAGMA integrity_check').get()).to.deep.equal({ integrity_check: 'ok' })
    expect(database.prepare('SELECT count(*) AS n FROM job_outbox').get()).to.deep.equal({ n: 0 })
    database.close()
  })
})

/** Places orders and moves them on, one call after the other; the process is killed in the middle of it. */
async function workUntilKilled(
  plant: PlantProcess,
  { folder, afterMs, model }: { readonly folder: string; readonly afterMs: number; readonly model: Model },
): Promise<void> {
  const client = await connect(plant.url, join(folder, 'client'), {})
  const jobs = await jobClient(client, unit)
  let isKilled = false
  const kill = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    isKilled = true
    await plant.end('SIGKILL')
  }
  let killed: Promise<void> | undefined
  let calls = 0
  for (const { id, what } of fc.sample(action, 1000)) {
    if (isKilled) break
    model.doubtful = id
    try {
      if (await work(jobs, { id, what })) {
        const state = effectOf(what, model.states.get(id))
        if (state) model.acknowledged.set(id, [...(model.acknowledged.get(id) ?? []), state])
      }
      await look(jobs, model)
      model.doubtful = undefined
      if (++calls === 12) killed = kill()
    } catch {
      // Whoever got no answer knows nothing: it may have happened or not.
      break
    }
  }
  await killed
  await client.close().catch(() => undefined)
}

/** Tells whether it was done. */
async function work(jobs: JobClient, { id, what }: { readonly id: string; readonly what: string }): Promise<boolean> {
  const policy = policyOf(id)
  if (what === 'Reset') {
    const objectId = jobs.client.id(`pipe/${policy}`)
    await jobs.client.session.call({ objectId, methodId: `${objectId}.Reset` })
    return false
  }
  const isOrder = ['Store', 'StoreAndStart', 'Update'].includes(what)
  const level = await jobs.parameter('level', { dataType: DataType.Double, value: 12.5 })
  const { bits } = isOrder
    ? await jobs.give(what, await jobs.order(id, policy, { jobOrderParameters: [level] }))
    : await jobs.ask(what, id)
  return bits === 1n
}

/** The state that a call which was done has led to for certain; Stop is accepted at once and takes its time. */
function effectOf(what: string, before: JobState | undefined): JobState | undefined {
  if (what === 'Store') return 'NotAllowedToStart'
  if (what === 'StoreAndStart') return 'AllowedToStart'
  const request = `${what.charAt(0).toLowerCase()}${what.slice(1)}` as (typeof jobRequests)[number]
  const to = before && request !== 'stop' ? jobTransition(before, request) : undefined
  return to === 'removed' ? undefined : to
}

/** Reads everything into the model. */
async function look(jobs: JobClient, model: Model): Promise<void> {
  const states = (await jobs.states()) as Record<string, JobState>
  model.states.clear()
  for (const [id, state] of Object.entries(states)) model.states.set(id, state)
  for (const [id, state] of Object.entries(states)) {
    if (state !== 'Ended' && state !== 'Aborted') model.responses.delete(id)
    else model.responses.set(id, await responseOf(jobs, id))
  }
}

async function responseOf(jobs: JobClient, id: string): Promise<string> {
  return JSON.stringify((await jobs.responseOf(id)).first)
}

/** Whether a job may be in a state now, when it was in another one the last time that anybody looked. */
function mayBe(id: string, before: JobState | undefined, now: JobState | undefined): boolean {
  if (before === now) return before !== 'Running' || policyOf(id) === 'resume'
  if (before === undefined || now === undefined) return false
  const after = afterRestart[policyOf(id)]
  // It may have begun before the kill, and it may begin after the restart.
  if (before === 'AllowedToStart') return now === 'Running' || now === after('Running')
  // A Stop that was accepted ends it.
  return (before === 'Running' || before === 'Interrupted') && (now === after(before) || now === 'Ended')
}

async function expectModel(jobs: JobClient, model: Model): Promise<void> {
  const states = (await jobs.states()) as Record<string, JobState>
  const responses = (await jobs.read('JobOrderResults.JobOrderResponseList')) as { readonly jobOrderID: string }[]
  for (const id of new Set([...Object.keys(states), ...model.states.keys()])) {
    if (id === model.doubtful) continue
    const [before, now] = [model.states.get(id), states[id]]
    expect(mayBe(id, before, now), `${id}: ${before} before, ${now} after`).to.equal(true)
    const known = model.responses.get(id)
    if (known !== undefined) expect(await responseOf(jobs, id)).to.equal(known)
  }
  const listed = Object.keys(states).filter((id) => !['NotAllowedToStart', 'AllowedToStart'].includes(states[id]!))
  expect(responses.map(({ jobOrderID }) => jobOrderID).toSorted()).to.deep.equal(listed.toSorted())
}

interface Told {
  readonly id: string
  readonly state: JobState
  readonly eventId: string
}

/** The history of events has each transition once: what it tells of a job order is a way through the table of states. */
async function expectEvents(client: Client, model: Model): Promise<void> {
  const jobs = await jobClient(client, unit)
  const told = await toldOf(client)
  expect(new Set(told.map(({ eventId }) => eventId)).size).to.equal(told.length)
  const states = (await jobs.states()) as Record<string, JobState>
  for (const id of new Set(told.map((each) => each.id))) {
    const way = told.filter((each) => each.id === id).map(({ state }) => state)
    way.forEach((state, index) => {
      const from = way[index - 1]
      expect(isJobStep(from, state, { isRestarted: true }), `${id}: ${way.slice(0, index + 1).join(', ')}`).to.equal(
        true,
      )
    })
    if (states[id] !== undefined) {
      await until(`the last event of ${id}`, async () => {
        const last = (await toldOf(client)).findLast((each) => each.id === id)
        return last?.state === ((await jobs.states()) as Record<string, JobState>)[id]
      })
    }
    expect(isWithin(model.acknowledged.get(id) ?? [], way), `${id}: ${way.join(', ')}`).to.equal(true)
  }
  for (const id of model.acknowledged.keys()) expect(told.some((each) => each.id === id)).to.equal(true)
}

async function toldOf({ session, id: nodeId }: Client): Promise<readonly Told[]> {
  const index = (await session.readNamespaceArray()).indexOf(jobControlUri)
  const fields = ['JobOrder', 'JobState'].map((name) => `${index}:${name}`)
  const past = await eventsOf(session, nodeId(`eq/${unit}`), { fields })
  const structures = past.flatMap(({ JobOrder, JobState }) => {
    const [state] = (JobState ?? []) as readonly object[]
    return JobOrder && state ? [JobOrder, state] : []
  })
  const values = structures.map((value) => ({ value: new Variant({ dataType: DataType.ExtensionObject, value }) }))
  await promoteOpaqueStructure(session, values)
  const eventIds = past.flatMap(({ EventId, JobOrder }) => (JobOrder ? (EventId as Buffer).toString('hex') : []))
  return eventIds.map((eventId, at) => {
    const [order, state] = [values[2 * at], values[2 * at + 1]].map((each) => each!.value.value as object)
    const { jobOrderID } = order as { readonly jobOrderID: string }
    const { stateNumber } = state as { readonly stateNumber: number }
    return { id: jobOrderID, state: jobStateOf(stateNumber)!, eventId }
  })
}

/** Whether all of some are among others, in their order. */
function isWithin(some: readonly JobState[], others: readonly JobState[]): boolean {
  let next = 0
  for (const each of others) if (each === some[next]) next++
  return next === some.length
}
