import { expect } from 'chai'
import { WireClient } from '../../kit/wire/client.ts'
import { type Bench, startBench } from '../bench.ts'

describe('answers that are sent together', () => {
  let bench: Bench

  before(async () => {
    bench = await startBench()
  })
  after(() => bench.stop())

  it('all arrive, each for its own request, when many requests come at once', async () => {
    const client = await WireClient.open(bench.server.port)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => client.read([{ nodeId: 'i=84', attributeId: 1 + (index % 5) }])),
    )
    const types = answers.map(({ results }) => results[0]?.variant?.type)
    // NodeId, NodeClass, BrowseName, DisplayName and Description, as Part 3 §5.2 has them.
    expect(types).to.deep.equal(answers.map((_, index) => [17, 6, 20, 21, 21][index % 5]))
    await client.close()
  })

  it('are on their way before the connection ends', async () => {
    const client = await WireClient.open(bench.server.port)
    const read = client.read([{ nodeId: 'i=2256', attributeId: 13 }])
    // The end of the channel follows in the same packet.
    client.channel.sendClose()
    expect((await read).status).to.equal(0)
  })
})
