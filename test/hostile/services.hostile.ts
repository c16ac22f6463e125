import { expect } from 'chai'
import {
  AttributeIds,
  BrowseNextRequest,
  BrowseRequest,
  CallRequest,
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  DataChangeFilter,
  HistoryReadRequest,
  NumericRange,
  ReadProcessedDetails,
  ReadRawModifiedDetails,
  ReadRequest,
  WriteRequest,
} from 'node-opcua'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type RawAnswer, type RawClient, statusOf } from '../kit/raw-client.ts'
import { type Arena, startArena } from './arena.ts'
import { instances } from './plant-files.ts'

const setpoint = `${instances};s=dev/boiler1.setpoint`
const historized = `${instances};s=pipe/count.Outputs.count`
const list = 'i=2255' // Server.NamespaceArray
const server = 'i=2253'

/** Ranges as clients spell them, and as none should (Part 4 7.27). */
const ranges = [
  ...['0', '1', '0:1', '1:2', '0:999999', '7:9', '4294967295'],
  ...['', ':', ',', '5:', ':5', '3:1', '2:2', '-1', '1:-2', '0:1,', ',0', '1,,2', '0:1,0:1', '1,2,3', 'x', '1:x'],
  ...['99999999999999999999', '0x10', '1e3', '1.5', ' 1', '1 ', '+1', '0:1:2', '０'],
]
const wrongNumbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 1e308, -1e308, 5e-324]

describe('hostile: services', function () {
  this.timeout(180_000)
  let arena: Arena
  let client: RawClient

  before(async () => {
    arena = await startArena()
  })
  beforeEach(async () => {
    client = await arena.session()
  })
  afterEach(() => client.destroy())
  after(async () => {
    await arena.stop()
    killPlantProcesses()
    await removePlantFolders()
  })

  const ask = async (request: object): Promise<RawAnswer> => await client.request(request)
  const subscribe = async (): Promise<number> =>
    (await ask(new CreateSubscriptionRequest({ requestedPublishingInterval: 100, publishingEnabled: true })))
      .subscriptionId
  const statuses = (answer: RawAnswer): string[] =>
    (answer.results ?? []).map(
      (result: { statusCode?: { name: string }; name?: string }) => result.statusCode?.name ?? result.name,
    )

  /** A range with any text, which the class would not take. */
  const rangeOf = (text: string): NumericRange => Object.assign(new NumericRange(), new NumericRange(text))

  it('judges each of 30 spellings of an index range by itself, in Read, Write, HistoryRead and monitored items', () =>
    arena.suffer(async () => {
      const subscriptionId = await subscribe()
      for (const nodeId of [list, setpoint, historized, server]) {
        const nodesToRead = ranges.map((text) => ({
          nodeId,
          attributeId: AttributeIds.Value,
          indexRange: rangeOf(text),
        }))
        const read = await ask(new ReadRequest({ nodesToRead: [...nodesToRead, { nodeId: list, attributeId: 13 }] }))
        expect(statuses(read)).to.have.length(ranges.length + 1)
        expect(statuses(read).at(-1)).to.equal('Good')
        const value = { value: { dataType: 'Double', value: 50 } } as never
        const nodesToWrite = ranges
          .filter((text) => text !== '')
          .map((text) => ({ nodeId, attributeId: 13, indexRange: rangeOf(text), value }))
        const written = statuses(await ask(new WriteRequest({ nodesToWrite })))
        expect(
          written.filter((name) => name.startsWith('Good')),
          `writes of ${nodeId}`,
        ).to.deep.equal([])
        const historyReadDetails = new ReadRawModifiedDetails({ numValuesPerNode: 1, startTime: new Date(0) })
        for (const text of ranges) {
          const request = { historyReadDetails, nodesToRead: [{ nodeId, indexRange: rangeOf(text) }] }
          await ask(new HistoryReadRequest({ ...request, timestampsToReturn: 2 }))
        }
        const itemsToCreate = ranges.map((text) => ({
          itemToMonitor: { nodeId, attributeId: AttributeIds.Value, indexRange: rangeOf(text) },
          monitoringMode: 2,
          requestedParameters: { clientHandle: 1, samplingInterval: 100, queueSize: 1 },
        }))
        const items = await ask(
          new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 }),
        )
        expect(statuses(items)).to.have.length(ranges.length)
      }
    }))

  it('refuses or revises numbers that are none in every duration and double, and keeps none of them', () =>
    arena.suffer(async () => {
      for (const number of wrongNumbers) {
        const created = await ask(new CreateSubscriptionRequest({ requestedPublishingInterval: number }))
        expect(created.revisedPublishingInterval).to.be.within(1, 3_600_000)
        const { subscriptionId } = created
        const item = (requestedParameters: object) =>
          new CreateMonitoredItemsRequest({
            ...{ subscriptionId, timestampsToReturn: 2 },
            itemsToCreate: [
              {
                itemToMonitor: { nodeId: setpoint, attributeId: 13 },
                monitoringMode: 2,
                requestedParameters: { clientHandle: 1, queueSize: 1, ...requestedParameters },
              },
            ],
          })
        const sampled = (await ask(item({ samplingInterval: number }))).results[0]
        if (sampled.statusCode.isGood()) expect(sampled.revisedSamplingInterval).to.be.within(0, 3_600_000)
        const deadbandValue = number
        await ask(item({ filter: new DataChangeFilter({ trigger: 1, deadbandType: 1, deadbandValue }) }))
        await ask(item({ filter: new DataChangeFilter({ trigger: 1, deadbandType: 2, deadbandValue }) }))
        expect(
          statusOf(
            await ask(new ReadRequest({ nodesToRead: [{ nodeId: setpoint, attributeId: 13 }], maxAge: number })),
          ),
        ).to.match(/^(Good|BadMaxAgeInvalid)$/)
        const value = { value: { dataType: 'Double', value: number } } as never
        expect(
          statusOf(await ask(new WriteRequest({ nodesToWrite: [{ nodeId: setpoint, attributeId: 13, value }] }))),
        ).to.match(/^Bad/)
        const processing = { startTime: new Date(0), endTime: new Date(), aggregateType: ['i=2342'] }
        const historyReadDetails = new ReadProcessedDetails({ ...processing, processingInterval: number } as never)
        const history = { historyReadDetails, nodesToRead: [{ nodeId: historized }], timestampsToReturn: 2 }
        await ask(new HistoryReadRequest(history))
        const inputArguments = [{ dataType: 'Double', value: number }] as never
        const methodsToCall = [
          {
            objectId: `${instances};s=dev/servo1.MethodSet`,
            methodId: `${instances};s=dev/servo1.MethodSet.moveAbsolute`,
            inputArguments,
          },
        ]
        expect(statusOf(await ask(new CallRequest({ methodsToCall })))).to.match(/^Bad/)
      }
      const left = (await ask(new ReadRequest({ nodesToRead: [{ nodeId: setpoint, attributeId: 13 }] }))).results[0]
      expect(Number.isFinite(left.value.value)).to.equal(true)
    }))

  it('answers foreign, old and forged continuation points with BadContinuationPointInvalid', () =>
    arena.suffer(async () => {
      const browse = new BrowseRequest({
        nodesToBrowse: [{ nodeId: 'i=85', resultMask: 63 }],
        requestedMaxReferencesPerNode: 1,
      })
      const owner = await arena.session()
      const point = (await owner.request(browse)).results[0].continuationPoint as Buffer
      expect(point.length).to.be.greaterThan(0)
      const forged = [point, Buffer.alloc(0), Buffer.alloc(4000, 7), Buffer.from('1'), Buffer.from(point).reverse()]
      for (const continuationPoint of forged) {
        const answer = await ask(new BrowseNextRequest({ continuationPoints: [continuationPoint] }))
        expect(statusOf(answer)).to.equal('BadContinuationPointInvalid')
        const historyReadDetails = new ReadRawModifiedDetails({ numValuesPerNode: 1, startTime: new Date(0) })
        const nodesToRead = [{ nodeId: historized, continuationPoint }]
        const history = await ask(new HistoryReadRequest({ historyReadDetails, nodesToRead, timestampsToReturn: 2 }))
        if (continuationPoint.length > 0) expect(statusOf(history)).to.equal('BadContinuationPointInvalid')
      }
      const first = await owner.request(new BrowseNextRequest({ continuationPoints: [point] }))
      expect(statusOf(first)).to.equal('Good')
      await owner.destroy()
    }))

  it('gives an answer to history that is asked for backwards, empty, in pages of nothing, or of thousands of nodes', () =>
    arena.suffer(async () => {
      const times = [new Date(0), new Date(), new Date(8_640_000_000_000_000), new Date(-62_135_596_800_000)]
      for (const startTime of times) {
        for (const endTime of times) {
          for (const numValuesPerNode of [0, 1, 0xffff_ffff]) {
            const historyReadDetails = new ReadRawModifiedDetails({
              startTime,
              endTime,
              numValuesPerNode,
              returnBounds: true,
            })
            const request = new HistoryReadRequest({
              historyReadDetails,
              nodesToRead: [{ nodeId: historized }, { nodeId: 'i=1' }],
              timestampsToReturn: 2,
            })
            expect(statuses(await ask(request))).to.have.length(2)
          }
        }
      }
      const nodesToRead = Array.from({ length: 5000 }, () => ({ nodeId: historized }))
      const historyReadDetails = new ReadRawModifiedDetails({ startTime: new Date(0), numValuesPerNode: 1 })
      expect(
        statusOf(await ask(new HistoryReadRequest({ historyReadDetails, nodesToRead, timestampsToReturn: 2 }))),
      ).to.equal('BadTooManyOperations')
    }))
})
