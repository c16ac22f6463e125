import { expect } from 'chai'
import { HistoryUpdateRequest, NodeId } from 'node-opcua'
import { DeleteEventDetails, UpdateEventDetails, UpdateStructureDataDetails } from 'node-opcua-types'
import { defaultLimits } from '../../../src/model/limits.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import type { Client } from '../bench.ts'
import { at, epoch, samplesOf, startHistoryBench, users } from './history-bench.ts'
import { rawDetails, rawOf } from './reading.ts'
import {
  admin,
  changesOf,
  dataValue,
  deletingAt,
  deletingRange,
  historyUpdate,
  putting,
  startUpdatable,
  type Updatable,
  type Updated,
} from './updating.ts'

const replaced = 'GoodEntryReplaced'
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

  describe('that deletes', () => {
    const rows: [number, number][] = [0, 1, 2, 3, 4, 5].map((time) => [time, time])

    it('takes out a range up to but not including its end, or one time (§6.9.5)', async () => {
      await append(...rows, [3, 33])
      expect(await ends(deletingRange(volume, { start: at(1), end: at(3) }))).to.deep.equal(['Good'])
      expect(await seconds()).to.deep.equal([
        [0, 0],
        [3, 3],
        [3, 33],
        [4, 4],
        [5, 5],
      ])
      expect(await ends(deletingRange(volume, { start: at(3), end: at(3) }))).to.deep.equal(['Good'])
      expect((await seconds()).length).to.equal(3)
    })

    it('answers BadNoData where nothing is, and BadInvalidTimestampArgument to a range that is none', async () => {
      await append(...rows)
      const cases: readonly (readonly [Date | null, Date | null, string])[] = [
        [at(50), at(60), 'BadNoData'],
        [at(1.5), at(1.5), 'BadNoData'],
        [at(3), at(1), 'BadInvalidTimestampArgument'],
        [null, at(1), 'BadInvalidTimestampArgument'],
        [at(1), null, 'BadInvalidTimestampArgument'],
      ]
      for (const [start, end, status] of cases) {
        expect(await ends(deletingRange(volume, { start, end }))).to.deep.equal([status])
        expect(await ends(deletingRange(volume, { start, end, isModified: true }))).to.deep.equal([status])
      }
      expect((await seconds()).length).to.equal(6)
    })

    it('takes out what is at given times, and says where nothing was (§6.9.6)', async () => {
      await append(...rows, [3, 33])
      const times = [at(3), null, at(2.5), at(0), at(3)]
      expect(await ends(deletingAt(volume, times))).to.deep.equal([
        ...['Good', 'Good', 'BadInvalidTimestampArgument', 'BadNoEntryExists', 'Good', 'BadNoEntryExists'],
      ])
      expect(await seconds()).to.deep.equal([
        [1, 1],
        [2, 2],
        [4, 4],
        [5, 5],
      ])
    })

    it('forgets changes when it is asked for modified values, and leaves the values alone (§6.9.5.3)', async () => {
      await append(...rows)
      await update(deletingAt(volume, [at(1), at(2), at(3)]))
      expect(await ends(deletingRange(volume, { start: at(1), end: at(3), isModified: true }))).to.deep.equal(['Good'])
      expect((await changesOf(client.session, volume)).flat().map(({ value }) => value)).to.deep.equal([3])
      expect((await seconds()).length).to.equal(3)
    })

    it('deletes all or nothing of a range that is too large, and says so', async () => {
      const many = Array.from({ length: 50_001 }, (_, index): [number, number] => [index, index])
      await served.bench.store.append(samplesOf('fill.volume', many))
      const range = { start: at(0), end: at(50_001) }
      expect(await ends(deletingRange(volume, range))).to.deep.equal(['BadTooManyOperations'])
      expect(
        (await served.bench.store.summaries('fill.volume', 0, 1e15)).reduce((sum, { count }) => sum + count, 0),
      ).to.equal(50_001)
      expect(await ends(deletingRange(volume, { start: at(0), end: at(50_000) }))).to.deep.equal(['Good'])
      expect(await seconds()).to.deep.equal([[50_000, 50_000]])
      const pages = await changesOf(client.session, volume, { start: at(0), end: at(50_001) })
      expect(pages.map(({ length }) => length)).to.deep.equal(new Array(25).fill(2000))
    })
  })

  describe('of what cannot be', () => {
    it('answers each element by itself, and carries the others out in order', async () => {
      const value = [dataValue(1, 1)]
      const results = await update(
        putting('Insert', client.id('pipe/nobody'), value),
        putting('Insert', nodeOf('plain'), value),
        putting('Insert', 'i=2258', value),
        putting('Insert', volume, value),
        putting('Remove', volume, value),
        putting('Invalid', volume, value),
        putting('Insert', volume, []),
        deletingAt(volume, []),
        new UpdateStructureDataDetails({ nodeId: volume, performInsertReplace: 1, updateValues: value }),
        new UpdateEventDetails({ nodeId: 'i=2253' }),
        new DeleteEventDetails({ nodeId: 'i=2253' }),
        rawDetails(all),
        putting('Replace', volume, [dataValue(1, 2)]),
      )
      const [unsupported, invalid] = ['BadHistoryOperationUnsupported', 'BadHistoryOperationInvalid']
      expect(results.map(({ status }) => status)).to.deep.equal([
        ...['BadNodeIdUnknown', unsupported, unsupported, 'Good', unsupported, invalid, invalid, invalid],
        ...[unsupported, unsupported, unsupported, invalid, 'Good'],
      ])
      expect(results.at(-1)?.operations).to.deep.equal([replaced])
      expect(await seconds()).to.deep.equal([[1, 2]])
    })

    it('refuses a request that is empty or too large (Part 4 §5.11.5)', async () => {
      const fault = (...details: object[]): Promise<string> =>
        update(...details).then(
          () => 'Good',
          (error: Error) => /Bad\w+/.exec(error.message)?.[0] ?? error.message,
        )
      expect(await fault()).to.equal('BadNothingToDo')
      const one = putting('Insert', volume, [dataValue(1, 1)])
      const limit = defaultLimits.nodesPerHistoryUpdate
      expect(await fault(...Array.from({ length: limit + 1 }, () => one))).to.equal('BadTooManyOperations')
      const times = Array.from({ length: defaultLimits.valuesPerHistoryUpdate / 2 }, (_, index) => at(index))
      expect(await fault(deletingAt(volume, times), deletingAt(volume, [...times, at(0)]))).to.equal(
        'BadTooManyOperations',
      )
      expect(await seconds()).to.deep.equal([])
      expect((await update(...Array.from({ length: limit }, () => one))).length).to.equal(limit)
    })

    it('answers an element that cannot be decoded or is missing, and one of somebody without a session', async () => {
      const request = new HistoryUpdateRequest({ historyUpdateDetails: [null, null] })
      const raw = await RawClient.session(served.bench.server.port)
      const answer = await raw.request(request)
      const statuses = answer.results.map((result: { statusCode: { name: string } }) => result.statusCode.name)
      expect(statuses).to.deep.equal(['BadHistoryOperationInvalid', 'BadHistoryOperationInvalid'])
      raw.authenticationToken = NodeId.nullNodeId
      expect(statusOf(await raw.request(request))).to.match(/^BadSession/)
      await raw.destroy()
    })

    it('tells why when the historian fails, and serves on', async () => {
      const broken = await startHistoryBench({ anonymous: 'none', users })
      const { session, id } = await broken.connect({ user: admin })
      await broken.store.append(samplesOf('fill.volume', [[1, 1]]))
      await broken.store.close()
      const [first] = await historyUpdate(session, deletingAt(id('pipe/fill.Outputs.volume'), [at(1)]))
      expect(first?.status).to.match(/^Bad/)
      expect(broken.log.join('\n')).to.match(/the history of fill.volume cannot be changed/)
      expect((await session.read({ nodeId: 'i=2258', attributeId: 13 })).statusCode.name).to.equal('Good')
      await broken.stop()
    })
  })
})
