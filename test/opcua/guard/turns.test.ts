import { expect } from 'chai'
import { AttributeIds, ReadRequest } from 'node-opcua'
import { GUARD_BOUNDS } from '../../../src/opcua/guard/limits.ts'
import { until } from '../../kit/demo-plant.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { helloOf } from '../../kit/raw-messages.ts'
import { type Bench, startBench } from '../../kit/raw-shared.ts'

/** Requests of the greedy client take longer than a connection may have of a turn. */
const heavyMs = GUARD_BOUNDS.turnMs + 1
/** What marks them: who asks chooses the number. */
const heavyHint = 4711

function read(timeoutHint = 0): ReadRequest {
  const nodesToRead = [{ nodeId: 'ns=1;s=level', attributeId: AttributeIds.Value }]
  return new ReadRequest({ requestHeader: { timeoutHint }, nodesToRead, timestampsToReturn: 2 })
}

describe('guard: turns of the event loop', () => {
  let bench: Bench
  let served: ('greedy' | 'other')[]

  before(async function () {
    bench = await startBench()
    if (!bench.raw) this.skip()
    bench.raw.server.on('request', ({ requestHeader }) => {
      const isHeavy = requestHeader.timeoutHint === heavyHint
      served.push(isHeavy ? 'greedy' : 'other')
      const endMs = performance.now() + (isHeavy ? heavyMs : 0)
      while (performance.now() < endMs);
    })
  })
  beforeEach(() => {
    served = []
  })
  after(() => bench.stop())

  it('are shared, when one connection brings many heavy requests at once', async () => {
    const [greedy, other] = [await RawClient.session(bench.port), await RawClient.session(bench.port)]
    served = []
    greedy.socket.cork()
    for (let turn = 0; turn < 6; turn++) greedy.post(read(heavyHint))
    greedy.socket.uncork()
    expect(statusOf(await other.request(read()))).to.equal('Good')
    await until('all of them are served', () => served.length === 7)
    expect(served.indexOf('other')).to.be.lessThan(3)
    expect(statusOf(await greedy.request(read()))).to.equal('Good')
    await Promise.all([greedy.destroy(), other.destroy()])
  })

  it('end with the connection, when what has waited for its turn is wrong', async () => {
    const greedy = await RawClient.session(bench.port)
    for (let turn = 0; turn < 3; turn++) greedy.post(read(heavyHint))
    greedy.send(helloOf({}))
    await greedy.closed
    expect((await bench.readHonestly()).status).to.equal('Good')
  })

  it('are over for a connection that is cut while its requests wait', async () => {
    const greedy = await RawClient.session(bench.port)
    served = []
    for (let turn = 0; turn < 50; turn++) greedy.post(read(heavyHint))
    await greedy.destroy()
    expect((await bench.readHonestly()).status).to.equal('Good')
    expect(served.filter((who) => who === 'greedy').length).to.be.lessThan(50)
  })
})
