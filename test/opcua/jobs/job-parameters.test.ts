import { expect } from 'chai'
import { DataType, type ExtensionObject, makeEUInformation, type VariantLike } from 'node-opcua'
import { jobStatus } from '../../../src/model/job.ts'
import { engineeringUnitOf } from '../../../src/opcua/port-variable.ts'
import { double, mixer, type RealPlant, startReal } from './real-plant.ts'

interface Parameter {
  readonly ID: string
  readonly value: { readonly dataType: number; readonly value: unknown }
  readonly description: readonly { readonly text: string }[]
  readonly subparameters?: readonly Parameter[]
  readonly engineeringUnits?: { readonly displayName: { readonly text: string } }
}

interface Master {
  readonly ID: string
  readonly parameters: readonly Parameter[]
}

describe('parameters of a job order', function () {
  this.timeout(60_000)
  let plant: RealPlant
  let count = 0

  before(async () => {
    plant = await startReal()
  })
  afterEach(() => plant.clean())
  after(() => plant.scratch.stop())

  const given = (ID: string, value: VariantLike, more: object = {}) => plant.mes.parameter(ID, value, more)
  /** Runs a job order to its end, and gives what it has mixed. */
  const mixedBy = async (fields: object): Promise<unknown> => {
    const id = `run-${++count}`
    const { status, bits } = await plant.mes.give('StoreAndStart', await plant.mes.order(id, 'quick', fields))
    expect([status, bits]).to.deep.equal(['Good', jobStatus.done])
    await plant.stateIs(id, 'Ended')
    const response = (await plant.mes.responseOf(id)).first as { readonly jobResponseData: readonly Parameter[] }
    const [result, , mixed] = response.jobResponseData
    expect([result?.value.value, mixed?.ID, mixed?.engineeringUnits?.displayName.text]).to.deep.equal([1, 'mixed', 'l'])
    return mixed?.value.value
  }
  /** The bits of a job order that is refused; nothing of it may stay. */
  const refusal = async (fields: object, pipeline = 'quick'): Promise<bigint | undefined> => {
    const id = `refused-${++count}`
    for (const method of ['Store', 'StoreAndStart']) {
      const { status } = await plant.mes.give(method, await plant.mes.order(id, pipeline, fields))
      expect(status).to.equal('Uncertain')
    }
    expect(await plant.mes.states()).to.deep.equal({})
    return (await plant.mes.give('Store', await plant.mes.order(id, pipeline, fields))).bits
  }

  it('stand in WorkMaster with default, unit and limits', async () => {
    const masters = (await plant.mes.read('JobOrderControl.WorkMaster')) as never as Master[]
    expect(masters.map(({ ID }) => ID)).to.deep.equal(['mix', 'quick'])
    const [mix] = masters
    expect(
      mix?.parameters.map(({ ID, value, subparameters }) => [
        ID,
        value.dataType,
        value.value,
        Object.fromEntries((subparameters ?? []).map((each) => [each.ID, each.value.value])),
      ]),
    ).to.deep.equal([
      ['volume', DataType.Double, 10, { Min: 0, Max: 100 }],
      ['count', DataType.Int32, 3, { Min: 1 }],
      ['total', DataType.Int64, [0, 5], {}],
      ['due', DataType.DateTime, new Date('2026-01-02T03:04:05Z'), {}],
      ['fast', DataType.Boolean, false, {}],
      ['batch', DataType.String, 'none', {}],
    ])
    expect(mix?.parameters.slice(0, 2).map(({ description }) => description[0]?.text)).to.deep.equal([
      'How much. (Double, 0 to 100 l)',
      '(Int32, at least 1)',
    ])
  })

  it('have their defaults, where the order does not give them', async () => {
    expect(await mixedBy({})).to.equal(10.5)
    expect(await mixedBy({ jobOrderParameters: [await given('volume', double(20))] })).to.equal(20.5)
    expect(await mixedBy({})).to.equal(10.5)
  })

  it('may be those of an entry of WorkMaster that the client has changed', async () => {
    const masters = await plant.mes.read('JobOrderControl.WorkMaster')
    const quick = masters.find(({ ID }) => ID === 'quick') as never as ExtensionObject & Master
    Object.assign(quick.parameters[0]!.value, { value: 30 })
    expect(await mixedBy({ workMasterID: [quick] })).to.equal(30.5)
  })

  it('are converted to the unit of the pipeline', async () => {
    const engineeringUnits = engineeringUnitOf('ml')
    expect(await mixedBy({ jobOrderParameters: [await given('volume', double(2500), { engineeringUnits })] })).to.equal(
      3,
    )
  })

  it('are refused, when their unit cannot be converted, is unknown, or has no place', async () => {
    const bits = jobStatus.invalidRequest | jobStatus.wrongUnit
    const kilogram = await given('volume', double(1), { engineeringUnits: engineeringUnitOf('kg') })
    const bucket = await given('volume', double(1), { engineeringUnits: makeEUInformation('XX', 'bucket', 'bucket') })
    const pieces = await given(
      'fast',
      { dataType: DataType.Boolean, value: true },
      { engineeringUnits: engineeringUnitOf('l') },
    )
    for (const parameter of [kilogram, bucket, pieces]) {
      expect(await refusal({ jobOrderParameters: [parameter] })).to.equal(bits)
    }
  })

  it('are refused, when there is no such, it is there twice, or its value is of another type', async () => {
    const wrong: readonly (readonly ExtensionObject[])[] = [
      [await given('nothing', double(1))],
      [await given('', double(1))],
      [await given('volume', double(1)), await given('volume', double(1))],
      [await given('volume', { dataType: DataType.String, value: '1' })],
      [await given('volume', { dataType: DataType.Null })],
      [await given('volume', { dataType: DataType.ExtensionObject, value: engineeringUnitOf('l') })],
      [await given('count', { dataType: DataType.Double, value: 1.5 })],
      [await given('fast', { dataType: DataType.Int32, value: 1 })],
    ]
    for (const jobOrderParameters of wrong) {
      expect(await refusal({ jobOrderParameters })).to.equal(jobStatus.invalidRequest | jobStatus.wrongParameter)
    }
  })

  it('are refused out of range, also when only the conversion brings them there', async () => {
    const bits = jobStatus.invalidRequest | jobStatus.parameterOutOfRange
    for (const parameter of [
      await given('volume', double(100.001)),
      await given('volume', double(-1)),
      await given('volume', double(1), { engineeringUnits: engineeringUnitOf('m³') }),
      await given('count', { dataType: DataType.Int32, value: 0 }),
    ]) {
      expect(await refusal({ jobOrderParameters: [parameter] })).to.equal(bits)
    }
  })

  it('tell of every fault at once', async () => {
    const jobOrderParameters = [await given('nothing', double(1)), await given('volume', double(1000))]
    const { invalidRequest, wrongParameter, parameterOutOfRange } = jobStatus
    expect(await refusal({ jobOrderParameters })).to.equal(invalidRequest | wrongParameter | parameterOutOfRange)
  })

  it('do not help a job order for a work master or equipment that there is not', async () => {
    const { notAccepted, unknownWorkMaster, equipmentNotAvailable } = jobStatus
    expect(await refusal({}, 'nobody')).to.equal(notAccepted | unknownWorkMaster)
    const equipmentRequirements = [await plant.mes.make('ISA95EquipmentDataType', { ID: 'Acme/Other' })]
    expect(await refusal({ equipmentRequirements })).to.equal(notAccepted | equipmentNotAvailable)
    const own = [await plant.mes.make('ISA95EquipmentDataType', { ID: mixer })]
    expect(await mixedBy({ equipmentRequirements: own })).to.equal(10.5)
  })

  it('and the id may be of any script and of 4096 characters, but not longer and not empty', async () => {
    const { mes } = plant
    const long = '🍺é漢'.repeat(1024)
    expect(long).to.have.length(4096)
    expect((await mes.give('StoreAndStart', await mes.order(long, 'quick'))).bits).to.equal(jobStatus.done)
    await plant.stateIs(long, 'Ended')
    expect((await mes.responseOf(long)).bits).to.equal(jobStatus.done)
    for (const id of [`${long}x`, '', null]) {
      const order = await mes.order('x', 'quick', { jobOrderID: id })
      expect((await mes.give('Store', order)).bits).to.equal(jobStatus.invalidRequest)
    }
  })
})
