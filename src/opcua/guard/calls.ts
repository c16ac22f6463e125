import { type CallMethodRequest, MethodIds, type StatusCode, StatusCodes } from 'node-opcua'
import type { Limits } from '../../model/limits.ts'
import type { Report } from './findings.ts'
import type { Hook } from './hooks.ts'
import type { RateLimits } from './rates.ts'

/** What the judge of method calls works with. */
export interface CallParts {
  readonly limits: Limits
  readonly rates: RateLimits
  readonly report: Report
}

/**
 * Hooks the call of one method: ConditionRefresh sends every alarm again and is rationed per session, and only so many calls
 * are under way at once, of a session and in all (BadServerTooBusy for that call).
 */
export function callHook(accessor: object, { limits, rates, report }: CallParts): Hook {
  const underWay = new UnderWay(limits)
  const refusal = (session: object, call: CallMethodRequest): StatusCode | undefined => {
    const admitted = isRefresh(call) ? rates.admit(session, 'ConditionRefresh') : StatusCodes.Good
    if (!admitted.isGood()) {
      report('rateLimit', 'ConditionRefresh', admitted.name)
      return admitted
    }
    if (underWay.hasRoomFor(session)) return undefined
    report('callLimit', 'Call', 'too many calls are under way')
    return StatusCodes.BadServerTooBusy
  }
  return {
    target: accessor,
    method: 'callMethod',
    wrap: (original) =>
      async function (this: object, context: { session?: object }, call: CallMethodRequest) {
        const session = context.session
        if (!session) return await original.call(this, context, call)
        const statusCode = refusal(session, call)
        if (statusCode) return { statusCode }
        underWay.begin(session)
        try {
          return await original.call(this, context, call)
        } finally {
          underWay.end(session)
        }
      },
  }
}

function isRefresh({ methodId: { value, namespace } }: CallMethodRequest): boolean {
  const isOne =
    value === MethodIds.ConditionType_ConditionRefresh || value === MethodIds.ConditionType_ConditionRefresh2
  return namespace === 0 && isOne
}

/** Counts the calls that have not ended. */
class UnderWay {
  readonly #limits: Limits
  readonly #bySession = new WeakMap<object, number>()
  #count = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  hasRoomFor(session: object): boolean {
    const { methodCalls, methodCallsPerSession } = this.#limits
    return this.#count < methodCalls && (this.#bySession.get(session) ?? 0) < methodCallsPerSession
  }

  begin(session: object): void {
    this.#add(session, 1)
  }

  end(session: object): void {
    this.#add(session, -1)
  }

  #add(session: object, change: 1 | -1): void {
    this.#count += change
    this.#bySession.set(session, (this.#bySession.get(session) ?? 0) + change)
  }
}
