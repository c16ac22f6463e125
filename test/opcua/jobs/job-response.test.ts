import { expect } from 'chai'
import { AddressSpace, BinaryStream, generateAddressSpace } from 'node-opcua'
import type { Job, JobResponse } from '../../../src/model/job.ts'
import { responseBody } from '../../../src/opcua/jobs/job-response.ts'
import { jobRows } from '../../../src/opcua/jobs/job-rows.ts'
import { bodyOf, jobType } from '../../../src/opcua/jobs/job-types.ts'
import { serverNodesets } from '../../../src/opcua/nodesets.ts'
import { everyType } from '../hand-made-plant.ts'

const empty: JobResponse = { id: 'run-1', result: 'Unknown', reason: '', equipment: [], outputs: [] }

const responses: Readonly<Record<string, JobResponse>> = {
  'nothing yet': empty,
  'a start': { ...empty, startedAt: Date.UTC(2026, 4, 1, 6, 0, 0, 123) },
  'an end without a start': { ...empty, endedAt: Date.UTC(2026, 4, 1), result: 'Unsuccessful', reason: 'größer 🍺' },
  everything: {
    id: '漢'.repeat(100),
    startedAt: 1,
    endedAt: 2,
    result: 'Successful',
    reason: 'done',
    equipment: ['Acme/Mixer', 'plc1'],
    outputs: [
      ...everyType.map(([dataType, value]) => ({ id: `a${dataType}`, dataType, isArray: false, value })),
      ...everyType.map(([dataType, ...values]) => ({
        id: `l${dataType}`,
        dataType,
        isArray: true,
        value: values as never,
      })),
      { id: 'bad', dataType: 'Double', isArray: false, value: null, unit: 'l' },
      { id: 'misfit', dataType: 'Double', isArray: false, value: 'text' },
      { id: 'own unit', dataType: 'Double', isArray: false, value: 1, unit: 'buckets' },
    ],
  },
}

describe('the body of a job response', () => {
  let addressSpace: AddressSpace

  before(async () => {
    addressSpace = AddressSpace.create()
    await generateAddressSpace(addressSpace, [...serverNodesets])
  })
  after(() => addressSpace.dispose())

  const parameters = [
    { id: 'JobName', value: 'Bottles' },
    { id: 'volume', value: 12 },
    { id: 'OrderNumbers', value: ['4711', '4712'] },
  ]
  const order = { id: 'WO-1', pipeline: 'mix', priority: 0, parameters, equipment: [], document: undefined }
  const jobWith = (response: JobResponse): Job => ({ order, state: 'Running', arrivedAt: 0, changedAt: 0, response })

  for (const [what, response] of Object.entries(responses)) {
    it(`is what the stack makes of the same structure, with ${what}`, () => {
      const body = responseBody(addressSpace, jobWith(response), response)
      const read = new (jobType(addressSpace, 'ISA95JobResponseDataType'))()
      const stream = new BinaryStream(Buffer.from(body))
      read.decode(stream)
      expect(stream.length).to.equal(body.length)
      expect(Buffer.from(bodyOf(read)).equals(body)).to.equal(true)
      const { jobResponseID, jobOrderID, startTime, endTime, jobResponseData } = read as never as Record<
        string,
        unknown
      >
      const data = jobResponseData as readonly { readonly ID: string; readonly value: { readonly value: unknown } }[]
      expect(data.slice(2, 4).map(({ ID, value }) => [ID, value.value])).to.deep.equal([
        ['JobName', 'Bottles'],
        ['OrderNumbers', ['4711', '4712']],
      ])
      expect([jobResponseID, jobOrderID]).to.deep.equal([response.id, 'WO-1'])
      const timeOf = (time: number | undefined) => (time === undefined ? undefined : new Date(time))
      expect([startTime, endTime]).to.deep.equal([timeOf(response.startedAt), timeOf(response.endedAt)])
      expect(jobRows(addressSpace).response(jobWith(response))?.toJSON()).to.deep.equal(read.toJSON())
    })
  }

  for (const [what, document] of [
    ['is missing', undefined],
    ['can no longer be read', { type: 'i=1', namespaces: ['urn:gone'], body: new Uint8Array([1, 2, 3]) }],
  ] as const) {
    it(`stands beside a job order with its id and work master, when what the client gave ${what}`, () => {
      const job = { ...jobWith(empty), order: { ...order, document } }
      const [row] = jobRows(addressSpace).orders([job]).value as { toJSON(): { jobOrder: object } }[]
      expect(row?.toJSON().jobOrder).to.deep.include({ jobOrderID: 'WO-1' })
      expect(JSON.stringify(row?.toJSON())).to.include('"mix"')
    })
  }
})
