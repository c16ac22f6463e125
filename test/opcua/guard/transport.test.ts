import { expect } from 'chai'
import {
  AttributeIds,
  DataType,
  MessageSecurityMode,
  ReadRequest,
  Variant,
  VariantArrayType,
  type VariantOptions,
  WriteRequest,
} from 'node-opcua'
import { type Clock, systemClock } from '../../../src/model/clock.ts'
import { defaultLimits } from '../../../src/model/limits.ts'
import type { FindingKind } from '../../../src/opcua/guard/index.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { chunkOf, encodeBody, helloOf, symmetricHeader } from '../../kit/raw-messages.ts'
import { type Bench, startBench } from '../../kit/raw-shared.ts'

describe('guard: transport', () => {
  let bench: Bench
  let aheadMs = 0
  /** The machine's clock, which a test may put forward so that it need not wait for the sweep's limits. */
  const clock: Clock = { ...systemClock, monotonic: () => performance.now() + aheadMs }

  before(async () => {
    bench = await startBench({ clock })
  })

  afterEach(async () => {
    expect((await bench.readHonestly()).status).to.equal('Good')
  })

  after(() => bench.stop())

  const read = (name: string, times = 1) => {
    const nodeToRead = { nodeId: `ns=1;s=${name}`, attributeId: AttributeIds.Value }
    return new ReadRequest({ nodesToRead: Array.from({ length: times }, () => nodeToRead), timestampsToReturn: 2 })
  }
  const count = (kind: FindingKind): number => bench.raw?.guard?.counters[kind] ?? 0

  it('closes the connection, when a second Hello comes', async () => {
    const client = await RawClient.connect(bench.port)
    await client.hello()
    client.send(helloOf({}))
    await client.closed
  })

  it('closes the connection, when more bytes come with the Hello than the first assembler takes', async () => {
    const client = await RawClient.connect(bench.port)
    const large = chunkOf({
      type: 'OPN',
      channelId: 0,
      header: symmetricHeader(0),
      sequence: 1,
      body: Buffer.alloc(10_000),
    })
    client.send(Buffer.concat([helloOf({}), large]))
    await client.closed
    expect(count('transportError')).to.be.greaterThan(0)
  })

  it('closes the connection, when the length of a chunk lies', async () => {
    for (const length of [0, 4, 0xffff_ffff]) {
      const client = await RawClient.connect(bench.port)
      await client.hello()
      const chunk = chunkOf({
        type: 'OPN',
        channelId: 0,
        header: symmetricHeader(0),
        sequence: 1,
        body: Buffer.alloc(40),
      })
      chunk.writeUInt32LE(length, 4)
      client.send(chunk)
      await client.closed
    }
  })

  it('answers BadDecodingError and goes on, when a request cannot be decoded', async () => {
    const client = await RawClient.session(bench.port)
    const body = client.encode(read('level'))
    expect(statusOf(await client.requestBytes(body.subarray(0, body.length - 9)))).to.equal('BadDecodingError')
    expect(count('undecodable')).to.equal(1)
    expect((await client.request(read('level'))).results[0].statusCode.name).to.equal('Good')
    await client.destroy()
  })

  it('answers BadEncodingLimitsExceeded (Part 6 §5.1.1), when an array, a string or a nesting is beyond the limits', async () => {
    const client = await RawClient.session(bench.port)
    const write = (value: VariantOptions) => {
      const nodesToWrite = [{ nodeId: 'ns=1;s=level', attributeId: AttributeIds.Value, value: { value } }]
      return client.encode(new WriteRequest({ nodesToWrite }))
    }
    let nested: VariantOptions = { dataType: DataType.Double, value: 1 }
    for (let depth = 0; depth < 200; depth += 1) {
      nested = { dataType: DataType.Variant, arrayType: VariantArrayType.Array, value: [new Variant(nested)] }
    }
    const tooMuch = [
      write({ dataType: DataType.Byte, arrayType: VariantArrayType.Array, value: Buffer.alloc(70_000) }),
      write({ dataType: DataType.String, value: 'x'.repeat(defaultLimits.stringLength + 1) }),
      write(nested),
    ]
    const before = count('encodingLimit')
    for (const body of tooMuch) {
      expect(statusOf(await client.requestBytes(body))).to.equal('BadEncodingLimitsExceeded')
    }
    expect(count('encodingLimit') - before).to.equal(tooMuch.length)
    await client.destroy()
  })

  it('closes a channel, when it goes on sending what cannot be decoded', async () => {
    const client = await RawClient.session(bench.port)
    const body = client.encode(read('level'))
    const answers = Array.from({ length: 20 }, () => client.requestBytes(body.subarray(0, 30)).catch(() => undefined))
    expect((await Promise.all(answers)).filter((answer) => answer !== undefined)).to.have.length.within(8, 14)
    await client.closed
  })

  it('closes the channel, when the own certificate cannot be read while it is renewed', async () => {
    const client = await RawClient.session(bench.port)
    const before = count('transportError')
    const channels = bench.raw?.server.endpoints[0]?.getChannels() ?? []
    const channel = channels.find(({ remotePort }) => remotePort === client.socket.localPort)
    const getCertificateChain = (): never => {
      throw new Error('no such file')
    }
    if (channel) Object.assign(channel, { getCertificateChain })
    await client.open(MessageSecurityMode.Sign, true).catch(() => undefined)
    await client.closed
    expect(count('transportError')).to.equal(before + 1)
  })

  it('closes the channel, when a listener throws while it is renewed', async () => {
    const client = await RawClient.session(bench.port)
    const channels = bench.raw?.server.endpoints[0]?.getChannels() ?? []
    const channel = channels.find(({ remotePort }) => remotePort === client.socket.localPort)
    channel?.once('open', () => {
      throw new Error('a listener throws')
    })
    await client.open(MessageSecurityMode.None, true)
    await client.closed
  })

  it('refuses the channel, when a renewal asks for a security mode that does not exist', async () => {
    const client = await RawClient.session(bench.port)
    expect(statusOf(await client.open(7, true))).to.match(/^Bad/)
    await client.closed
  })

  it('answers an Acknowledge with buffers, message and chunks within the limits, whatever a Hello asks', async () => {
    const client = await RawClient.connect(bench.port)
    const wish = {
      receiveBufferSize: 2 ** 31,
      sendBufferSize: 2 ** 31,
      maxMessageSize: 2 ** 31,
      maxChunkCount: 2 ** 31,
    }
    const acknowledge = await client.hello(wish)
    const [receive, send, message, chunks] = [12, 16, 20, 24].map((offset) => acknowledge.readUInt32LE(offset))
    expect([receive, send]).to.deep.equal([16_384, 16_384])
    expect(message).to.equal(256 * 16_384)
    expect(chunks).to.equal(256)
    await client.destroy()
  })

  it('closes a client that asks for large values and never reads, and holds little for it meanwhile', async () => {
    const client = await RawClient.session(bench.port)
    client.socket.pause()
    const request = read('large')
    for (let index = 0; index < 100; index += 1) client.post(request)
    await until(() => count('slowReader') > 0 || process.env.MILLRACE_RAW_PORT !== undefined)
    expect(process.memoryUsage().arrayBuffers).to.be.lessThan(256 * 1024 * 1024)
    client.socket.resume()
    await client.closed
  })

  it('closes connections without a session and with half a message, when their time is up', async () => {
    const idle = await RawClient.connect(bench.port)
    const half = await RawClient.session(bench.port)
    const body = encodeBody(read('level'))
    const chunk = chunkOf({
      type: 'MSG',
      channelId: half.channelId,
      header: symmetricHeader(half.tokenId),
      sequence: 9,
      body,
    })
    half.send(chunk.subarray(0, 20))
    // The guard has to see both before their time begins.
    await new Promise((resolve) => setTimeout(resolve, 50))
    aheadMs += 11_000
    await Promise.all([idle.closed, half.closed])
    expect(count('handshakeTimeout')).to.equal(1)
    expect(count('messageTimeout')).to.equal(1)
  })
})

async function until(isReached: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !isReached(); turn += 1) await new Promise((resolve) => setTimeout(resolve, 20))
}
