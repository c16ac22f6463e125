import { expect } from 'chai'
import { AttributeIds, ReadRequest, UserTokenType } from 'node-opcua'
import { limitsWith } from '../../../src/model/limits.ts'
import { until } from '../../kit/demo-plant.ts'
import { RawClient, statusOf } from '../../kit/raw-client.ts'
import { chunkOf, openHeader, symmetricHeader } from '../../kit/raw-messages.ts'
import { type Bench, startBench } from '../bench.ts'

const limits = limitsWith({
  ...{ messageBytes: 900_000, unfinishedBytes: 1_200_000, nodesPerRead: 30 },
  ...{ stringLength: 100_000, byteStringLength: 100_000 },
})

describe('limits of messages, and what is counted', () => {
  let bench: Bench
  const clients: RawClient[] = []

  beforeEach(async () => {
    const users = { check: async (user: string, password: string) => user === password, rolesOf: () => [] }
    bench = await startBench({ limits, users })
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.destroy()
    await bench.stop()
  })

  const raw = async (): Promise<RawClient> => {
    const client = await RawClient.session(bench.server.port)
    clients.push(client)
    return client
  }
  const login = (userName: string, password: string) =>
    bench.connect({ user: { type: UserTokenType.UserName, userName, password } })
  const serverState = () => ({ nodeId: 'i=2259', attributeId: AttributeIds.Value })
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

  it('messages: BadTcpMessageTooLarge for one more byte or chunk than is allowed, and others are served', async () => {
    const large = new ReadRequest({ nodesToRead: times(1, serverState) })
    const client = await raw()
    const honest = await raw()
    const body = Buffer.concat([client.encode(large), Buffer.alloc(limits.messageBytes)])
    const ended = await client.requestBytes(body).then(String, ({ message }: Error) => message)
    expect(ended).to.match(/80800000|closed the connection/)
    await client.closed
    expect(statusOf(await honest.request(large))).to.equal('Good')
  })

  it('an error message reaches the client before its connection is closed', async () => {
    for (const name of ['Basic128Rsa15', 'Basic256Sha256']) {
      const client = await RawClient.connect(bench.server.port)
      await client.hello()
      const policy = openHeader(`http://opcfoundation.org/UA/SecurityPolicy#${name}`)
      expect(await client.openWith(policy).then(String, ({ message }: Error) => message)).to.match(/0x80130000$/)
      await client.closed
    }
  })

  it('unfinished messages: the client that holds most of them is closed, and counted, when all are too many bytes', async () => {
    const { session, id } = await bench.connect()
    const holders = [await raw(), await raw()]
    for (const [index, holder] of holders.entries()) {
      const part = Buffer.alloc(8_000)
      const header = symmetricHeader(holder.tokenId)
      const chunks = (index + 1) * 60
      for (let sequence = 4; sequence < 4 + chunks; sequence += 1) {
        const of = { type: 'MSG', channelId: holder.channelId, header, sequence, requestId: 4 } as const
        holder.send(chunkOf({ ...of, body: part, isFinal: 'C' }))
      }
    }
    await holders[1]?.closed
    await until('it is counted', async () => {
      return (await session.read({ nodeId: id('guard.UnfinishedBytesCount') })).value.value === 1
    })
    expect(holders[0]?.socket.destroyed).to.equal(false)
  })

  it('findings: a fault, a malformed request and a login that is refused are seen in the counters', async () => {
    const { session, id } = await bench.connect()
    const count = async (name: string) => (await session.read({ nodeId: id(`guard.${name}Count`) })).value.value
    const client = await raw()
    const body = client.encode(new ReadRequest({ nodesToRead: times(1, serverState) }))
    await client.requestBytes(body.subarray(0, body.length - 5))
    await client.request(new ReadRequest({ nodesToRead: times(1, serverState), maxAge: Number.NaN }))
    await client.request(new ReadRequest({ nodesToRead: times(limits.nodesPerRead + 1, serverState) }))
    await login('Operator', 'Operator')
    const refused = await login('Operator', 'wrong').then(
      () => 'let in',
      (error: Error) => error.message,
    )
    expect(refused).to.contain('BadUserAccessDenied')
    await until('each is counted once', async () => {
      const found = await Promise.all(['Undecodable', 'RefusedRequest', 'OperationLimit', 'RefusedLogin'].map(count))
      return found.every((each) => each === 1)
    })
    expect(bench.log.join()).to.not.match(/wrong|authenticationToken|node_modules/)
  })
})
