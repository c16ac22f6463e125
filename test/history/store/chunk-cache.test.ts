import { expect } from 'chai'
import { encodeChunk } from '../../../src/history/codec/chunk.ts'
import { type Samples, samplesFrom } from '../../../src/history/samples.ts'
import { ChunkCache } from '../../../src/history/store/chunk-cache.ts'
import { type ChunkRow, samplesOf } from '../../../src/history/store/chunk-reader.ts'

function rowOf(id: number, value: number | string): ChunkRow {
  const blob = encodeChunk(samplesFrom([{ time: id, status: 0, value }]))
  return { id, t0: id, t1: id, n: 1, blob }
}

describe('the cache of chunks', () => {
  let decoded: number[]
  let cache: ChunkCache
  const fail = (chunk: number): never => expect.fail(`chunk ${chunk} is damaged`)

  beforeEach(() => {
    decoded = []
    cache = new ChunkCache()
  })

  function get(row: ChunkRow, isKept?: boolean): Samples {
    const decode = (each: ChunkRow): Samples => {
      decoded.push(each.id)
      return samplesOf(each, fail)
    }
    return cache.get(row, decode, isKept)
  }

  it('decodes a chunk once, and again when it was rewritten', () => {
    expect(get(rowOf(1, 5))).to.equal(get(rowOf(1, 5)))
    expect(decoded).to.deep.equal([1])
    expect([...get(rowOf(1, 6)).values]).to.deep.equal([6])
    expect([...get(rowOf(1, 6)).values]).to.deep.equal([6])
    expect(decoded).to.deep.equal([1, 1])
  })

  it('uses what it has for long reads, but keeps nothing of them', () => {
    get(rowOf(1, 5), false)
    get(rowOf(1, 5), false)
    expect(decoded).to.deep.equal([1, 1])
    get(rowOf(1, 5))
    get(rowOf(1, 5), false)
    expect(decoded).to.deep.equal([1, 1, 1])
    expect([...get(rowOf(1, 6), false).values]).to.deep.equal([6])
  })

  it('keeps 256 chunks: those used last', () => {
    for (let id = 1; id <= 256; id++) get(rowOf(id, id))
    get(rowOf(1, 1))
    get(rowOf(257, 257))
    decoded = []
    get(rowOf(1, 1))
    expect(decoded).to.deep.equal([])
    get(rowOf(2, 2))
    expect(decoded).to.deep.equal([2])
  })

  it('keeps no more than 2 MiB of them, and none that is larger by itself', () => {
    const long = (id: number, kilobytes: number): ChunkRow => rowOf(id, String(id).padEnd(kilobytes * 1024, '-'))
    for (let id = 1; id <= 5; id++) get(long(id, 500))
    decoded = []
    for (let id = 5; id >= 1; id--) get(long(id, 500))
    expect(decoded).to.deep.equal([1])
    get(long(9, 3000))
    get(long(9, 3000))
    expect(decoded).to.deep.equal([1, 9, 9])
  })
})
