import { expect } from 'chai'
import { UserTokenType } from 'node-opcua'
import type { Client } from '../bench.ts'
import { at, type HistoryBench, samplesOf, startHistoryBench, users } from './history-bench.ts'
import { historyRead, rawDetails, rowsOf } from './reading.ts'

const loginOf = (name: string) => ({ type: UserTokenType.UserName, userName: name, password: name }) as const

describe('HistoryRead, continuation points', function () {
  this.timeout(30_000)
  let bench: HistoryBench
  let client: Client
  let volume: string
  const details = rawDetails({ start: at(0), end: at(9), count: 1 })

  before(async () => {
    bench = await startHistoryBench()
    await bench.store.append(
      samplesOf(
        'fill.volume',
        [0, 1, 2, 3].map((second) => [second, second]),
      ),
    )
    client = await bench.connect()
    volume = client.id('pipe/fill.Outputs.volume')
  })
  after(() => bench.stop())

  const begin = async (who = client): Promise<Buffer> => {
    const [result] = await historyRead(who.session, details, [{ nodeId: volume }])
    return result?.continuationPoint as Buffer
  }
  const goOn = async (continuationPoint: Buffer, who = client, nodeId = volume) => {
    const [result] = await historyRead(who.session, details, [{ nodeId, continuationPoint }])
    return result?.statusCode.isGood() ? rowsOf(result).map(({ value }) => value) : result?.statusCode.name
  }

  it('serve once, for their node and their session', async () => {
    const point = await begin()
    expect(await goOn(point, client, client.id('pipe/fill.Outputs.bottles'))).to.equal('BadContinuationPointInvalid')
    expect(await goOn(point, await bench.connect())).to.equal('BadContinuationPointInvalid')
    expect(await goOn(point)).to.deep.equal([1])
    expect(await goOn(point)).to.equal('BadContinuationPointInvalid')
    expect(await goOn(Buffer.from('nonsense'))).to.equal('BadContinuationPointInvalid')
  })

  it('are those of a user: gone when another one takes the session over', async () => {
    const session = await startHistoryBench({ users })
    try {
      const own = await session.connect({ user: loginOf('Observer') })
      await session.store.append(
        samplesOf(
          'fill.volume',
          [0, 1, 2].map((second) => [second, second]),
        ),
      )
      const point = await begin(own)
      await own.session.changeUser(loginOf('Observer'))
      expect(await goOn(point, own)).to.deep.equal([1])
      const other = await begin(own)
      await own.session.changeUser(loginOf('Operator'))
      expect(await goOn(other, own)).to.equal('BadContinuationPointInvalid')
    } finally {
      await session.stop()
    }
  })

  it('are gone when they are released', async () => {
    const point = await begin()
    const node = { nodeId: volume, continuationPoint: point }
    const [released] = await historyRead(client.session, details, [node], { release: true })
    expect(released?.statusCode.name).to.equal('Good')
    expect(released?.historyData).to.equal(null)
    expect(await goOn(point)).to.equal('BadContinuationPointInvalid')
  })

  it('are ten for each session: an eleventh request takes the place of the oldest', async () => {
    const own = await bench.connect()
    const points: Buffer[] = []
    for (let index = 0; index < 11; index++) points.push(await begin(own))
    expect(await goOn(points[0] as Buffer, own)).to.equal('BadContinuationPointInvalid')
    expect(await goOn(points[1] as Buffer, own)).to.deep.equal([1])
    expect(await goOn(points[10] as Buffer, own)).to.deep.equal([1])
  })

  it('are ten for each request: the other nodes are told so', async () => {
    const nodes = Array.from({ length: 12 }, () => ({ nodeId: volume }))
    const results = await historyRead((await bench.connect()).session, details, nodes)
    const statuses = results.map(({ statusCode }) => statusCode.name)
    expect(statuses.filter((name) => name === 'Good')).to.have.lengthOf(10)
    expect(statuses.slice(10)).to.deep.equal(['BadNoContinuationPoints', 'BadNoContinuationPoints'])
  })

  it('go on where they were while samples are added, older ones too', async () => {
    const point = await begin()
    await bench.store.append(
      samplesOf('fill.volume', [
        [8, 8],
        [-5, -5],
      ]),
    )
    const [result] = await historyRead(client.session, rawDetails({ start: at(0), end: at(9), count: 1 }), [
      { nodeId: volume, continuationPoint: point },
    ])
    expect(rowsOf(result).map(({ value }) => value)).to.deep.equal([1])
  })
})

describe('HistoryRead, permissions', function () {
  this.timeout(30_000)
  let bench: HistoryBench

  before(async () => {
    bench = await startHistoryBench({ anonymous: 'none', users })
    await bench.store.append(samplesOf('fill.volume', [[0, 1]]))
  })
  after(() => bench.stop())

  const look = async (user: string | undefined) => {
    const client = await bench.connect({
      ...(user === undefined ? {} : { user: { type: UserTokenType.UserName, userName: user, password: user } }),
    })
    const nodeId = client.id('pipe/fill.Outputs.volume')
    const [result] = await historyRead(client.session, rawDetails({ start: at(0), end: at(1) }), [{ nodeId }])
    const level = await client.session.read({ nodeId, attributeId: 18 })
    return [result?.statusCode.name, level.value.value as unknown]
  }

  it('let roles with ReadHistory read, say so in the user access level, and refuse everybody else', async () => {
    expect(await look('Observer')).to.deep.equal(['Good', 5])
    expect(await look('Engineer')).to.deep.equal(['Good', 13])
    expect(await look('Nobody')).to.deep.equal(['BadUserAccessDenied', null])
    expect(await look('SecurityAdmin')).to.deep.equal(['BadUserAccessDenied', 0])
    expect(await look(undefined)).to.deep.equal(['BadUserAccessDenied', null])
  })
})
