import { expect } from 'chai'
import { ReadAtTimeDetails, ReadProcessedDetails, UserTokenType } from 'node-opcua'
import { historyProfiles, serverProfiles } from '../../../src/opcua/server-profiles.ts'
import type { Client } from '../bench.ts'
import { at, type HistoryBench, samplesOf, startHistoryBench, users } from './history-bench.ts'
import { historyRead, rawOf, rowsOf } from './reading.ts'
import { changesOf, dataValue, deletingAt, deletingRange, historyUpdate, putting } from './updating.ts'

describe('ServerProfileArray of a plant with a historian', function () {
  this.timeout(20_000)
  let bench: HistoryBench
  let client: Client
  let nodeId: string

  before(async () => {
    bench = await startHistoryBench({ anonymous: 'none', users })
    const rows = [0, 1, 2, 3].map((time): [number, number] => [time, time])
    await bench.store.append(samplesOf('fill.volume', rows))
    const user = { type: UserTokenType.UserName, userName: 'ConfigureAdmin', password: 'ConfigureAdmin' } as const
    client = await bench.connect({ user })
    nodeId = client.id('pipe/fill.Outputs.volume')
  })
  after(() => bench.stop())

  const values = async (): Promise<unknown[]> =>
    (await rawOf(client.session, nodeId, { start: at(0), end: at(100) })).map(({ value }) => value)
  const computed = async (details: object): Promise<unknown> =>
    rowsOf((await historyRead(client.session, details, [{ nodeId }]))[0])[0]?.value
  const capable = async (...ids: string[]): Promise<unknown[]> =>
    (await client.session.read(ids.map((id) => ({ nodeId: id, attributeId: 13 })))).map(({ value }) => value.value)

  /** What each claim means, exercised through a client; a claim without a row fails. */
  const proofs: Readonly<Record<string, () => Promise<void>>> = {
    'Server/HistoricalRawData2022': async () => {
      expect(await capable('i=11193', 'i=11273')).to.deep.equal([true, 10_000])
      expect(await values()).to.deep.equal([0, 1, 2, 3])
    },
    'Server/HistoricalDataAtTime2022': async () => {
      expect(await computed(new ReadAtTimeDetails({ reqTimes: [at(1.5)], useSimpleBounds: false }))).to.equal(1.5)
    },
    'Server/AggregateHistorical2022': async () => {
      const range = { startTime: at(0), endTime: at(4), processingInterval: 4000 }
      const aggregateConfiguration = { useServerCapabilitiesDefaults: true }
      const details = { ...range, aggregateConfiguration, aggregateType: ['i=2342'] as never }
      expect(await computed(new ReadProcessedDetails(details))).to.equal(1.5)
    },
    'Server/HistoricalDataInsert2022': async () => {
      expect(await capable('i=11196')).to.deep.equal([true])
      await historyUpdate(client.session, putting('Insert', nodeId, [dataValue(4, 4)]))
      expect(await values()).to.deep.equal([0, 1, 2, 3, 4])
    },
    'Server/HistoricalDataReplace2022': async () => {
      expect(await capable('i=11197')).to.deep.equal([true])
      await historyUpdate(client.session, putting('Replace', nodeId, [dataValue(4, 40)]))
      expect(await values()).to.deep.equal([0, 1, 2, 3, 40])
    },
    'Server/HistoricalDataUpdate2022': async () => {
      expect(await capable('i=11198')).to.deep.equal([true])
      await historyUpdate(client.session, putting('Update', nodeId, [dataValue(4, 44), dataValue(5, 5)]))
      expect(await values()).to.deep.equal([0, 1, 2, 3, 44, 5])
    },
    'Server/HistoricalDataDelete2022': async () => {
      expect(await capable('i=11199', 'i=11200')).to.deep.equal([true, true])
      const range = deletingRange(nodeId, { start: at(0), end: at(2) })
      await historyUpdate(client.session, range, deletingAt(nodeId, [at(5)]))
      expect(await values()).to.deep.equal([2, 3, 44])
    },
    'Server/HistoricalModifiedData2022': async () => {
      const changes = (await changesOf(client.session, nodeId)).flat()
      expect(changes.map(({ value, kind }) => [value, kind])).to.deep.equal([
        [0, 4],
        [1, 4],
        [4, 1],
        [4, 2],
        [40, 3],
        [5, 1],
        [5, 4],
      ])
    },
  }

  it('is the list of what is tested here, besides that of every plant', async () => {
    expect((await capable('i=2269'))[0]).to.deep.equal([...serverProfiles, ...historyProfiles])
    const proven = Object.keys(proofs).map((name) => `http://opcfoundation.org/UA-Profile/${name}`)
    expect(proven).to.have.members([...historyProfiles])
  })

  for (const [name, prove] of Object.entries(proofs)) it(`claims ${name} rightly`, prove)
})
