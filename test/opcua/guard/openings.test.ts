import { expect } from 'chai'
import { MessageSecurityMode } from 'node-opcua'
import { OpenSecureChannelRequest } from 'node-opcua-service-secure-channel'
import { until } from '../../kit/demo-plant.ts'
import { RawClient } from '../../kit/raw-client.ts'
import { chunkOf, encodeBody, openHeader } from '../../kit/raw-messages.ts'
import { type Bench, startBench } from '../../kit/raw-shared.ts'

describe('guard: openings of channels', () => {
  let bench: Bench

  before(async () => {
    bench = await startBench()
  })
  after(() => bench.stop())

  it('keeps no token, when a channel is opened twice or its connection ends meanwhile', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    for (let index = 0; index < 20; index += 1) {
      const client = await RawClient.connect(bench.port)
      await client.hello()
      const body = encodeBody(new OpenSecureChannelRequest({ requestedLifetime: 600_000, securityMode: 1 }))
      const opening = (sequence: number) => chunkOf({ type: 'OPN', channelId: 0, header: openHeader(), sequence, body })
      client.send(Buffer.concat([opening(1), opening(2)]))
      if (index % 2 === 0) client.socket.resetAndDestroy()
      await client.closed
    }
    await until('no timer is left', () => timers() <= before + 3)
  })

  it('closes a channel that is renewed with another security mode than it has', async () => {
    const client = await RawClient.session(bench.port)
    await client.open(MessageSecurityMode.None, true)
    await client.open(MessageSecurityMode.Sign, true).catch(() => undefined)
    await client.closed
  })

  it('closes a channel that is opened again and again', async () => {
    const client = await RawClient.session(bench.port)
    let openings = 0
    for (; openings < 60 && !client.socket.destroyed; openings += 1) {
      if (!(await client.open(MessageSecurityMode.None, true).catch(() => undefined))) break
    }
    await client.closed
    expect(openings).to.be.within(10, 40)
  })
})
