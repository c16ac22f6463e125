import { expect } from 'chai'
import {
  AttributeIds,
  BrowseRequest,
  ContentFilterElement,
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  ElementOperand,
  EventFilter,
  FilterOperator,
  HistoryReadRequest,
  LiteralOperand,
  PublishRequest,
  ReadEventDetails,
  ReadRequest,
  SetMonitoringModeRequest,
  SimpleAttributeOperand,
} from 'node-opcua'
import { removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses } from '../kit/plant-process.ts'
import { type RawAnswer, type RawClient, statusOf } from '../kit/raw-client.ts'
import { type Arena, startArena } from './arena.ts'
import { instances } from './plant-files.ts'

const setpoint = `${instances};s=dev/boiler1.setpoint`
const server = 'i=2253'

describe('hostile: limits', function () {
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

  it('refuses where-clauses that refer to themselves, explode, or have too few operands, for listening and for reading', () =>
    arena.suffer(async () => {
      const subscriptionId = await subscribe()
      const chain = Array.from({ length: 900 }, (_element, index) => element(FilterOperator.Not, [to(index + 1)]))
      const tree = Array.from({ length: 40 }, (_element, index) =>
        element(FilterOperator.And, [to(index + 1), to(index + 1)]),
      )
      const severity = new SimpleAttributeOperand({ attributeId: 13, browsePath: [{ name: 'Severity' }] })
      const message = new SimpleAttributeOperand({ attributeId: 13, browsePath: [{ name: 'Message' }] })
      const text = (value: string) => new LiteralOperand({ value: { dataType: 'String', value } as never })
      const clauses: Readonly<Record<string, readonly ContentFilterElement[]>> = {
        self: [element(FilterOperator.Not, [to(0)])],
        cycle: [element(FilterOperator.Not, [to(1)]), element(FilterOperator.Not, [to(0)])],
        outside: [element(FilterOperator.Not, [to(77)])],
        chain,
        tree: [...tree, element(FilterOperator.Equals, [severity, severity])],
        like: [element(FilterOperator.Like, [message, text(`${'%a'.repeat(500)}b`)])],
        brackets: [element(FilterOperator.Like, [message, text('['.repeat(2000))])],
        few: [element(FilterOperator.Between, [severity])],
        none: [element(FilterOperator.Equals, [])],
        many: [
          element(
            FilterOperator.Not,
            Array.from({ length: 300 }, () => severity),
          ),
        ],
        unknown: [element(FilterOperator.Not, [severity])],
        cast: [element(FilterOperator.Cast, [severity, text('no type')])],
        inView: [element(FilterOperator.InView, [severity])],
        related: [element(FilterOperator.RelatedTo, [severity, severity, severity])],
      }
      for (const [what, elements] of Object.entries(clauses)) {
        const filter = new EventFilter({
          selectClauses: [severity],
          whereClause: { elements: [...elements] },
        })
        // No constructor takes an operator that does not exist.
        if (what === 'unknown') Object.assign(filter.whereClause.elements?.[0] ?? {}, { filterOperator: 99 })
        const itemsToCreate = [
          {
            itemToMonitor: { nodeId: server, attributeId: AttributeIds.EventNotifier },
            monitoringMode: 2,
            requestedParameters: { clientHandle: 1, queueSize: 10, filter },
          },
        ]
        const created = await ask(
          new CreateMonitoredItemsRequest({ subscriptionId, itemsToCreate, timestampsToReturn: 2 }),
        )
        const times = { startTime: new Date(0), endTime: new Date(), numValuesPerNode: 10 }
        const historyReadDetails = Object.assign(new ReadEventDetails(times), { filter })
        const read = await ask(
          new HistoryReadRequest({
            historyReadDetails,
            nodesToRead: [{ nodeId: server }],
            timestampsToReturn: 2,
          }),
        )
        for (const answer of [created, read]) {
          if (['like', 'brackets', 'cast'].includes(what)) continue
          expect(statusOf(answer), what).to.match(/^Bad/)
        }
      }
    }))

  it('gives the code of the specification one past each limit, and serves what is within', () =>
    arena.suffer(async () => {
      const many = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item)
      const read = { nodeId: setpoint, attributeId: AttributeIds.Value }
      expect(statusOf(await ask(new ReadRequest({ nodesToRead: many(1000, read) })))).to.equal('Good')
      expect(statusOf(await ask(new ReadRequest({ nodesToRead: many(1001, read) })))).to.equal('BadTooManyOperations')
      expect(statusOf(await ask(new ReadRequest({ nodesToRead: [] })))).to.equal('BadNothingToDo')
      const browse = { nodeId: 'i=85' }
      expect(statusOf(await ask(new BrowseRequest({ nodesToBrowse: many(101, browse) })))).to.equal(
        'BadTooManyOperations',
      )
      const subscriptions: number[] = []
      for (let index = 0; index < 11; index += 1) {
        const answer = await ask(new CreateSubscriptionRequest({ requestedPublishingInterval: 1000 }))
        if (answer.subscriptionId) subscriptions.push(answer.subscriptionId)
        else expect(statusOf(answer)).to.equal('BadTooManySubscriptions')
      }
      expect(subscriptions).to.have.length(10)
      const item = {
        itemToMonitor: read,
        monitoringMode: 2,
        requestedParameters: { clientHandle: 1, queueSize: 1, samplingInterval: -1 },
      }
      const [subscriptionId] = subscriptions
      const items = (count: number) =>
        new CreateMonitoredItemsRequest({
          subscriptionId,
          itemsToCreate: many(count, item),
          timestampsToReturn: 2,
        } as never)
      for (let round = 0; round < 5; round += 1) expect(statusOf(await ask(items(1000)))).to.equal('Good')
      expect(statusOf(await ask(items(1)))).to.equal('BadTooManyMonitoredItems')
      expect(statusOf(await ask(items(1001)))).to.equal('BadTooManyOperations')
      const mode = new SetMonitoringModeRequest({
        subscriptionId,
        monitoredItemIds: [999_999],
        monitoringMode: 2,
      } as never)
      expect(statusOf(await ask(mode))).to.equal('BadMonitoredItemIdInvalid')
      const publishes = await Promise.all(
        many(300, 0).map(() =>
          Promise.race([
            ask(new PublishRequest({})).then(statusOf),
            new Promise<string>((resolve) => setTimeout(resolve, 5000, 'waits')),
          ]),
        ),
      )
      expect(publishes.filter((status) => !/waits|Good|BadTooManyPublishRequests/.test(status))).to.deep.equal([])
      expect(publishes).to.include('BadTooManyPublishRequests')
    }))
})

function element(filterOperator: FilterOperator, filterOperands: readonly object[]): ContentFilterElement {
  return new ContentFilterElement({ filterOperator, filterOperands: [...filterOperands] as never })
}

function to(index: number): ElementOperand {
  return new ElementOperand({ index })
}
