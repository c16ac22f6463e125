import { expect } from 'chai'
import { type CallMethodResult, type ClientSession, DataType, type VariantLike } from 'node-opcua'
import type { PlantEvent } from '../../src/model/event.ts'
import { until } from '../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../kit/scratch-plant.ts'
import type { Client } from '../opcua/bench.ts'
import { type Row, rawOf } from '../opcua/history/reading.ts'
import { plantFile } from './change-plants.ts'

/** What a pipeline puts out says in which run it was: the value is what was set before the run was started. */
const cyclic = (gain: number): string => `pipeline: mark
equipment: Acme/Line1
run: { every: 20ms }
parameters:
  lot: { type: Double, default: 1 }
steps:
  scaled:
    function: linear-scale
    in: { value: $lot }
    config: { gain: ${gain} }
  # The position of the servo is always 0, and its source time goes on.
  marked:
    function: expression
    config: { expression: 'lot + 0.0 * position' }
    in: { lot: scaled.scaled, position: servo1.position }
outputs:
  marked: { from: marked.value, history: { keep: 1d } }
  plain: { from: scaled.scaled }
`

const once = `pipeline: batch
equipment: Acme/Line1
run: once
parameters:
  lot: { type: Double, default: 1 }
steps:
  scaled: { function: linear-scale, in: { value: $lot }, config: { gain: 1 } }
outputs:
  lot: { from: scaled.scaled, history: { keep: 1d } }
`

type Started = Extract<PlantEvent, { readonly kind: 'pipelineStarted' }>

/** What FindRun answers. */
interface Found {
  readonly status: string
  readonly runId: string
  readonly version: number
  readonly initiator: string
  readonly start: number | undefined
  readonly end: number | undefined
  readonly outcome: number
  readonly sampleTime: number | undefined
  readonly sampleCount: number
}

const outputNames = ['status', 'runId', 'version', 'initiator', 'start', 'end', 'outcome', 'sampleTime', 'sampleCount']

function foundOf({ statusCode, outputArguments }: CallMethodResult): Found {
  const values = (outputArguments ?? []).map(({ value }) => (value instanceof Date ? value.getTime() : value))
  const entries = outputNames.map((name, index) => [name, index === 0 ? statusCode.name : values[index - 1]])
  return Object.fromEntries(entries) as Found
}

describe('where samples came from, through an OPC UA client', function () {
  this.timeout(60_000)
  let scratch: ScratchPlant
  /** Every run by what it puts out. */
  const startedByLot = new Map<number, Started>()
  /** Runs of the batch pipeline that had the same parameter, at the same source time. */
  const twins: Started[] = []

  const started = (): Started[] => events.filter((event) => event.kind === 'pipelineStarted')
  const newest = (pipeline: string): Started => {
    const run = started().findLast((event) => event.pipeline === pipeline)
    if (!run) throw new Error(`no run of ${pipeline} was started`)
    return run
  }
  let events: PlantEvent[] = []
  const follow = (): void => void scratch.plant.events$.subscribe((event) => events.push(event))
  const call = (
    { session, id }: Client,
    method: string,
    inputArguments: VariantLike[] = [],
  ): Promise<CallMethodResult> =>
    session.call({ objectId: id(method.slice(0, method.lastIndexOf('.'))), methodId: id(method), inputArguments })
  const setLot = (client: Client, pipeline: string, value: number) =>
    client.write(`pipe/${pipeline}.Parameters.lot`, { dataType: DataType.Double, value })
  const history = ({ session, id }: Client, output: string): Promise<Row[]> => {
    const [pipeline, name] = output.split('.')
    const range = { start: new Date(Date.now() - 3_600_000), end: new Date(Date.now() + 60_000) }
    return rawOf(session as ClientSession, id(`pipe/${pipeline}.Outputs.${name}`), range)
  }
  const find = async (client: Client, output: string, { time, ordinal = 0 }: { time: number; ordinal?: number }) => {
    const [pipeline, name = ''] = output.split('.')
    const result = await call(client, `pipe/${pipeline}.FindRun`, [
      { dataType: DataType.String, value: name },
      { dataType: DataType.DateTime, value: new Date(time) },
      { dataType: DataType.UInt32, value: ordinal },
    ])
    return foundOf(result)
  }
  const recorded = (client: Client, lot: number, count: number) =>
    until(`there are ${count} samples of ${lot}`, async () => {
      const rows = await history(client, 'mark.marked')
      return rows.filter(({ value }) => value === lot).length >= count
    })

  /** Asks for every sample with a value, and compares with what was noted when its run was started. */
  const expectTruth = async (client: Client, output: string): Promise<number> => {
    const rows = await history(client, output)
    let [asked, sameTime] = [0, 0]
    for (const [index, { time, value }] of rows.entries()) {
      sameTime = rows[index - 1]?.time === time ? sameTime + 1 : 1
      const run = startedByLot.get(Number(value))
      if (value === null || !run) continue
      const found = await find(client, output, { time, ordinal: sameTime })
      const { runId, version, initiator, time: start } = run
      expect(found, `${output} ${value}`).to.include({
        status: 'Good',
        runId,
        version,
        initiator,
        start,
        sampleTime: time,
      })
      expect(found.sampleCount).to.equal(rows.filter((row) => row.time === time).length)
      asked++
    }
    return asked
  }

  before(async () => {
    const files = { 'plant.yaml': plantFile, 'pipelines/mark.yaml': cyclic(1), 'pipelines/batch.yaml': once }
    scratch = await startScratch(files)
    follow()
    const observer = await scratch.connect('Observer')
    await recorded(observer, 1, 1)
  })
  after(() => scratch.stop())

  it('finds the run of every sample: of several users, of a version that was deployed meanwhile, and of two runs of one time', async () => {
    const operator = await scratch.connect('Operator')
    const engineer = await scratch.connect('Engineer')
    const admin = await scratch.connect('ConfigureAdmin')
    let lot = 1
    for (const client of [operator, engineer, operator]) {
      expect((await call(client, 'pipe/mark.Stop')).statusCode.name).to.equal('Good')
      lot++
      expect(await setLot(client, 'mark', lot)).to.equal('Good')
      const answer = await call(client, 'pipe/mark.Start')
      expect(newest('mark').runId).to.equal(answer.outputArguments?.[0]?.value)
      startedByLot.set(lot, newest('mark'))
      await recorded(client, lot, 3)
    }
    const runtime = { objectId: admin.id('runtime'), methodId: admin.id('runtime.Deploy') }
    const text = (value: string) => ({ dataType: DataType.String, value })
    const deployed = await admin.session.call({ ...runtime, inputArguments: [text(cyclic(10)), text('ten times')] })
    expect(deployed.outputArguments?.[0]?.value).to.equal(2)
    startedByLot.set(lot * 10, newest('mark'))
    await recorded(operator, lot * 10, 3)
    expect([...startedByLot.values()].map(({ initiator, version }) => `${initiator} ${version}`)).to.deep.equal([
      'Operator 1',
      'Engineer 1',
      'Operator 1',
      'ConfigureAdmin 2',
    ])

    expect(await setLot(operator, 'batch', 500)).to.equal('Good')
    for (const client of [operator, engineer]) {
      await call(client, 'pipe/batch.Start')
      twins.push(newest('batch'))
      await until('it has ended', async () => (await client.read('pipe/batch.CurrentState.Number')).value.value === 12)
    }
    expect(await setLot(operator, 'batch', 501)).to.equal('Good')
    await call(operator, 'pipe/batch.Start')
    startedByLot.set(501, newest('batch'))

    const observer = await scratch.connect('Observer')
    expect(await expectTruth(observer, 'mark.marked')).to.be.at.least(12)
    await until('the last is there', async () => (await expectTruth(observer, 'batch.lot')) === 2)
  })

  it('tells two runs of one source time apart by their order, and the last of them when nobody asks which', async () => {
    const observer = await scratch.connect('Observer')
    const rows = (await history(observer, 'batch.lot')).filter(({ value }) => value === 500)
    const [first, second] = twins.map(({ runId }) => runId)
    expect(new Set(rows.map(({ time }) => time)).size).to.equal(1)
    expect(rows.map(({ status }) => status)).to.deep.equal([
      'Good',
      'UncertainLastUsableValue',
      'Good',
      'UncertainLastUsableValue',
    ])
    const { time } = rows[0]!
    const all = await Promise.all([1, 2, 3, 4].map((ordinal) => find(observer, 'batch.lot', { time, ordinal })))
    expect(all.map(({ runId }) => runId)).to.deep.equal([first, first, second, second])
    expect(all.map(({ initiator }) => initiator)).to.deep.equal(['Operator', 'Operator', 'Engineer', 'Engineer'])
    expect(await find(observer, 'batch.lot', { time })).to.deep.equal(all[3])
    expect(all[3]).to.include({ sampleCount: 4, outcome: 1 })
    expect(all[3]?.end).to.be.at.least(all[3]?.start ?? Number.NaN)
    expect((await find(observer, 'batch.lot', { time, ordinal: 5 })).status).to.equal('BadNoData')
  })

  it('finds the sample that was valid at a time between two samples', async () => {
    const observer = await scratch.connect('Observer')
    const rows = await history(observer, 'batch.lot')
    const last = rows.at(-1)!
    const found = await find(observer, 'batch.lot', { time: last.time + 5000 })
    expect(found).to.include({ runId: startedByLot.get(501)?.runId, sampleTime: last.time })
    expect((await find(observer, 'batch.lot', { time: rows[0]!.time - 1 })).status).to.equal('BadNoData')
  })

  it('has no end and no outcome for a run that is under way', async () => {
    const observer = await scratch.connect('Observer')
    const found = await find(observer, 'mark.marked', { time: Date.now() })
    expect(found).to.include({ status: 'Good', runId: newest('mark').runId, outcome: 0 })
    expect(new Date(found.end ?? 0).getUTCFullYear()).to.be.at.most(1970)
  })

  it('answers with a status code when there is nothing to find', async () => {
    const observer = await scratch.connect('Observer')
    expect((await find(observer, 'mark.unknown', { time: Date.now() })).status).to.equal('BadInvalidArgument')
    expect((await find(observer, 'mark.plain', { time: Date.now() })).status).to.equal('BadHistoryOperationUnsupported')
    const never = await call(observer, 'pipe/mark.FindRun', [
      { dataType: DataType.String, value: 'marked' },
      { dataType: DataType.DateTime, value: null },
      { dataType: DataType.UInt32, value: 0 },
    ])
    expect(never.statusCode.name).to.equal('BadInvalidArgument')
  })

  it('reads what is kept of a run: also that of a live value, which has no history', async () => {
    const observer = await scratch.connect('Observer')
    const read = (pipeline: string, runId: unknown) =>
      call(observer, `pipe/${pipeline}.ReadRun`, [{ dataType: DataType.String, value: runId }])
    const values = ({ outputArguments }: CallMethodResult) =>
      (outputArguments ?? []).map(({ value }) => value as unknown)
    const [version, initiator, , , outcome, cycles, error, parameters, results] = values(
      await read('batch', twins[1]?.runId),
    )
    expect([version, initiator, outcome, cycles, error]).to.deep.equal([1, 'Engineer', 1, 0, ''])
    expect(JSON.parse(String(parameters))).to.deep.equal({ lot: 500 })
    expect(JSON.parse(String(results))).to.have.nested.property('lot.value', 500)
    expect(JSON.parse(String(results))).to.have.nested.property('lot.status', 'Good')
    const live = newest('mark').runId
    // Diagnostics are told four times a second.
    await until('the run is shown', async () => {
      return (await observer.read('pipe/mark.Diagnostics.CurrentRunId')).value.value === live
    })
    expect(values(await read('mark', live)).slice(0, 2)).to.deep.equal([2, 'ConfigureAdmin'])
    for (const [pipeline, runId] of [
      ['mark', 'nobody'],
      ['mark', twins[1]?.runId],
      ['batch', ''],
    ]) {
      expect((await read(String(pipeline), runId)).statusCode.name).to.equal('BadNotFound')
    }
  })

  it('tells the version in the event that a run was started', () => {
    expect(newest('mark')).to.include({ version: 2, initiator: 'ConfigureAdmin' })
  })

  it('finds the same after a restart, and what ran since', async () => {
    // A pipeline that was stopped stays so; one that goes on would put out the same values in a run of its own.
    await call(await scratch.connect('Operator'), 'pipe/mark.Stop')
    await scratch.restart()
    events = []
    const observer = await scratch.connect('Observer')
    expect(await expectTruth(observer, 'mark.marked')).to.be.at.least(12)
    expect(await expectTruth(observer, 'batch.lot')).to.equal(2)
    const operator = await scratch.connect('Operator')
    follow()
    await setLot(operator, 'mark', 7)
    await call(operator, 'pipe/mark.Start')
    startedByLot.set(70, newest('mark'))
    await recorded(operator, 70, 3)
    expect(newest('mark')).to.include({ version: 2, initiator: 'Operator' })
    expect(await expectTruth(observer, 'mark.marked')).to.be.at.least(15)
  })
})
