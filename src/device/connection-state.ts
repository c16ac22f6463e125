import type { BreakerDefinition, RetryDefinition } from '../model/definition.ts'
import type { BreakerState } from '../model/diagnostics.ts'
import type { ConnectionState } from '../model/event.ts'

/**
 * State of a device's link. `failures` counts what went wrong since the device last answered: a link that can be made but
 * brings no answer is no better than none, so making it does not reset the count.
 */
export interface LinkState {
  readonly name: ConnectionState
  readonly failures: number
  /** Probes that a half-open breaker has let through and that were answered; none when absent. */
  readonly answers?: number | undefined
}

/**
 * What went wrong, as far as the machine cares: the link said so itself (`notConnected`), a request failed
 * (`communication`), or the plugin does not keep to its interface (`plugin`).
 */
export type LinkFact = 'communication' | 'notConnected' | 'plugin'

/**
 * What can happen to a link. `enable` is also an operator's wish to connect now, `reset` one to forget the failures, `trip` one
 * to open the breaker.
 */
export type LinkInput =
  | { readonly kind: 'enable' | 'disable' | 'connected' | 'answered' | 'waited' | 'reset' | 'trip' }
  | { readonly kind: 'failed'; readonly fact: LinkFact }

/** What is to be done: `close` ends the connection or the attempt, and the wait; `waited` is due `ms` after `wait`. */
export type LinkEffect =
  | { readonly kind: 'connect' }
  | { readonly kind: 'close' }
  | { readonly kind: 'wait'; readonly ms: number }

/** The part of a device's definition that decides about its link. */
export interface LinkPolicy {
  readonly retry: RetryDefinition
  readonly breaker?: BreakerDefinition | undefined
}

/** The next state of a link, and what is to be done on the way. */
export interface LinkTransition {
  readonly state: LinkState
  readonly effects: readonly LinkEffect[]
}

/** A link that nobody has asked for. */
export const initialLink: LinkState = { name: 'Disabled', failures: 0 }

/** Shortest delay between attempts, whatever the definition says: a loop without a pause would starve the others. */
const delayMinMs = 10

const connect: LinkEffect = { kind: 'connect' }
const close: LinkEffect = { kind: 'close' }

/**
 * Decides what an input does to a link. An input that makes no sense in a state, such as a late failure of a connection
 * that is closed already, changes nothing.
 *
 * Error is the state of an open breaker and of a plugin that breaks its interface; both are probed after a while, because a
 * device never gives up. A half-open breaker closes when as many probes as configured were answered in a row; each of them is
 * a reading, and the first one that fails opens it again.
 */
export function transition(state: LinkState, input: LinkInput, policy: LinkPolicy): LinkTransition {
  switch (input.kind) {
    case 'enable':
      if (isUp(state)) return { state, effects: [] }
      return { state: { name: 'Connecting', failures: state.failures }, effects: [connect] }
    case 'disable':
      if (state.name === 'Disabled') return { state, effects: [] }
      return { state: initialLink, effects: [close] }
    case 'connected':
      if (state.name !== 'Connecting') return { state, effects: [] }
      return { state: { name: 'Connected', failures: state.failures }, effects: [] }
    case 'answered':
      return { state: afterAnswer(state, policy), effects: [] }
    case 'waited':
      if (state.name !== 'Disconnected' && state.name !== 'Error') return { state, effects: [] }
      return { state: { name: 'Connecting', failures: state.failures }, effects: [connect] }
    case 'reset':
      if (breakerStateOf(state, policy) === 'Closed') return { state, effects: [] }
      if (isUp(state)) return { state: { name: state.name, failures: 0 }, effects: [] }
      return { state: { name: 'Connecting', failures: 0 }, effects: [connect] }
    case 'trip':
      return afterTrip(state, policy)
    case 'failed':
      return isUp(state) ? afterFailure(state, input.fact, policy) : { state, effects: [] }
  }
  input satisfies never
}

/** State of a link's circuit breaker; a link without one counts as closed. */
export function breakerStateOf({ name, failures }: LinkState, { breaker }: LinkPolicy): BreakerState {
  if (!breaker || failures < breaker.failures) return 'Closed'
  return name === 'Error' ? 'Open' : 'HalfOpen'
}

/** Delay before the attempt that follows so many failures in a row: it grows by the factor up to the maximum. */
export function backoffMs(retry: RetryDefinition, failures: number): number {
  // Beyond 64 doublings the power only risks Infinity times zero.
  const delayMs = retry.delayMs * retry.factor ** Math.min(64, Math.max(0, failures - 1))
  return Math.max(delayMinMs, Math.min(retry.maxDelayMs, delayMs))
}

/** Spreads a delay by up to `share` of it in both directions; `random` lies in [0, 1). */
export function jittered(delayMs: number, share: number, random: number): number {
  return delayMs * (1 + share * (2 * random - 1))
}

function isUp({ name }: LinkState): boolean {
  return name === 'Connecting' || name === 'Connected'
}

function afterAnswer(state: LinkState, policy: LinkPolicy): LinkState {
  if (state.name !== 'Connected' || state.failures === 0) return state
  const answers = (state.answers ?? 0) + 1
  const isOnTrial = breakerStateOf(state, policy) === 'HalfOpen' && answers < (policy.breaker?.probes ?? 1)
  return isOnTrial ? { ...state, answers } : { name: 'Connected', failures: 0 }
}

function afterTrip(state: LinkState, policy: LinkPolicy): LinkTransition {
  const { breaker } = policy
  const isTrippable = breaker && state.name !== 'Disabled' && breakerStateOf(state, policy) !== 'Open'
  if (!isTrippable) return { state, effects: [] }
  const failures = Math.max(breaker.failures, state.failures + 1)
  return { state: { name: 'Error', failures }, effects: [close, { kind: 'wait', ms: breaker.resetMs }] }
}

function afterFailure(state: LinkState, fact: LinkFact, { retry, breaker }: LinkPolicy): LinkTransition {
  const failures = state.failures + 1
  if (breaker && failures >= breaker.failures) {
    return { state: { name: 'Error', failures }, effects: [close, { kind: 'wait', ms: breaker.resetMs }] }
  }
  if (fact === 'plugin') {
    return { state: { name: 'Error', failures }, effects: [close, { kind: 'wait', ms: backoffMs(retry, 64) }] }
  }
  // A link that worked until now deserves one attempt without delay; a second one would be a tight loop.
  if (fact === 'notConnected' && state.name === 'Connected' && state.failures === 0) {
    return { state: { name: 'Connecting', failures }, effects: [close, connect] }
  }
  return {
    state: { name: 'Disconnected', failures },
    effects: [close, { kind: 'wait', ms: backoffMs(retry, failures) }],
  }
}
