import { expect } from 'chai'
import { jobPipelineOf } from '../../src/job-pipelines.ts'
import { checkOrder } from '../../src/jobs/check-order.ts'
import { type JobParameter, jobStatus } from '../../src/model/job.ts'
import { jobsRig, order, unit } from './rig.ts'

const { invalidRequest, notAccepted } = jobStatus

describe('checking a job order', () => {
  const { pipelines } = jobsRig()
  const mix = jobPipelineOf(pipelines.byId('mix')!)
  const checked = (rest: Parameters<typeof order>[1], id = 'WO-1') =>
    checkOrder(order(id, rest), { equipment: unit, pipeline: mix })
  const given = (...parameters: JobParameter[]) => checked({ parameters })
  const valuesOf = (result: ReturnType<typeof checkOrder>) =>
    'values' in result ? Object.fromEntries(result.values) : result
  const statusOf = (result: ReturnType<typeof checkOrder>) => ('status' in result ? result.status : jobStatus.done)

  it('gives parameters that are not mentioned their defaults', () => {
    expect(valuesOf(given())).to.deep.equal({ volume: 10, count: 3 })
    expect(valuesOf(given({ id: 'count', value: 7 }))).to.deep.equal({ volume: 10, count: 7 })
  })

  it('converts units, and refuses those that cannot be converted', () => {
    expect(valuesOf(given({ id: 'volume', value: 0.012, unit: 'm³' }))).to.deep.equal({ volume: 12, count: 3 })
    expect(valuesOf(given({ id: 'volume', value: 250, unit: 'ml' }))).to.deep.equal({ volume: 0.25, count: 3 })
    const wrongUnit = invalidRequest | jobStatus.wrongUnit
    expect(statusOf(given({ id: 'volume', value: 1, unit: '°C' }))).to.equal(wrongUnit)
    expect(statusOf(given({ id: 'volume', value: 1, unit: 'furlong', hasUnknownUnit: true }))).to.equal(wrongUnit)
    expect(statusOf(given({ id: 'count', value: 1, unit: 'l' }))).to.equal(wrongUnit)
    expect(statusOf(given({ id: 'volume', value: '1', unit: 'ml' }))).to.equal(
      invalidRequest | jobStatus.wrongParameter,
    )
  })

  it('takes what OPC 40001-3 has names for, as long as it is of the right type', () => {
    const notes = [
      { id: 'JobName', value: 'A job' },
      { id: 'OrderNumbers', value: ['1', '2'] },
    ]
    expect(valuesOf(given(...notes))).to.deep.equal({ volume: 10, count: 3 })
    const wrong = invalidRequest | jobStatus.wrongParameter
    expect(statusOf(given({ id: 'JobName', value: 1 }))).to.equal(wrong)
    expect(statusOf(given({ id: 'OrderNumbers', value: '1' }))).to.equal(wrong)
    expect(statusOf(given(notes[0]!, notes[0]!))).to.equal(wrong)
  })

  it('checks limits after the conversion', () => {
    const outOfRange = invalidRequest | jobStatus.parameterOutOfRange
    expect(statusOf(given({ id: 'volume', value: 101 }))).to.equal(outOfRange)
    expect(statusOf(given({ id: 'volume', value: 0.2, unit: 'm³' }))).to.equal(outOfRange)
    expect(statusOf(given({ id: 'volume', value: -0.001 }))).to.equal(outOfRange)
    expect(statusOf(given({ id: 'volume', value: 100_000, unit: 'ml' }))).to.equal(jobStatus.done)
  })

  it('refuses values of a wrong type, unknown and repeated parameters, and those without a value', () => {
    const wrong = invalidRequest | jobStatus.wrongParameter
    for (const value of ['12', true, [1], null, undefined, new Date(0), 1n]) {
      expect(statusOf(given({ id: 'volume', value })), String(value)).to.equal(wrong)
    }
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(statusOf(given({ id: 'volume', value })) & invalidRequest, String(value)).to.equal(invalidRequest)
    }
    expect(statusOf(given({ id: 'count', value: 1.5 }))).to.equal(wrong)
    expect(statusOf(given({ id: 'volumes', value: 1 }))).to.equal(wrong)
    expect(statusOf(given({ id: 'volume', value: 1 }, { id: 'volume', value: 1 }))).to.equal(wrong)
  })

  it('wants an id, a pipeline of that equipment, equipment that it has, and an end after the start', () => {
    expect(statusOf(checked({}, ''))).to.equal(invalidRequest)
    expect(statusOf(checked({}, 'x'.repeat(4097)))).to.equal(invalidRequest)
    expect(statusOf(checked({}, 'ü'.repeat(4096)))).to.equal(jobStatus.done)
    const unknown = notAccepted | jobStatus.unknownWorkMaster
    expect(statusOf(checkOrder(order('a'), { equipment: unit, pipeline: undefined }))).to.equal(unknown)
    expect(statusOf(checkOrder(order('a'), { equipment: 'Acme/Other', pipeline: mix }))).to.equal(unknown)
    expect(statusOf(checked({ equipment: [unit] }))).to.equal(jobStatus.done)
    expect(statusOf(checked({ equipment: [unit, 'plc9'] }))).to.equal(notAccepted | jobStatus.equipmentNotAvailable)
    expect(statusOf(checked({ startTime: 2, endTime: 1 }))).to.equal(invalidRequest)
  })

  it('gives the bits of all faults, and names each with its remedy', () => {
    const result = checked({
      parameters: [
        { id: 'volume', value: 101 },
        { id: 'x', value: 1 },
      ],
      equipment: ['y'],
    })
    expect(statusOf(result)).to.equal(
      ...([
        invalidRequest |
          notAccepted |
          jobStatus.equipmentNotAvailable |
          jobStatus.parameterOutOfRange |
          jobStatus.wrongParameter,
      ] as const),
    )
    const { message } = result as { message: string }
    expect(message)
      .to.match(/it takes 0 to 100 l/)
      .and.match(/it has volume, count/)
      .and.match(/name Acme/)
  })
})
