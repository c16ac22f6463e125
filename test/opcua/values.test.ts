import { expect } from 'chai'
import { AttributeIds, DataType, type EUInformation, StatusCodes, Variant, VariantArrayType } from 'node-opcua'
import { MillraceError } from '../../src/model/errors.ts'
import { bad } from '../../src/model/sample.ts'
import { Status } from '../../src/model/status.ts'
import type { DataType as DataTypeName, Value } from '../../src/model/value.ts'
import { type Bench, type Client, startBench } from './bench.ts'
import { everyType } from './hand-made-plant.ts'

/** A value as it arrives at a client of the stack. */
function arrived(type: DataTypeName, value: Value): unknown {
  if (type === 'Int64' || type === 'UInt64') {
    const bits = BigInt.asUintN(64, value as bigint)
    return [Number(bits >> 32n), Number(bits & 0xffffffffn)]
  }
  return type === 'ByteString' ? Buffer.from(value as Uint8Array) : value
}

describe('values', () => {
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench()
    client = await bench.connect()
  })
  after(() => bench.stop())

  async function attribute(identifier: string, attributeId: AttributeIds): Promise<unknown> {
    const { value, statusCode } = await client.session.read({ nodeId: client.id(identifier), attributeId })
    expect(statusCode.name).to.equal('Good')
    return value.value
  }

  async function typeOf(identifier: string): Promise<string | null | undefined> {
    const { references } = await client.session.browse({
      nodeId: client.id(identifier),
      referenceTypeId: 'HasTypeDefinition',
      resultMask: 63,
    } as never)
    return references?.[0]?.browseName.name
  }

  describe('declaration', () => {
    it('chooses the variable type by what is known of a port', async () => {
      expect(await typeOf('dev/plc1.Level')).to.equal('AnalogUnitRangeType')
      expect(await typeOf('dev/plc1.flow')).to.equal('AnalogUnitType')
      expect(await typeOf('dev/plc1.count')).to.equal('AnalogItemType')
      expect(await typeOf('dev/plc1.aBoolean')).to.equal('TwoStateDiscreteType')
      expect(await typeOf('dev/plc1.mode')).to.equal('MultiStateDiscreteType')
      expect(await typeOf('dev/plc1.aString')).to.equal('DataItemType')
      expect(await typeOf('dev/plc1.recipe')).to.equal('AnalogUnitType')
    })

    it('gives DataType, ValueRank and a sampling interval of 0', async () => {
      for (const [type] of everyType) {
        expect(String(await attribute(`dev/plc1.a${type}`, AttributeIds.DataType))).to.equal(`ns=0;i=${DataType[type]}`)
        expect(await attribute(`dev/plc1.a${type}`, AttributeIds.ValueRank)).to.equal(-1)
        expect(await attribute(`dev/plc1.l${type}`, AttributeIds.ValueRank)).to.equal(1)
        expect(await attribute(`dev/plc1.a${type}`, AttributeIds.MinimumSamplingInterval)).to.equal(0)
      }
    })

    it('gives unit by its UNECE code and range', async () => {
      const unit = (await client.read('dev/plc1.Level.EngineeringUnits')).value.value as EUInformation
      expect(unit.displayName.text).to.equal('l')
      expect(unit.namespaceUri).to.equal('http://www.opcfoundation.org/UA/units/un/cefact')
      // `LTR` of Recommendation 20 as the bytes of a number (Part 8 §5.6.3.3).
      expect(unit.unitId).to.equal(0x4c5452)
      const { low, high } = (await client.read('dev/plc1.Level.EURange')).value.value
      expect([low, high]).to.deep.equal([0, 50])
    })
  })

  describe('reading', () => {
    it('answers BadWaitingForInitialData, before the first sample', async () => {
      expect((await client.read('servo1.nothing')).statusCode.name).to.equal('BadNodeIdUnknown')
      expect((await client.read('dev/servo1.Position')).statusCode.name).to.equal('BadWaitingForInitialData')
    })

    for (const [type, value, other] of everyType) {
      it(`gives a ${type} and an array of it`, async () => {
        bench.plant.set(`plc1.a${type}`, value)
        bench.plant.set(`plc1.l${type}`, [value, other] as Value)
        const scalar = await client.read(`dev/plc1.a${type}`)
        expect(DataType[scalar.value.dataType]).to.equal(type)
        expect(scalar.value.value).to.deep.equal(arrived(type, value))
        const list = await client.read(`dev/plc1.l${type}`)
        expect(list.value.arrayType).to.equal(VariantArrayType.Array)
        expect([...list.value.value]).to.deep.equal([arrived(type, value), arrived(type, other)])
      })
    }

    it('carries status and source time of a sample', async () => {
      const time = Date.UTC(2026, 5, 1, 12, 0, 0, 250)
      bench.plant.emit({
        tag: 'plc1.flow',
        sample: { value: 2, status: Status.UncertainLastUsableValue, sourceTime: time },
      })
      const uncertain = await client.read('dev/plc1.flow')
      expect(uncertain.statusCode.name).to.equal('UncertainLastUsableValue')
      expect(uncertain.value.value).to.equal(2)
      expect(uncertain.sourceTimestamp?.getTime()).to.equal(time)
      bench.plant.emit({ tag: 'plc1.flow', sample: bad(Status.BadNoCommunication, time + 1, 'plc1') })
      const lost = await client.read('dev/plc1.flow')
      expect(lost.statusCode.name).to.equal('BadNoCommunication')
      expect(lost.sourceTimestamp?.getTime()).to.equal(time + 1)
    })

    it('turns a value that is not of its declared type Bad, and goes on', async () => {
      bench.plant.set('plc1.count', 70_000)
      expect((await client.read('dev/plc1.count')).statusCode.name).to.equal('BadOutOfRange')
      bench.plant.set('plc1.count', 'many')
      expect((await client.read('dev/plc1.count')).statusCode.name).to.equal('BadTypeMismatch')
      bench.plant.set('plc1.count', 7)
      expect((await client.read('dev/plc1.count')).value.value).to.equal(7)
    })

    it('shows a choice as its position among EnumStrings', async () => {
      bench.plant.set('plc1.mode', 'auto')
      expect((await client.read('dev/plc1.mode')).value.value).to.equal(1)
      const texts = (await client.read('dev/plc1.mode.EnumStrings')).value.value as { text: string }[]
      expect(texts.map(({ text }) => text)).to.deep.equal(['off', 'auto', 'manual'])
      bench.plant.set('plc1.mode', 'broken')
      expect((await client.read('dev/plc1.mode')).statusCode.name).to.equal('BadOutOfRange')
    })

    it('shows the diagnostics of devices, pipelines and steps', async () => {
      const { plant } = bench
      plant.set('plc1#connectionState', 'Connected')
      plant.set('plc1#requestCount', 42)
      plant.set('plc1#roundTripTime', 1.5)
      plant.set('plc1#lastError', 'no answer')
      plant.set('plc1#lastCommunicationTime', new Date(1_000))
      plant.set('fill#lastOutcome', 'Stopped')
      plant.set('fill/scale#state', 'Completed')
      const shown = async (identifier: string): Promise<unknown> => (await client.read(identifier)).value.value
      expect(await shown('dev/plc1.ConnectionState')).to.equal(3)
      expect(await shown('dev/plc1.DeviceHealth')).to.equal(0)
      expect(await shown('dev/plc1.Diagnostics.RequestCount')).to.equal(42)
      expect(await shown('dev/plc1.Diagnostics.RoundTripTime')).to.equal(1.5)
      expect(await shown('dev/plc1.Diagnostics.LastCommunicationTime')).to.deep.equal(new Date(1_000))
      expect(await shown('dev/plc1.LastError')).to.have.property('text', 'no answer')
      expect(await shown('pipe/fill.Diagnostics.LastOutcome')).to.equal(2)
      expect(await shown('pipe/fill/scale.State')).to.equal(2)
    })

    it('shows the health of a device and the status of its last error', async () => {
      const { plant } = bench
      const health = async (state: string): Promise<unknown> => {
        plant.set('servo1#connectionState', state)
        return (await client.read('dev/servo1.DeviceHealth')).value.value
      }
      // NORMAL 0, FAILURE 1, CHECK_FUNCTION 2; a device that connects keeps the health it had.
      expect(await health('Connecting')).to.equal(2)
      expect(await health('Connected')).to.equal(0)
      expect(await health('Error')).to.equal(1)
      expect(await health('Connecting')).to.equal(1)
      const time = Date.now()
      plant.happen({
        kind: 'deviceFailed',
        device: 'servo1',
        state: 'Error',
        status: Status.BadTimeout,
        time,
        message: 'late',
      })
      expect((await client.read('dev/servo1.LastErrorCode')).value.value).to.deep.equal(StatusCodes.BadTimeout)
      plant.happen({ kind: 'deviceConnected', device: 'servo1', time, message: 'back' })
      expect((await client.read('dev/servo1.LastErrorCode')).value.value).to.deep.equal(StatusCodes.Good)
    })
  })

  describe('writing', () => {
    for (const [type, , value] of everyType) {
      it(`passes a ${type} on to the plant`, async () => {
        const status = await client.write(`dev/plc1.w${type}`, {
          dataType: DataType[type],
          arrayType: VariantArrayType.Scalar,
          value: arrived(type, value),
        })
        expect(status).to.equal('Good')
        expect(bench.plant.latest(`plc1.w${type}`)?.value).to.deep.equal(value)
        expect(bench.plant.asked.at(-1)).to.deep.equal({
          what: `plc1.w${type} = ${String(value)}`,
          initiator: 'anonymous',
        })
      })
    }

    it('passes an array and a choice on', async () => {
      const list = new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1.5, 2.5] })
      expect(await client.write('dev/plc1.recipe', list)).to.equal('Good')
      expect(bench.plant.latest('plc1.recipe')?.value).to.deep.equal([1.5, 2.5])
      expect(await client.write('dev/plc1.mode', { dataType: DataType.UInt32, value: 2 })).to.equal('Good')
      expect(bench.plant.latest('plc1.mode')?.value).to.equal('manual')
      expect(await client.write('dev/plc1.mode', { dataType: DataType.UInt32, value: 3 })).to.equal('BadOutOfRange')
    })

    it('passes a parameter on and returns what the plant says', async () => {
      const parameter = 'pipe/fill.Parameters.TargetVolume'
      expect(await client.write(parameter, { dataType: DataType.Double, value: 12 })).to.equal('Good')
      expect((await client.read(parameter)).value.value).to.equal(12)
      expect(await client.write(parameter, { dataType: DataType.Double, value: 51 })).to.equal('BadOutOfRange')
      expect((await client.read(parameter)).value.value).to.equal(12)
    })

    it('keeps the value, when the device refuses the write', async () => {
      bench.plant.set('plc1.wDouble', 1)
      bench.plant.writeStatus = Status.BadNotConnected
      expect(await client.write('dev/plc1.wDouble', { dataType: DataType.Double, value: 2 })).to.equal(
        'BadNotConnected',
      )
      bench.plant.writeStatus = Status.Good
      expect((await client.read('dev/plc1.wDouble')).value.value).to.equal(1)
    })

    it('answers the status of an operating error, and BadInternalError for a fault, which is logged', async () => {
      const write = (): Promise<string> => client.write('dev/plc1.wDouble', { dataType: DataType.Double, value: 2 })
      bench.plant.writeError = new MillraceError('timed-out', 'plc1.wDouble took too long')
      expect(await write()).to.equal('BadTimeout')
      bench.plant.writeError = new TypeError('boom')
      expect(await write()).to.equal('BadInternalError')
      expect(bench.log.join('\n')).to.include('error write to dev/plc1.wDouble failed: TypeError: boom')
      bench.plant.writeError = undefined
    })

    it('answers BadTypeMismatch and asks nothing, when the type is another', async () => {
      const before = bench.plant.asked.length
      expect(await client.write('dev/plc1.wDouble', { dataType: DataType.String, value: '2' })).to.equal(
        'BadTypeMismatch',
      )
      expect(
        await client.write('dev/plc1.wString', { dataType: DataType.ByteString, value: Buffer.from('a') }),
      ).to.equal('BadTypeMismatch')
      const list = new Variant({ dataType: DataType.Int16, arrayType: VariantArrayType.Array, value: [1] })
      expect(await client.write('dev/plc1.wInt16', list)).to.equal('BadTypeMismatch')
      expect(await client.write('dev/plc1.recipe', { dataType: DataType.Double, value: 1 })).to.equal('BadTypeMismatch')
      expect(bench.plant.asked.length).to.equal(before)
    })

    it('answers BadWriteNotSupported, when a status, a time or a part of an array is written', async () => {
      const write = async (more: object): Promise<string> => {
        const value = { value: { dataType: DataType.Double, value: 1 } }
        const request = { nodeId: client.id('dev/plc1.wDouble'), attributeId: AttributeIds.Value, value, ...more }
        return (await client.session.write(request as never)).name
      }
      const value = { dataType: DataType.Double, value: 1 }
      expect(await write({ value: { value, sourceTimestamp: new Date() } })).to.equal('BadWriteNotSupported')
      expect(await write({ value: { value, statusCode: StatusCodes.BadTimeout } })).to.equal('BadWriteNotSupported')
      expect(await write({ indexRange: '0:1' })).to.match(/^Bad(WriteNotSupported|IndexRange)/)
    })

    it('answers BadNotWritable for everything that is not declared writable', async () => {
      for (const identifier of ['dev/plc1.Level', 'pipe/fill.Outputs.volume', 'pipe/fill/scale.Outputs.out']) {
        expect(await client.write(identifier, { dataType: DataType.Double, value: 1 })).to.equal('BadNotWritable')
      }
      expect(await client.write('dev/plc1.DeviceId', { dataType: DataType.String, value: 'x' })).to.equal(
        'BadNotWritable',
      )
    })
  })
})
