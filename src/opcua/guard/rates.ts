import { type StatusCode, StatusCodes } from 'node-opcua'

/** Calls a second that are admitted for good, and how many at once. */
interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/**
 * Services whose endless repetition costs more than it gives: they write logs, make state, or run before a login.
 *
 * Ten subscriptions at 50 ms ask for 200 Publish requests a second, so that rate is honest.
 */
const RATES: Readonly<Record<string, Rate>> = {
  Publish: { perSecond: 500, burst: 1_000 },
  RegisterNodes: { perSecond: 20, burst: 100 },
  UnregisterNodes: { perSecond: 20, burst: 100 },
  ConditionRefresh: { perSecond: 2, burst: 10 },
  FindServers: { perSecond: 10, burst: 30 },
  GetEndpoints: { perSecond: 10, burst: 30 },
  CreateSession: { perSecond: 10, burst: 60 },
  ActivateSession: { perSecond: 10, burst: 60 },
  /** Openings and renewals of a channel: each keeps a token for its lifetime. What is more closes the channel. */
  OpenSecureChannel: { perSecond: 1, burst: 20 },
  /** Requests of any service that cannot be decoded; what is more closes the channel. */
  Undecodable: { perSecond: 2, burst: 10 },
}

interface Bucket {
  tokens: number
  filledMs: number
}

/** Admits calls at the rate of their service, per session or, before there is one, per channel. */
export class RateLimits {
  readonly #now: () => number
  readonly #buckets = new WeakMap<object, Map<string, Bucket>>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Takes one call off the caller's allowance; anything but Good is the answer to give. */
  admit(caller: object, service: string): StatusCode {
    const rate = RATES[service]
    if (!rate) return StatusCodes.Good
    const bucket = this.#bucketOf(caller, service, rate)
    if (bucket.tokens < 1) {
      return service === 'Publish' ? StatusCodes.BadTooManyPublishRequests : StatusCodes.BadServerTooBusy
    }
    bucket.tokens -= 1
    return StatusCodes.Good
  }

  #bucketOf(caller: object, service: string, rate: Rate): Bucket {
    const buckets = this.#buckets.get(caller) ?? new Map<string, Bucket>()
    this.#buckets.set(caller, buckets)
    const nowMs = this.#now()
    const bucket = buckets.get(service) ?? { tokens: rate.burst, filledMs: nowMs }
    buckets.set(service, bucket)
    const gained = ((nowMs - bucket.filledMs) / 1000) * rate.perSecond
    bucket.tokens = Math.min(rate.burst, bucket.tokens + gained)
    bucket.filledMs = nowMs
    return bucket
  }
}
