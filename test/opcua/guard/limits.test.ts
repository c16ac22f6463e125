import { expect } from 'chai'
import { StatusCodes } from 'node-opcua'
import { BinaryStream } from 'node-opcua-binary-stream'
import { defaultLimits, limitsWith } from '../../../src/model/limits.ts'
import { applyEncodingLimits } from '../../../src/opcua/guard/index.ts'
import { limitsInUse, negotiateTransport, useLimits } from '../../../src/opcua/guard/limits.ts'
import { RateLimits } from '../../../src/opcua/guard/rates.ts'

describe('guard: limits', () => {
  it('offers small buffers to a client that leaves everything to the server', () => {
    const hello = { receiveBufferSize: 0, sendBufferSize: 0, maxMessageSize: 0, maxChunkCount: 0 }
    expect(negotiateTransport(hello)).to.deep.equal({
      receiveBufferSize: 16_384,
      sendBufferSize: 16_384,
      maxMessageSize: 256 * 16_384,
      maxChunkCount: 256,
    })
  })

  it('offers larger buffers to a client that takes few chunks, and says truly what a message may hold', () => {
    const hello = { receiveBufferSize: 65_536, sendBufferSize: 65_536, maxMessageSize: 0, maxChunkCount: 10 }
    const answer = negotiateTransport(hello)
    expect(answer.receiveBufferSize).to.equal(65_536)
    expect(answer.maxMessageSize).to.equal(10 * 65_536)
  })

  it('never offers more than a client asks for', () => {
    const hello = { receiveBufferSize: 8_192, sendBufferSize: 9_000, maxMessageSize: 100_000, maxChunkCount: 300 }
    const answer = negotiateTransport(hello)
    expect(answer).to.deep.equal({ ...hello, maxChunkCount: 256 })
  })

  it('lowers the bounds of the decoder, which options can only raise', () => {
    BinaryStream.maxArrayLength = 10_000_000
    applyEncodingLimits()
    expect(BinaryStream.maxArrayLength).to.equal(defaultLimits.arrayLength)
  })

  it('holds several servers of one process to the lowest limits of them, in whatever order they come and go', () => {
    const raised = useLimits(limitsWith({ nesting: 200, arrayLength: 2_000, messageChunks: 512 }))
    expect(limitsInUse()).to.include({ nesting: 200, arrayLength: 2_000, messageChunks: 512 })
    const other = useLimits(limitsWith({ nesting: 150, arrayLength: 3_000 }))
    expect(limitsInUse()).to.include({ nesting: 150, arrayLength: 2_000, messageChunks: 256 })
    expect(BinaryStream.maxArrayLength).to.equal(2_000)
    raised()
    expect(limitsInUse()).to.include({ nesting: 150, arrayLength: 3_000, messageChunks: 256 })
    other()
    expect(limitsInUse()).to.deep.equal(defaultLimits)
    expect(BinaryStream.maxArrayLength).to.equal(defaultLimits.arrayLength)
  })

  it('admits a burst, then the rate, each caller by itself', () => {
    let nowMs = 0
    const rates = new RateLimits(() => nowMs)
    const caller = {}
    const admitted = (): number => {
      let count = 0
      while (rates.admit(caller, 'ConditionRefresh').isGood()) count += 1
      return count
    }
    expect(admitted()).to.equal(10)
    nowMs += 1_000
    expect(admitted()).to.equal(2)
    expect(rates.admit({}, 'ConditionRefresh')).to.equal(StatusCodes.Good)
    expect(rates.admit(caller, 'Read')).to.equal(StatusCodes.Good)
    for (let call = 0; call < 1_000; call += 1) rates.admit(caller, 'Publish')
    expect(rates.admit(caller, 'Publish')).to.equal(StatusCodes.BadTooManyPublishRequests)
  })
})
