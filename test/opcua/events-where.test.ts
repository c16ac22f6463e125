import { expect } from 'chai'
import {
  AttributeIds,
  ContentFilterElement,
  EventFilter,
  FilterOperator,
  LiteralOperand,
  SimpleAttributeOperand,
} from 'node-opcua'
import { until } from '../kit/demo-plant.ts'
import { type Bench, type Client, startBench } from './bench.ts'

describe('where-clauses of those who listen (Part 4 7.7)', () => {
  let bench: Bench
  let client: Client

  before(async () => {
    bench = await startBench()
    client = await bench.connect()
  })
  after(() => bench.stop())

  const message = new SimpleAttributeOperand({ attributeId: AttributeIds.Value, browsePath: [{ name: 'Message' }] })
  const literal = (value: string) => new LiteralOperand({ value: { dataType: 'String', value } as never })

  /** Listens at the Server, and gives the texts of the events that come. */
  async function listen(...elements: readonly ContentFilterElement[]) {
    const texts: string[] = []
    const subscription = await client.session.createSubscription2({
      requestedPublishingInterval: 50,
      publishingEnabled: true,
    })
    const filter = new EventFilter({ selectClauses: [message], whereClause: { elements: [...elements] } })
    const item = await subscription.monitor(
      { nodeId: 'i=2253', attributeId: AttributeIds.EventNotifier },
      { samplingInterval: 0, queueSize: 100, filter, discardOldest: true },
      2,
    )
    item.on('changed', (fields) =>
      texts.push(String((fields as unknown as { value: { text: string } }[])[0]?.value.text)),
    )
    return { texts, status: item.statusCode.name }
  }
  const element = (filterOperator: FilterOperator, filterOperands: readonly object[]) =>
    new ContentFilterElement({ filterOperator, filterOperands: filterOperands as never })
  const happen = (text: string) =>
    bench.plant.happen({ kind: 'deviceConnected', device: 'plc1', time: Date.now(), message: text })

  it('lets pass what they say with Like and IsNull, as when events are read', async () => {
    const like = await listen(element(FilterOperator.Like, [message, literal('%valve%')]))
    const isNull = await listen(element(FilterOperator.IsNull, [message]))
    const all = await listen()
    for (const text of ['the valve opens', 'the pump starts', 'a valve closes']) happen(text)
    await until('all are heard', () => all.texts.length === 3)
    expect(like.texts).to.deep.equal(['the valve opens', 'a valve closes'])
    expect(isNull.texts).to.deep.equal([])
  })

  it('are refused when they cannot be evaluated, instead of letting nothing pass', async () => {
    for (const operator of [FilterOperator.InView, FilterOperator.RelatedTo]) {
      const operands = Array.from({ length: operator === FilterOperator.InView ? 1 : 6 }, () => message)
      await listen(element(operator, operands)).then(
        ({ status }) => expect(status).to.equal('BadEventFilterInvalid'),
        (error: Error) => expect(error.message).to.include('BadEventFilterInvalid'),
      )
    }
  })
})
