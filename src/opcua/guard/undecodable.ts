import { type StatusCode, StatusCodes } from 'node-opcua'
import { decodeExpandedNodeId } from 'node-opcua-basic-types'
import { BinaryStream } from 'node-opcua-binary-stream'
import type { Message } from 'node-opcua-secure-channel'
import { StatusCodes2 } from 'node-opcua-transport'
import { answerFault } from './answers.ts'
import type { Connection } from './connections.ts'
import type { Report } from './findings.ts'
import type { AnyMethod } from './hooks.ts'
import { RateLimits } from './rates.ts'

/** The part of the stack's assembler of messages that a request which cannot be decoded concerns. */
interface Builder {
  readonly id: string
  readonly messageHeader?: { readonly msgType: string }
  readonly securityHeader?: unknown
  readonly sequenceHeader?: { readonly requestId: number } | null
  listenerCount(event: string): number
  on(event: string, listener: (request: object) => void): void
  _report_error(statusCode: unknown, message: string): boolean
}

/**
 * Answers a request that cannot be decoded with BadDecodingError, or with BadEncodingLimitsExceeded when it is longer or nests
 * deeper than it may (Part 6 §5.1.1); the stack gives no answer at all (Part 4 §5.3 wants one).
 *
 * A channel that goes on sending such requests is closed, and so is one whose request has no header to answer.
 */
export function answerUndecodable(
  original: AnyMethod,
  connection: () => Connection | undefined,
  now: () => number,
  report: Report,
): AnyMethod {
  const rates = new RateLimits(now)
  return function (this: Builder, body: Buffer) {
    const isKnown = this.listenerCount('invalid_message') > 0
    if (this.id.startsWith('server') && !isKnown) {
      this.on('invalid_message', (request) => {
        const status = statusOf(bodies.get(this), request)
        report(status === StatusCodes.BadEncodingLimitsExceeded ? 'encodingLimit' : 'undecodable', 'transport', status)
        // The stack prints the request, token and all; half-decoded ones may even throw when they are printed.
        Object.defineProperty(request, 'toString', { value: () => request.constructor.name })
        const channel = connection()?.channel
        const isRationed = !channel || !rates.admit(channel, 'Undecodable').isGood()
        if (isRationed || this.messageHeader?.msgType !== 'MSG' || !this.sequenceHeader) {
          this._report_error(StatusCodes2.BadTcpInternalError, 'the request cannot be decoded')
          return
        }
        const { requestId } = this.sequenceHeader
        answerFault(channel, { request, requestId, securityHeader: this.securityHeader } as unknown as Message, status)
      })
    }
    bodies.set(this, body)
    try {
      return original.call(this, body)
    } finally {
      bodies.delete(this)
    }
  }
}

/** What each assembler is decoding. */
const bodies = new WeakMap<object, Buffer>()

const limitExceeded = /exceeds the maximum allowed|maximum nesting level|has been exceeded/

/** Why it could not be decoded. The stack keeps the reason to itself, so it is decoded once more. */
function statusOf(body: Buffer | undefined, request: object): StatusCode {
  const stream = new BinaryStream(body ?? Buffer.alloc(0))
  try {
    decodeExpandedNodeId(stream)
    const fresh = new (request.constructor as new () => { decode(stream: BinaryStream): void })()
    fresh.decode(stream)
  } catch (error) {
    if (error instanceof Error && limitExceeded.test(error.message)) return StatusCodes.BadEncodingLimitsExceeded
  }
  return StatusCodes.BadDecodingError
}
