import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import fc from 'fast-check'
import { DataType } from 'node-opcua'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses, type PlantProcess, startPlantProcess } from '../kit/plant-process.ts'
import { answerTo } from '../opcua/alarms/alarm-bench.ts'
import { type Client, connect } from '../opcua/bench.ts'
import { plantFile } from './change-plants.ts'

/** More of them for who wants to be sure: each takes about three seconds. */
const kills = Number(process.env.MILLRACE_KILLS ?? 2)

const policies = ['resume', 'ready', 'halted'] as const
type Policy = (typeof policies)[number]

const pipeline = (id: string, policy: Policy): string => `pipeline: ${id}
equipment: Acme/Line1
restart: ${policy}
start: manual
run: { every: 20ms }
parameters:
  level: { type: Double, min: 0, max: 1000, default: 0 }
steps:
  sum: { function: ADD, in: { a: $level, b: 0.5 } }
outputs:
  sum: { from: sum.result, min: 0, max: 2000, alarm: { high: 500 }, history: { keep: 30d } }
`

const numbers = { Halted: 11, Ready: 12, Running: 13, Suspended: 14 } as const
type State = keyof typeof numbers

/** What each method does to the model; the others are refused. */
const effects: Readonly<Record<string, Partial<Record<State, State>>>> = {
  Start: { Ready: 'Running' },
  Stop: { Running: 'Ready', Suspended: 'Ready' },
  Suspend: { Running: 'Suspended' },
  Resume: { Suspended: 'Running' },
  Halt: { Ready: 'Halted', Running: 'Halted', Suspended: 'Halted' },
  Reset: { Halted: 'Ready' },
}

/** Where a pipeline comes back. */
const afterRestart: Readonly<Record<Policy, Partial<Record<State, State>>>> = {
  resume: {},
  ready: { Running: 'Ready', Suspended: 'Ready' },
  halted: { Running: 'Halted', Suspended: 'Halted' },
}

/** What a pipeline may be: what was acknowledged last, and what was asked after that and not answered any more. */
interface Known {
  states: State[]
  levels: number[]
}

const action = fc.record({
  policy: fc.constantFrom(...policies),
  what: fc.constantFrom('level', 'level', ...Object.keys(effects)),
  level: fc.integer({ min: 0, max: 400 }),
})

describe(`a plant that is killed ${kills} times while clients change it`, function () {
  this.timeout(30_000 + kills * 10_000)
  after(async () => {
    killPlantProcesses()
    await removePlantFolders()
  })

  it('is each time as it was acknowledged', async () => {
    const folder = await plantFolder({
      'plant.yaml': plantFile.replace('plant: line', 'plant: demo'),
      ...Object.fromEntries(policies.map((policy) => [`pipelines/${policy}.yaml`, pipeline(policy, policy)])),
      'pipelines/alarmed.yaml': pipeline('alarmed', 'resume'),
    })
    const model: Record<Policy, Known> = {
      resume: { states: ['Ready'], levels: [0] },
      ready: { states: ['Ready'], levels: [0] },
      halted: { states: ['Ready'], levels: [0] },
    }
    let plant = await startPlantProcess(folder)
    const alarm = await alarmRaised(plant, folder)
    for (const afterMs of fc.sample(fc.nat(400), kills)) {
      await changeUntilKilled(plant, { folder, afterMs, model })
      plant = await startPlantProcess(folder)
      for (const policy of policies) {
        model[policy].states = model[policy].states.map((state) => afterRestart[policy][state] ?? state)
      }
      const client = await connect(plant.url, join(folder, 'client'), {})
      await expectModel(client, model)
      const eventId = (await client.read('pipe/alarmed.Alarms.sumLevel.EventId')).value.value as Buffer
      const isActive = (await client.read('pipe/alarmed.Alarms.sumLevel.ActiveState.Id')).value.value
      const isAcked = (await client.read('pipe/alarmed.Alarms.sumLevel.AckedState.Id')).value.value
      expect({ eventId: eventId.toString('hex'), isActive, isAcked }).to.deep.equal({
        eventId: alarm.toString('hex'),
        isActive: false,
        isAcked: false,
      })
      await client.close()
    }
    const client = await connect(plant.url, join(folder, 'client'), {})
    const objectId = client.id('pipe/alarmed.Alarms.sumLevel')
    const methodId = client.id('pipe/alarmed.Alarms.sumLevel.Acknowledge')
    const answer = await client.session.call({ objectId, methodId, inputArguments: answerTo(alarm, 'seen') })
    expect(answer.statusCode.name).to.equal('Good')
    await client.close().catch(() => undefined)
    await plant.end('SIGKILL')
    plant = await startPlantProcess(folder)
    const again = await connect(plant.url, join(folder, 'client'), {})
    expect((await again.read('pipe/alarmed.Alarms.sumLevel.AckedState.Id')).value.value).to.equal(true)
    await again.close()
    await plant.end('SIGTERM')
    const database = new DatabaseSync(join(folder, 'd', 'meta.db'), { readOnly: true })
    expect(database.prepare('PRAGMA integrity_check').get()).to.deep.equal({ integrity_check: 'ok' })
    const open = database.prepare('SELECT count(*) AS n FROM run WHERE ended IS NULL').get()
    database.close()
    expect(open).to.deep.equal({ n: 0 })
  })
})

/** Raises the alarm of one pipeline and lets it go again, so that it waits for somebody to acknowledge it; tells its EventId. */
async function alarmRaised(plant: PlantProcess, folder: string): Promise<Buffer> {
  const client = await connect(plant.url, join(folder, 'client'), {})
  const isActive = async () => (await client.read('pipe/alarmed.Alarms.sumLevel.ActiveState.Id')).value.value
  await client.write('pipe/alarmed.Parameters.level', { dataType: DataType.Double, value: 600 })
  await called(client, 'alarmed', 'Start')
  await until('the alarm is active', async () => (await isActive()) === true)
  await client.write('pipe/alarmed.Parameters.level', { dataType: DataType.Double, value: 10 })
  await until('the alarm is over', async () => (await isActive()) === false)
  // What the process does by itself is kept behind it; a write of a client waits for what was before.
  await client.write('pipe/alarmed.Parameters.level', { dataType: DataType.Double, value: 10 })
  const eventId = (await client.read('pipe/alarmed.Alarms.sumLevel.EventId')).value.value as Buffer
  await client.close()
  return eventId
}

async function called(client: Client, policy: string, method: string): Promise<string> {
  const objectId = client.id(`pipe/${policy}`)
  const { statusCode } = await client.session.call({ objectId, methodId: client.id(`pipe/${policy}.${method}`) })
  return statusCode.name
}

/** Changes parameters and states one after the other; the process is killed in the middle of it. */
async function changeUntilKilled(
  plant: PlantProcess,
  { folder, afterMs, model }: { folder: string; afterMs: number; model: Record<Policy, Known> },
): Promise<void> {
  const client = await connect(plant.url, join(folder, 'client'), {})
  let isKilled = false
  const killed = new Promise<void>((resolve, reject) => {
    setTimeout(() => {
      isKilled = true
      plant.end('SIGKILL').then(resolve, reject)
    }, afterMs)
  })
  for (const { policy, what, level } of fc.sample(action, 1000)) {
    if (isKilled) break
    const known = model[policy]
    try {
      await change(client, { policy, what, level, known })
    } catch {
      // Whoever got no answer knows nothing: it may have happened or not.
      break
    }
  }
  await killed
  await client.close().catch(() => undefined)
}

async function change(
  client: Client,
  { policy, what, level, known }: { policy: Policy; what: string; level: number; known: Known },
): Promise<void> {
  if (what === 'level') {
    const before = known.levels
    known.levels = [...before, level]
    const status = await client.write(`pipe/${policy}.Parameters.level`, { dataType: DataType.Double, value: level })
    expect(status).to.equal('Good')
    known.levels = [level]
    return
  }
  const before = known.states
  const next = before.flatMap((state) => effects[what]?.[state] ?? [])
  known.states = [...before, ...next]
  const status = await called(client, policy, what)
  // A stop is accepted at once, and the pipeline is Ready when its wave has ended.
  if (what === 'Stop' && status === 'Good') {
    await until('it is stopped', async () => (await stateOf(client, policy)) === numbers.Ready)
  }
  known.states = status === 'Good' ? next : before
}

async function stateOf(client: Client, policy: Policy): Promise<number> {
  return (await client.read(`pipe/${policy}.CurrentState.Number`)).value.value as number
}

async function expectModel(client: Client, model: Record<Policy, Known>): Promise<void> {
  for (const policy of policies) {
    const known = model[policy]
    const level = (await client.read(`pipe/${policy}.Parameters.level`)).value.value as number
    const state = await stateOf(client, policy)
    expect(known.levels, `level of ${policy}`).to.include(level)
    expect(
      known.states.map((each) => numbers[each]),
      `state of ${policy}`,
    ).to.include(state)
    known.levels = [level]
    known.states = known.states.filter((each) => numbers[each] === state)
  }
}
