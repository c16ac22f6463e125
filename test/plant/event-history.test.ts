import { expect } from 'chai'
import { ContentFilter, ofType } from 'node-opcua'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { typeId } from '../opcua/event-listener.ts'
import { eventsOf, type Past } from '../opcua/history/events/event-bench.ts'
import { moving, plantFile, scaling } from './change-plants.ts'

const runOf = 'pipe/move'
const hex = ({ EventId }: Past): string => (EventId as Buffer).toString('hex')
const typed = (type: string): ContentFilter => new ContentFilter({ elements: [ofType(type)] })

describe('the events of a plant, through an OPC UA client', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant
  let client: Client

  before(async () => {
    scratch = await startScratch({
      'plant.yaml': plantFile.replace('devices:', 'history: { keepEvents: 30d }\ndevices:'),
      'pipelines/move.yaml': moving.replace('90, velocity: 30', '20, velocity: 90'),
      'pipelines/scale.yaml': scaling(),
    })
    client = await scratch.connect('Operator')
  })
  after(() => scratch.stop())

  const state = async (): Promise<number> => Number((await client.read(`${runOf}.CurrentState.Number`)).value.value)
  async function run(): Promise<string> {
    const call = { objectId: client.id(runOf), methodId: client.id(`${runOf}.Start`) }
    const { outputArguments } = await client.session.call(call)
    await until('the run has ended', async () => (await state()) === 12, 20_000)
    return String(outputArguments?.[0]?.value)
  }
  const fields = ['8:RunId', '8:Initiator', '8:Outcome', '8:StepName', 'ToState.Id']
  const past = (nodeId: string, type?: string) =>
    eventsOf(client.session, nodeId, { fields, ...(type ? { where: typed(type) } : {}) })

  it('tell a run from its start to its end, by one id, and are the same after a restart', async () => {
    const runId = await run()
    const events = (await past(client.id(runOf))).filter(({ RunId }) => RunId === runId)
    const types = events.map(({ EventType }) => String(EventType))
    for (const name of ['PipelineStartedEventType', 'StepStartedEventType', 'PipelineCompletedEventType'] as const) {
      expect(types, name).to.include(typeId(name))
    }
    expect(events.find(({ Initiator }) => Initiator !== null)).to.include({ Initiator: 'Operator' })
    expect(events.map(({ StepName }) => StepName).filter(Boolean)).to.deep.equal(['home', 'home', 'out', 'out'])
    expect(events.map(({ Time }) => Number(Time))).to.deep.equal(
      events.map(({ Time }) => Number(Time)).toSorted((a, b) => a - b),
    )
    await scratch.restart()
    client = await scratch.connect('Operator')
    const again = (await past(client.id(runOf))).filter(({ RunId }) => RunId === runId)
    expect(JSON.stringify(again)).to.equal(JSON.stringify(events))
    const next = await run()
    const all = await past('i=2253')
    expect(new Set(all.map(hex)).size).to.equal(all.length)
    expect(all.filter(({ RunId }) => RunId === next).length).to.be.greaterThan(4)
  })

  it('stay with the unit when their pipeline is removed, and are found again when it returns', async () => {
    const started = typeId('PipelineStartedEventType')
    const before = (await past(client.id('eq/Acme/Line1'), started)).map(hex)
    expect(before.length).to.be.greaterThan(1)
    expect(await scratch.apply('pipelines/move.yaml', undefined)).to.deep.equal([])
    expect((await past(client.id('eq/Acme/Line1'), started)).map(hex)).to.deep.equal(before)
    expect((await past(client.id('eq/Acme/Line2'), started)).map(hex)).to.deep.equal([])
    expect(await scratch.apply('pipelines/move.yaml', moving)).to.deep.equal([])
    const own = await past(client.id(runOf), started)
    expect(before).to.include.members(own.map(hex))
    expect(own.length).to.be.greaterThan(1)
  })

  it('are kept in the file of the history, which is closed with the plant', async () => {
    expect(await scratch.dataFiles()).to.include.members(['history.db', 'meta.db'])
    await scratch.restart()
    expect(scratch.lines.filter((line) => /events? (is|are|were) (not kept|lost)/.test(line))).to.deep.equal([])
  })
})
