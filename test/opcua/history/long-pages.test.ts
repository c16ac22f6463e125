import { expect } from 'chai'
import { NumericRange } from 'node-opcua'
import type { Client } from '../bench.ts'
import { at, epoch, type HistoryBench, samplesOf, startHistoryBench } from './history-bench.ts'
import { historyRead, rawDetails, rowsOf } from './reading.ts'

describe('HistoryRead, pages of values that need objects of their own', function () {
  this.timeout(30_000)
  let bench: HistoryBench
  let client: Client
  const count = 4500

  before(async () => {
    bench = await startHistoryBench()
    client = await bench.connect()
  })
  after(() => bench.stop())

  async function pageSizes(nodeId: string, isModified: boolean, indexRange?: NumericRange): Promise<number[]> {
    const details = rawDetails({ start: at(0), end: at(count), isModified })
    const sizes: number[] = []
    let continuationPoint: Buffer | undefined
    do {
      const node = { nodeId, continuationPoint, ...(indexRange ? { indexRange } : {}) }
      const [result] = await historyRead(client.session, details, [node])
      expect(result?.statusCode.name).to.equal('Good')
      sizes.push(rowsOf(result).length)
      continuationPoint = result && result.continuationPoint?.length > 0 ? result.continuationPoint : undefined
    } while (continuationPoint)
    return sizes
  }

  it('have 2 000 changes at most', async () => {
    const entries = Array.from({ length: count }, (_, second) => ({
      time: epoch + second * 1000,
      status: 0,
      value: second,
    }))
    await bench.store.modify({ kind: 'insert', tag: 'fill.volume', entries }, { user: 'anna', at: epoch })
    expect(await pageSizes(client.id('pipe/fill.Outputs.volume'), true)).to.deep.equal([2000, 2000, 500])
  })

  it('have 2 000 parts of arrays at most', async () => {
    const rows = Array.from({ length: count }, (_, second) => [second, [1, second, 3]] as const)
    await bench.store.append(samplesOf('fill.profile', rows))
    const nodeId = client.id('pipe/fill.Outputs.profile')
    expect(await pageSizes(nodeId, false, new NumericRange(1))).to.deep.equal([2000, 2000, 500])
    expect(await pageSizes(nodeId, false)).to.deep.equal([count])
  })
})
