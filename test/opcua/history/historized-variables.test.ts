import { expect } from 'chai'
import { AttributeIds, BrowseDirection } from 'node-opcua'
import type { Client } from '../bench.ts'
import { type HistoryBench, startHistoryBench } from './history-bench.ts'

describe('historized variables', function () {
  this.timeout(20_000)
  let bench: HistoryBench
  let client: Client

  beforeEach(async () => {
    bench = await startHistoryBench()
    client = await bench.connect()
  })
  afterEach(() => bench.stop())

  const attributes = async (name: string): Promise<unknown[]> => {
    const nodeId = client.id(`pipe/fill.Outputs.${name}`)
    const ids = [AttributeIds.Historizing, AttributeIds.AccessLevel, AttributeIds.UserAccessLevel]
    const values = await client.session.read(ids.map((attributeId) => ({ nodeId, attributeId })))
    return values.map(({ value }) => value.value as unknown)
  }

  const configurationsOf = async (name: string): Promise<string[]> => {
    const nodeId = client.id(`pipe/fill.Outputs.${name}`)
    const referenceTypeId = 'HasHistoricalConfiguration'
    const browse = { nodeId, browseDirection: BrowseDirection.Forward, referenceTypeId, resultMask: 63 }
    const { references } = await client.session.browse(browse)
    return (references ?? []).map((each) => `${each.browseName.toString()} ${String(each.nodeId.value)}`)
  }

  const property = async (path: string): Promise<unknown> => (await client.read(path)).value.value

  it('say that they are, and others that they are not', async () => {
    // CurrentRead, HistoryRead, HistoryWrite; a client without a login never writes (Part 3 §8.57).
    expect(await attributes('volume')).to.deep.equal([true, 13, 5])
    expect(await attributes('plain')).to.deep.equal([false, 1, 1])
  })

  it('share a configuration when they are kept in the same way', async () => {
    expect(await configurationsOf('volume')).to.deep.equal(['HA Configuration history/7776000000_0.5_sloped'])
    expect(await configurationsOf('bottles')).to.deep.equal(['HA Configuration history/7776000000_0_sloped'])
    const stepped = ['HA Configuration history/7776000000_0_stepped']
    expect(await configurationsOf('isFull')).to.deep.equal(stepped)
    expect(await configurationsOf('label')).to.deep.equal(stepped)
    expect(await configurationsOf('plain')).to.deep.equal([])
  })

  it('tell how they are kept', async () => {
    const sloped = 'history/7776000000_0.5_sloped'
    expect(await property(`${sloped}.Stepped`)).to.equal(false)
    expect(await property(`${sloped}.MaxTimeStoredValues`)).to.equal(90 * 86_400_000)
    expect(await property(`${sloped}.ExceptionDeviation`)).to.equal(0.5)
    expect(await property(`${sloped}.ExceptionDeviationFormat`)).to.equal(0)
    expect(await property(`${sloped}.AggregateConfiguration.PercentDataGood`)).to.equal(100)
    expect(await property('history/7776000000_0_stepped.Stepped')).to.equal(true)
    expect(await client.write(`${sloped}.Stepped`, { dataType: 'Boolean', value: true })).to.match(/^Bad/)
  })

  it('follow a change of the plant', async () => {
    bench.kept.delete('fill.volume')
    bench.kept.set('fill.plain', { keepMs: 1000, deadband: 2 })
    bench.server.change('another history')
    expect(await attributes('volume')).to.deep.equal([false, 1, 1])
    expect(await configurationsOf('volume')).to.deep.equal([])
    expect(await attributes('plain')).to.deep.equal([true, 13, 5])
    expect(await configurationsOf('plain')).to.deep.equal(['HA Configuration history/1000_2_sloped'])
    expect((await client.read('history/7776000000_0.5_sloped.Stepped')).statusCode.name).to.equal('BadNodeIdUnknown')
    expect(await configurationsOf('bottles')).to.deep.equal(['HA Configuration history/7776000000_0_sloped'])
  })
})
