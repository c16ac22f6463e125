import { expect } from 'chai'
import {
  AggregateFunction,
  DataType,
  type DataValue,
  type HistoryData,
  ReadProcessedDetails,
  StatusCodes,
  VariantArrayType,
} from 'node-opcua'
import { defaultLimits } from '../../../src/model/limits.ts'
import type { Client } from '../bench.ts'
import { at, epoch, samplesOf } from './history-bench.ts'
import { historyRead, rawDetails, rawOf, rowsOf } from './reading.ts'
import {
  badSensor,
  changesOf,
  dataValue,
  deletingAt,
  historyUpdate,
  noValue,
  putting,
  startUpdatable,
  type Updatable,
  type Updated,
} from './updating.ts'

const [inserted, replaced] = ['GoodEntryInserted', 'GoodEntryReplaced']
const all = { start: at(-1e6), end: at(1e6) }

describe('HistoryUpdate (Part 11 §6.9)', function () {
  this.timeout(30_000)
  let served: Updatable
  let client: Client
  let volume: string

  before(async () => {
    served = await startUpdatable()
    client = served.client
    volume = served.volume
  })
  after(() => served.bench.stop())
  afterEach(() => served.clear())

  const nodeOf = (name: string): string => served.nodeOf(name)
  const update = (...details: object[]): Promise<Updated[]> => historyUpdate(client.session, ...details)
  const seconds = async (nodeId = volume): Promise<unknown[]> =>
    (await rawOf(client.session, nodeId, all)).map(({ time, value }) => [(time - epoch) / 1000, value])
  const append = (...rows: [number, number][]): Promise<void> =>
    served.bench.store.append(samplesOf('fill.volume', rows))
  const ends = async (details: object): Promise<unknown> => {
    const [result] = await update(details)
    return [result?.status, ...(result?.operations ?? [])]
  }

  describe('of values', () => {
    it('inserts where nothing is, in any order, and says which value was there already (§6.9.2.2)', async () => {
      await append([10, 1], [30, 3])
      const values = [dataValue(40, 4), dataValue(10, 9), dataValue(20, 2), dataValue(-500, 0)]
      expect(await update(putting('Insert', volume, values))).to.deep.equal([
        { status: 'Good', operations: [inserted, 'BadEntryExists', inserted, inserted] },
      ])
      expect(await seconds()).to.deep.equal([
        [-500, 0],
        [10, 1],
        [20, 2],
        [30, 3],
        [40, 4],
      ])
    })

    it('replaces what is there, and nothing else (§6.9.2.3)', async () => {
      await append([10, 1], [30, 3])
      const values = [dataValue(10, 11), dataValue(20, 2)]
      expect(await ends(putting('Replace', volume, values))).to.deep.equal(['Good', replaced, 'BadNoEntryExists'])
      expect(await seconds()).to.deep.equal([
        [10, 11],
        [30, 3],
      ])
    })

    it('does either when it is asked to update, also twice at one time (§6.9.2.4)', async () => {
      await append([10, 1])
      const values = [dataValue(20, 2), dataValue(10, 11), dataValue(20, 22)]
      expect(await ends(putting('Update', volume, values))).to.deep.equal(['Good', inserted, replaced, replaced])
      expect(await seconds()).to.deep.equal([
        [10, 11],
        [20, 22],
      ])
    })

    it('keeps the first of two insertions at one time', async () => {
      const values = [dataValue(20, 2), dataValue(20, 3)]
      expect(await ends(putting('Insert', volume, values))).to.deep.equal(['Good', inserted, 'BadEntryExists'])
      expect(await seconds()).to.deep.equal([[20, 2]])
    })

    it('keeps statuses with their information bits, and Bad values with or without a value', async () => {
      const values = [
        dataValue(1, 5, 0x40930000),
        dataValue(2, noValue, badSensor),
        dataValue(3, 7, badSensor),
        // InfoType DataValue, limit bits Low and Overflow (Part 4 §7.39.1).
        dataValue(4, 8, 0x00000580),
      ]
      expect(await ends(putting('Insert', volume, values))).to.deep.equal(['Good', ...values.map(() => inserted)])
      const [result] = await historyRead(client.session, rawDetails(all), [{ nodeId: volume }])
      const read = (result?.historyData as HistoryData | null)?.dataValues ?? []
      expect(read.map(({ statusCode, value }) => [statusCode.value, value.value as unknown])).to.deep.equal([
        [0x40930000, 5],
        [StatusCodes.BadSensorFailure.value, null],
        [StatusCodes.BadSensorFailure.value, 7],
        [0x00000580, 8],
      ])
    })

    it('keeps source times below a millisecond, and finds them again', async () => {
      const value = dataValue(1, 5)
      value.sourcePicoseconds = 250_000_000
      expect(await ends(putting('Insert', volume, [value, dataValue(1, 6)]))).to.deep.equal([
        'Good',
        inserted,
        inserted,
      ])
      const [result] = await historyRead(client.session, rawDetails(all), [{ nodeId: volume }])
      const read = (result?.historyData as HistoryData | null)?.dataValues as DataValue[]
      expect(
        read.map(({ value: { value }, sourcePicoseconds }) => [value as unknown, sourcePicoseconds]),
      ).to.deep.equal([
        [6, 0],
        [5, 250_000_000],
      ])
      // What was read names what is there: each is replaced, and deleted, by its own time.
      expect(await ends(putting('Replace', volume, read))).to.deep.equal(['Good', replaced, replaced])
      const time = Object.assign(at(1), { picoseconds: 250_000_000 })
      expect(await ends(deletingAt(volume, [time]))).to.deep.equal(['Good', 'Good'])
      expect(await seconds()).to.deep.equal([[1, 6]])
    })

    it('keeps source times to an eighth of a microsecond, which is what a number of milliseconds has room for', async () => {
      const ticks = [1, 2, 1234, 9999]
      const values = ticks.map((tick, index) => {
        return Object.assign(dataValue(index, index), { sourcePicoseconds: tick * 100_000 })
      })
      await update(putting('Insert', volume, values))
      const [result] = await historyRead(client.session, rawDetails(all), [{ nodeId: volume }])
      const read = (result?.historyData as HistoryData | null)?.dataValues as DataValue[]
      for (const [index, tick] of ticks.entries()) {
        const found = (read[index]?.sourceTimestamp?.getTime() ?? 0) + (read[index]?.sourcePicoseconds ?? 0) / 1e9
        expect(found - at(index).getTime() - tick / 1e4).to.be.within(-0.000_25, 0.000_25)
      }
      expect(await ends(putting('Replace', volume, read))).to.deep.equal(['Good', ...read.map(() => replaced)])
    })

    it('takes every shape of value that the variable has', async () => {
      const double = (...value: number[]) => ({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value })
      const cases: readonly (readonly [string, DataValue[], unknown[]])[] = [
        ['bottles', [dataValue(1, { dataType: DataType.UInt16, value: 65_535 })], [65_535]],
        ['isFull', [dataValue(1, { dataType: DataType.Boolean, value: false })], [false]],
        [
          'label',
          [
            dataValue(1, { dataType: DataType.String, value: 'Füllung ✓' }),
            dataValue(2, { dataType: DataType.String, value: '' }),
          ],
          ['Füllung ✓', ''],
        ],
        ['profile', [dataValue(1, double(1, 2.5)), dataValue(2, double())], [[1, 2.5], []]],
      ]
      for (const [name, values, expected] of cases) {
        const results = await ends(putting('Insert', nodeOf(name), values))
        expect(results, name).to.deep.equal(['Good', ...values.map(() => inserted)])
        const rows = await rawOf(client.session, nodeOf(name), all)
        const read = rows.map(({ value }) => (ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value))
        expect(read, name).to.deep.equal(expected)
      }
    })

    it('refuses each value that does not fit, and takes the others', async () => {
      const mismatch = 'BadTypeMismatch'
      const cases: readonly (readonly [DataValue, string])[] = [
        [dataValue(1, { dataType: DataType.String, value: 'x' }), mismatch],
        [dataValue(2, { dataType: DataType.Int32, value: 1 }), mismatch],
        [dataValue(3, { dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1] }), mismatch],
        [dataValue(4, noValue), mismatch],
        [dataValue(5, noValue, 0x40000000), mismatch],
        [dataValue(6, { dataType: DataType.String, value: 'x' }, badSensor), mismatch],
        [dataValue(null, 1), 'BadInvalidTimestampArgument'],
        [dataValue(new Date('9999-12-31T23:59:59Z'), 1), 'BadOutOfRange'],
        [dataValue(7, 7), inserted as string],
      ]
      const results = await ends(
        putting(
          'Insert',
          volume,
          cases.map(([value]) => value),
        ),
      )
      expect(results).to.deep.equal(['Good', ...cases.map(([, status]) => status)])
      expect(await seconds()).to.deep.equal([[7, 7]])
      const text = [dataValue(1, { dataType: DataType.String, value: null as unknown as string }), dataValue(2, 2)]
      expect(await ends(putting('Insert', nodeOf('label'), text))).to.deep.equal(['Good', mismatch, mismatch])
    })

    it('takes the source time only: a server time alone is none (ServerTimestampSupported is false)', async () => {
      const value = dataValue(null, 1)
      value.serverTimestamp = at(5)
      expect(await ends(putting('Insert', volume, [value]))).to.deep.equal(['Good', 'BadInvalidTimestampArgument'])
    })

    it('takes 10 000 values in a request, among what is there, and is read back the same', async () => {
      const times = Array.from({ length: 10_000 }, (_, index) => index)
      await served.bench.store.append(
        samplesOf(
          'fill.volume',
          times.map((time): [number, number] => [time * 2, time]),
        ),
      )
      const values = times.map((time) => dataValue(time * 2 + 1, -1 - time)).reverse()
      const [result] = await update(putting('Insert', volume, values))
      expect(new Set(result?.operations)).to.deep.equal(new Set([inserted]))
      const rows = await seconds()
      const expected = times.flatMap((time) => [
        [time * 2, time],
        [time * 2 + 1, -1 - time],
      ])
      expect(rows).to.deep.equal(expected)
      const [again] = await update(
        putting(
          'Update',
          volume,
          times.map((time) => dataValue(time * 2, time + 0.5)),
        ),
      )
      expect(new Set(again?.operations)).to.deep.equal(new Set([replaced]))
      expect((await seconds()).length).to.equal(20_000)
    })

    it('shows in aggregates, in values at times, and in what was modified', async () => {
      await append([0, 10], [10, 20], [20, 30], [30, 40])
      await update(putting('Update', volume, [dataValue(10, 120), dataValue(15, 7)]), deletingAt(volume, [at(20)]))
      const aggregateType = [`i=${AggregateFunction.Average}`, `i=${AggregateFunction.Count}`]
      const range = { startTime: at(0), endTime: at(30), processingInterval: 30_000 }
      const computed = new ReadProcessedDetails({
        ...range,
        aggregateType: aggregateType as never,
        aggregateConfiguration: { useServerCapabilitiesDefaults: true },
      })
      const results = await historyRead(client.session, computed, [{ nodeId: volume }, { nodeId: volume }])
      expect(results.map((result) => rowsOf(result)[0]?.value)).to.deep.equal([(10 + 120 + 7) / 3, 3])
      const changes = (await changesOf(client.session, volume)).flat()
      expect(changes).to.deep.equal([
        { time: at(10).getTime(), value: 20, user: 'ConfigureAdmin', kind: 3 },
        { time: at(15).getTime(), value: 7, user: 'ConfigureAdmin', kind: 1 },
        { time: at(20).getTime(), value: 30, user: 'ConfigureAdmin', kind: 4 },
      ])
    })
  })

  it('says what it can do (HistoryServerCapabilities, Part 11 §5.4.2), and how much at once (Part 5 §6.3.2)', async () => {
    const ids = ['i=11196', 'i=11197', 'i=11198', 'i=11199', 'i=11200', 'i=11281', 'i=11282', 'i=11283', 'i=11502']
    const limits = ['i=12167', 'i=12168']
    const values = await client.session.read([...ids, ...limits].map((nodeId) => ({ nodeId, attributeId: 13 })))
    const { nodesPerHistoryUpdate } = defaultLimits
    expect(values.map(({ value }) => value.value as unknown)).to.deep.equal([
      ...[true, true, true, true, true, false, false, false, false],
      ...[nodesPerHistoryUpdate, nodesPerHistoryUpdate],
    ])
  })
})
