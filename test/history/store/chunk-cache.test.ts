import { expect } from 'chai'
import { encodeChunk } from '../../../src/history/codec/chunk.ts'
import { samplesFrom } from '../../../src/history/samples.ts'
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
    cache = new ChunkCache((row) => {
      decoded.push(row.id)
      return samplesOf(row, fail)
    })
  })

  it('decodes a chunk once, and again when it was rewritten', () => {
    expect(cache.get(rowOf(1, 5))).to.equal(cache.get(rowOf(1, 5)))
    expect(decoded).to.deep.equal([1])
    expect([...cache.get(rowOf(1, 6)).values]).to.deep.equal([6])
    expect([...cache.get(rowOf(1, 6)).values]).to.deep.equal([6])
    expect(decoded).to.deep.equal([1, 1])
  })

  it('uses what it has for long reads, but keeps nothing of them', () => {
    cache.get(rowOf(1, 5), false)
    cache.get(rowOf(1, 5), false)
    expect(decoded).to.deep.equal([1, 1])
    cache.get(rowOf(1, 5))
    cache.get(rowOf(1, 5), false)
    expect(decoded).to.deep.equal([1, 1, 1])
    expect([...cache.get(rowOf(1, 6), false).values]).to.deep.equal([6])
  })

  it('keeps 256 chunks: those used last', () => {
    for (let id = 1; id <= 256; id++) cache.get(rowOf(id, id))
    cache.get(rowOf(1, 1))
    cache.get(rowOf(257, 257))
    decoded = []
    cache.get(rowOf(1, 1))
    expect(decoded).to.deep.equal([])
    cache.get(rowOf(2, 2))
    expect(decoded).to.deep.equal([2])
  })

  it('keeps no more than 2 MiB of them, and none that is larger by itself', () => {
    const long = (id: number, kilobytes: number): ChunkRow => rowOf(id, String(id).padEnd(kilobytes * 1024, '-'))
    for (let id = 1; id <= 5; id++) cache.get(long(id, 500))
    decoded = []
    for (let id = 5; id >= 1; id--) cache.get(long(id, 500))
    expect(decoded).to.deep.equal([1])
    cache.get(long(9, 3000))
    cache.get(long(9, 3000))
    expect(decoded).to.deep.equal([1, 9, 9])
  })
})
