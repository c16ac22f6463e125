import { expect } from 'chai'
import {
  coerceLocalizedText,
  DataType,
  type ExtensionObject,
  makeEUInformation,
  resolveNodeId,
  VariantArrayType,
} from 'node-opcua'
import { type JobOrder, jobStatus } from '../../../src/model/job.ts'
import { engineeringUnitOf } from '../../../src/opcua/port-variable.ts'
import { type Bench, startBench } from '../bench.ts'
import { type JobClient, jobClient } from './job-client.ts'
import { filler, JobPlant } from './job-plant.ts'

const double = (value: number) => ({ dataType: DataType.Double, value })

describe('a job order as it comes from a client', () => {
  const plant = new JobPlant()
  let bench: Bench
  let mes: JobClient
  let count = 0

  before(async () => {
    bench = await startBench({ view: plant })
    mes = await jobClient(await bench.connect(), filler)
  })
  after(() => bench.stop())

  /** Stores a job order, and gives what was understood. */
  const understood = async (fields: object): Promise<JobOrder> => {
    const id = `order-${++count}`
    const answered = await mes.give('Store', await mes.order(id, 'fill', fields))
    expect([answered.status, answered.bits]).to.deep.equal(['Good', 1n])
    return plant.jobs.find(filler, id)!.order
  }

  it('is understood with priority, times, equipment and parameters', async () => {
    const order = await understood({
      priority: 5,
      startTime: new Date('2026-05-01T06:00:00.250Z'),
      endTime: new Date('2026-05-01T07:00:00Z'),
      jobOrderParameters: [
        await mes.parameter('TargetVolume', double(12.5), { engineeringUnits: engineeringUnitOf('l') }),
      ],
      equipmentRequirements: [await mes.make('ISA95EquipmentDataType', { ID: filler })],
    })
    const { document, ...rest } = order
    expect(rest).to.deep.equal({
      id: order.id,
      pipeline: 'fill',
      priority: 5,
      startTime: Date.UTC(2026, 4, 1, 6, 0, 0, 250),
      endTime: Date.UTC(2026, 4, 1, 7),
      parameters: [{ id: 'TargetVolume', value: 12.5, unit: 'l' }],
      equipment: [filler],
    })
    expect(document).to.have.property('body')
  })

  it('has priority 0, no times and no parameters, when they are left out', async () => {
    const { document: _, id: __, ...rest } = await understood({})
    expect(rest).to.deep.equal({
      pipeline: 'fill',
      priority: 0,
      startTime: undefined,
      endTime: undefined,
      parameters: [],
      equipment: [],
    })
  })

  it('may start at once, when its StartTime is the null time of OPC UA', async () => {
    expect((await understood({ startTime: new Date(Date.UTC(1601, 0, 1)) })).startTime).to.equal(undefined)
  })

  it('keeps values of every type that a parameter can have, and tells of others that they are none', async () => {
    const cases: readonly (readonly [object, unknown])[] = [
      [{ dataType: DataType.Boolean, value: true }, true],
      [{ dataType: DataType.Int16, value: -3 }, -3],
      [{ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0xffffffff, 0xfffffffe] }, -2n],
      [{ dataType: DataType.String, value: 'größer 🍺' }, 'größer 🍺'],
      [{ dataType: DataType.DateTime, value: new Date(5) }, new Date(5)],
      [{ dataType: DataType.ByteString, value: Buffer.from([1, 2]) }, new Uint8Array([1, 2])],
      [{ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1, 2.5] }, [1, 2.5]],
      [{ dataType: DataType.Null }, null],
      [{ dataType: DataType.LocalizedText, value: coerceLocalizedText('x') }, undefined],
      [{ dataType: DataType.ExtensionObject, value: engineeringUnitOf('l') }, undefined],
      [{ dataType: DataType.Double, arrayType: VariantArrayType.Matrix, dimensions: [1, 2], value: [1, 2] }, undefined],
    ]
    const jobOrderParameters: ExtensionObject[] = []
    for (const [index, [value]] of cases.entries())
      jobOrderParameters.push(await mes.parameter(`p${index}`, value as never))
    const { parameters } = await understood({ jobOrderParameters })
    expect(parameters.map(({ value }) => value)).to.deep.equal(cases.map(([, value]) => value))
  })

  it('knows units by their number, else by their name, and says which it does not know', async () => {
    const acme = makeEUInformation('XYZ', 'bucket', 'bucket')
    acme.namespaceUri = 'urn:acme:units'
    const named = makeEUInformation('', 'm³/h', 'cubic metre per hour')
    named.unitId = -1
    const renamed = engineeringUnitOf('°C')
    renamed.displayName = coerceLocalizedText('Grad')!
    const empty = makeEUInformation('', '', '')
    empty.namespaceUri = ''
    const jobOrderParameters = [
      await mes.parameter('a', double(1), { engineeringUnits: renamed }),
      await mes.parameter('b', double(1), { engineeringUnits: named }),
      await mes.parameter('c', double(1), { engineeringUnits: acme }),
      await mes.parameter('d', double(1), { engineeringUnits: empty }),
    ]
    const { parameters } = await understood({ jobOrderParameters })
    expect(parameters.map(({ unit, hasUnknownUnit }) => [unit, hasUnknownUnit])).to.deep.equal([
      ['°C', undefined],
      ['m³/h', undefined],
      ['bucket', true],
      [undefined, undefined],
    ])
  })

  it('takes the parameters of its work master too, where the order does not give others', async () => {
    const master = await mes.make('ISA95WorkMasterDataType', {
      ID: 'fill',
      parameters: [await mes.parameter('TargetVolume', double(1)), await mes.parameter('speed', double(2))],
    })
    const { parameters } = await understood({
      workMasterID: [master],
      jobOrderParameters: [await mes.parameter('TargetVolume', double(3))],
    })
    expect(parameters.map(({ id, value }) => [id, value])).to.deep.equal([
      ['speed', 2],
      ['TargetVolume', 3],
    ])
  })

  it('is refused and nothing stored, when it names no work master or several', async () => {
    const before = plant.jobs.list(filler).length
    const master = await mes.make('ISA95WorkMasterDataType', { ID: 'fill' })
    for (const workMasterID of [[], [master, master], undefined]) {
      const { status, bits } = await mes.give('Store', await mes.order('x', 'fill', { workMasterID }))
      expect([status, bits]).to.deep.equal(['Uncertain', jobStatus.invalidRequest | jobStatus.unknownWorkMaster])
    }
    expect(plant.jobs.list(filler)).to.have.length(before)
  })

  it('is handed on with an empty id, when it has none', async () => {
    for (const jobOrderID of ['', null]) {
      const { status, bits } = await mes.give('StoreAndStart', await mes.order('x', 'fill', { jobOrderID }))
      expect([status, bits]).to.deep.equal(['Uncertain', jobStatus.invalidRequest])
    }
  })

  for (const method of ['Store', 'StoreAndStart', 'Update']) {
    it(`is refused by ${method}, when it is a structure of another kind`, async () => {
      const asked = plant.jobs.asked.length
      const wrong = [
        null,
        engineeringUnitOf('l'),
        await mes.make('ISA95WorkMasterDataType', { ID: 'fill' }),
        await mes.make('ISA95EquipmentDataType', { ID: 'x' }),
        await mes.state(2),
      ]
      for (const structure of wrong) {
        const { status, bits, arguments: results } = await mes.give(method, structure)
        expect([status, bits, results[0]]).to.deep.equal(['BadInvalidArgument', undefined, 'BadTypeMismatch'])
      }
      expect(plant.jobs.asked).to.have.length(asked)
    })
  }

  it('comes with a comment and the name of the user', async () => {
    expect((await mes.ask('Start', 'order-2', 'Schicht 2 übernimmt')).bits).to.equal(1n)
    const last = plant.jobs.asked.at(-1)
    expect([last?.what, last?.id, last?.asked.comment]).to.deep.equal(['start', 'order-2', 'Schicht 2 übernimmt'])
    expect(last?.asked.initiator).to.equal('anonymous')
  })

  it('is echoed by JobOrderList with everything that the client gave, of other types too', async () => {
    const description = [coerceLocalizedText({ locale: 'de', text: 'Flasche füllen 🍺' })!]
    const given = await mes.order('echo-ü', 'fill', {
      description,
      priority: -3,
      startTime: new Date('2026-05-01T06:00:00Z'),
      jobOrderParameters: [
        await mes.parameter('TargetVolume', double(12), {
          description,
          engineeringUnits: engineeringUnitOf('l'),
          subparameters: [await mes.parameter('note', { dataType: DataType.String, value: 'x' })],
        }),
        await mes.parameter('where', { dataType: DataType.NodeId, value: resolveNodeId(mes.node('')) }),
      ],
      materialRequirements: [
        await mes.make('ISA95MaterialDataType', {
          materialLotID: 'L-1',
          quantity: '5',
          engineeringUnits: engineeringUnitOf('l'),
        }),
      ],
      equipmentRequirements: [await mes.make('ISA95EquipmentDataType', { ID: filler, equipmentUse: 'any' })],
    })
    expect((await mes.give('Store', given)).bits).to.equal(1n)
    const rows = (await mes.read('JobOrderControl.JobOrderList')) as never as {
      readonly jobOrder: ExtensionObject & { readonly jobOrderID: string }
      readonly state: readonly { readonly stateNumber: number; readonly browsePath: { readonly elements: unknown } }[]
    }[]
    const row = rows.find(({ jobOrder }) => jobOrder.jobOrderID === 'echo-ü')
    expect(row?.jobOrder.toJSON()).to.deep.equal(given.toJSON())
    expect(row?.state.map(({ stateNumber }) => stateNumber)).to.deep.equal([1])
    expect(row?.state[0]?.browsePath.elements ?? []).to.have.length(0)
  })

  it('may have an id of 4096 characters of any script', async () => {
    for (const id of ['é'.repeat(4096), '🍺'.repeat(2048), ' ', '__proto__', '../x', 'a\u0000b']) {
      expect((await mes.give('StoreAndStart', await mes.order(id, 'fill'))).bits, id.slice(0, 20)).to.equal(1n)
      expect((await mes.states())[id]).to.equal('AllowedToStart')
      expect((await mes.ask('Cancel', id)).bits).to.equal(1n)
      expect((await mes.ask('Cancel', id)).bits).to.equal(jobStatus.unknownJobOrder)
    }
  })
})
