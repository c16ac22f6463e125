import { expect } from 'chai'
import { jobStateNumber, jobStates, jobStatus } from '../../../src/model/job.ts'
import { type Bench, startBench } from '../bench.ts'
import { type JobClient, jobClient } from './job-client.ts'
import { filler, JobPlant } from './job-plant.ts'

interface Response {
  readonly jobResponseID: string
  readonly jobOrderID: string
  readonly startTime?: Date
  readonly endTime?: Date
  readonly jobState: readonly { readonly stateNumber: number; readonly stateText: { readonly text: string } }[]
  readonly jobResponseData: readonly {
    readonly ID: string
    readonly value: { readonly dataType: number; readonly value: unknown }
    readonly engineeringUnits?: { readonly displayName: { readonly text: string } }
  }[]
  readonly equipmentActuals: readonly { readonly ID: string }[]
}

describe('results of job orders', () => {
  const plant = new JobPlant()
  const { jobs } = plant
  let bench: Bench
  let mes: JobClient

  before(async () => {
    bench = await startBench({ view: plant })
    mes = await jobClient(await bench.connect(), filler)
    for (const state of jobStates) {
      await mes.give('Store', await mes.order(state, 'fill'))
      jobs.move(filler, state, state, state === 'Aborted' ? { reason: 'a valve is stuck' } : {})
    }
    jobs.move(filler, 'Ended', 'Ended', {
      id: 'run-7',
      startedAt: Date.UTC(2026, 4, 1, 6),
      endedAt: Date.UTC(2026, 4, 1, 7),
      result: 'Successful',
      reason: 'done',
      equipment: [filler, 'servo1'],
      outputs: [
        { id: 'volume', dataType: 'Double', isArray: false, value: 12.5, unit: 'l' },
        { id: 'batch', dataType: 'String', isArray: false, value: 'B-1' },
        { id: 'counts', dataType: 'UInt16', isArray: true, value: [1, 2] },
        { id: 'lost', dataType: 'Double', isArray: false, value: null, unit: 'l' },
      ],
    })
  })
  after(() => bench.stop())

  it('have run, times, state, result, reason, outputs with units and equipment', async () => {
    const { status, bits, first } = await mes.responseOf('Ended')
    expect([status, bits]).to.deep.equal(['Good', 1n])
    const response = first as Response
    expect([response.jobResponseID, response.jobOrderID]).to.deep.equal(['run-7', 'Ended'])
    expect([response.startTime, response.endTime]).to.deep.equal([
      new Date('2026-05-01T06:00:00Z'),
      new Date('2026-05-01T07:00:00Z'),
    ])
    expect(response.jobState.map(({ stateNumber, stateText }) => [stateNumber, stateText.text])).to.deep.equal([
      [5, 'Ended'],
    ])
    const data = response.jobResponseData.map(({ ID, value, engineeringUnits }) => [
      ...[ID, value.dataType, engineeringUnits?.displayName.text],
    ])
    expect(data).to.deep.equal([
      ['JobResult', 6, undefined],
      ['ReasonForStateChange', 21, undefined],
      ['volume', 11, 'l'],
      ['batch', 12, undefined],
      ['counts', 5, undefined],
      ['lost', 0, 'l'],
    ])
    const values = response.jobResponseData.map(({ value }) => value.value)
    expect(values[0]).to.equal(1)
    expect((values[1] as { text: string }[])[0]?.text).to.equal('done')
    expect([values[2], values[3], [...(values[4] as number[])]]).to.deep.equal([12.5, 'B-1', [1, 2]])
    expect(response.equipmentActuals.map(({ ID }) => ID)).to.deep.equal([filler, 'servo1'])
  })

  it('have no times before there are any', async () => {
    const response = (await mes.responseOf('Running')).first as Response
    expect([response.startTime, response.endTime]).to.deep.equal([undefined, undefined])
    expect(response.jobResponseData[0]?.value.value).to.equal(0)
  })

  it('are not there for a job order that has not begun, or that is unknown', async () => {
    for (const id of ['NotAllowedToStart', 'AllowedToStart']) {
      const { status, bits, first } = await mes.responseOf(id)
      expect([status, bits, first]).to.deep.equal(['Uncertain', jobStatus.invalidState, null])
    }
    const { status, bits, first } = await mes.responseOf('nobody')
    expect([status, bits, first]).to.deep.equal(['Uncertain', jobStatus.unknownJobOrder, null])
  })

  it('are found by state; states without results have none', async () => {
    for (const state of jobStates) {
      const { status, bits, first } = await mes.responsesIn([await mes.state(jobStateNumber(state))])
      expect([status, bits], state).to.deep.equal(['Good', 1n])
      const ids = (first as Response[]).map(({ jobOrderID }) => jobOrderID)
      expect(ids, state).to.deep.equal(jobStateNumber(state) < 3 ? [] : [state])
    }
    const both = await mes.responsesIn([await mes.state(3), await mes.state(6)])
    expect((both.first as Response[]).map(({ jobOrderID }) => jobOrderID)).to.deep.equal(['Running', 'Aborted'])
  })

  it('are not found by a state that there is not, by a substate, or by none', async () => {
    const substate = await mes.state(5, { elements: [{ targetName: { namespaceIndex: 0, name: 'Completed' } }] })
    for (const states of [[await mes.state(0)], [await mes.state(7)], [substate], [await mes.state(5), substate]]) {
      const { status, bits, first } = await mes.responsesIn(states)
      expect([status, bits, first]).to.deep.equal(['Uncertain', jobStatus.invalidState, []])
    }
    const none = await mes.responsesIn([])
    expect([none.status, none.bits, none.first]).to.deep.equal(['Uncertain', jobStatus.invalidRequest, []])
    const wrong = await mes.responsesIn([await mes.order('x', 'fill')])
    expect([wrong.status, wrong.arguments]).to.deep.equal(['BadInvalidArgument', ['BadTypeMismatch']])
  })

  it('are listed for exactly those that have begun, in order of arrival', async () => {
    const rows = (await mes.read('JobOrderResults.JobOrderResponseList')) as never as Response[]
    expect(rows.map(({ jobOrderID }) => jobOrderID)).to.deep.equal(['Running', 'Interrupted', 'Ended', 'Aborted'])
    const byId = (await mes.responseOf('Ended')).first as { toJSON(): object }
    expect((rows[2] as unknown as { toJSON(): object }).toJSON()).to.deep.equal(byId.toJSON())
  })
})
