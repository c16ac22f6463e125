import type { Value } from './value.ts'

/**
 * A fault that can be injected into a device, to see what the plant makes of it.
 *
 * | kind | what it does while it lasts |
 * |---|---|
 * | delay | each answer of the device comes `delayMs` later, or not at all within its deadline |
 * | drop | this share of the requests is lost on the way (0 to 1) |
 * | stuck | the tag keeps the value that it had |
 * | spike | the tag reads `value`, in the next `count` readings or, with 0, in all of them |
 * | badStatus | the tag, or each tag when there is none, has no value but this Bad status |
 * | disconnect | the connection is cut, and no other can be made |
 * | trip | the circuit breaker opens; it lasts as long as the breaker says |
 */
export type Fault =
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'drop'; readonly share: number }
  | { readonly kind: 'stuck'; readonly port: string }
  | { readonly kind: 'spike'; readonly port: string; readonly value: Value; readonly count: number }
  | { readonly kind: 'badStatus'; readonly port?: string | undefined; readonly status: number }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'trip' }

/** The kind of a fault. */
export type FaultKind = Fault['kind']

/** A fault that is asked for, and how long it is to last; a trip has no duration of its own. */
export interface FaultOrder {
  readonly fault: Fault
  readonly durationMs: number
}

/** Why a fault is over. */
export type FaultEnd = 'expired' | 'cleared' | 'replaced' | 'disabled' | 'closed'

/** The cause of samples that a fault has brought about; no device or step can have this id. */
export const faultCause = '@fault-injection'
