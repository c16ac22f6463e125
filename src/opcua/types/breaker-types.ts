import { DataType, type UAObject, type UAObjectType, type UAVariable } from 'node-opcua'
import { addDataVariable, addMethod } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** States of a circuit breaker with their `StateNumber`; a breaker starts closed. */
export const breakerStates = { Closed: 1, Open: 2, HalfOpen: 3 } as const

/** Transitions of a circuit breaker with their `TransitionNumber`. */
export const breakerTransitions = {
  ClosedToOpen: { number: 1, from: 'Closed', to: 'Open' },
  OpenToHalfOpen: { number: 2, from: 'Open', to: 'HalfOpen' },
  HalfOpenToClosed: { number: 3, from: 'HalfOpen', to: 'Closed' },
  HalfOpenToOpen: { number: 4, from: 'HalfOpen', to: 'Open' },
  OpenToClosed: { number: 5, from: 'Open', to: 'Closed' },
} as const

/** State of a circuit breaker. */
export type BreakerState = keyof typeof breakerStates

/** Name of a transition of a circuit breaker. */
export type BreakerTransitionName = keyof typeof breakerTransitions

/** What the method of a breaker does. */
export const breakerMethods = { Reset: 'Closes the breaker, so that the device is tried at once.' } as const

/** Adds `BreakerStateMachineType` (Part 16 §4.4.5): whether a device that failed too often is left alone. */
export function addBreakerType(context: TypeContext): UAObjectType {
  const { namespace, typeOf } = context
  const type = namespace.addObjectType({
    browseName: 'BreakerStateMachineType',
    description:
      'A circuit breaker: it opens after too many failures in a row, and a few probes decide whether it closes again.',
    subtypeOf: typeOf('FiniteStateMachineType'),
  })
  addStates(context, type)
  addDataVariable(namespace, type, {
    name: 'FailureCount',
    description: 'Failures in a row.',
    dataType: 'UInt32',
  })
  addDataVariable(namespace, type, {
    name: 'NextProbeTime',
    description: 'When an open breaker lets the next attempt through.',
    dataType: 'UtcTime',
    rule: 'Optional',
  })
  const reset = addMethod(namespace, type, { name: 'Reset', description: breakerMethods.Reset })
  for (const name of ['OpenToClosed', 'HalfOpenToClosed'] as const) {
    type.getComponentByName(name)?.addReference({ referenceType: 'HasCause', nodeId: reset.nodeId })
  }
  return type
}

/** States and transitions are components of the type itself and have no modelling rule (Part 16 §4.4.5). */
function addStates({ namespace, typeOf }: TypeContext, type: UAObjectType): void {
  const add = (browseName: string, of: string, description: string, member: string, number: number): UAObject => {
    const node = typeOf(of).instantiate({ browseName, description, namespace, componentOf: type })
    const variable = node.getChildByName(member) as UAVariable
    variable.setValueFromSource({ dataType: DataType.UInt32, value: number })
    return node
  }
  const states = new Map<string, UAObject>()
  const texts: Readonly<Record<BreakerState, string>> = {
    Closed: 'The device is used.',
    Open: 'The device is left alone: nothing is sent to it.',
    HalfOpen: 'Probes show whether the device answers again; nothing else is sent to it.',
  }
  for (const [name, number] of Object.entries(breakerStates)) {
    const of = name === 'Closed' ? 'InitialStateType' : 'StateType'
    states.set(name, add(name, of, texts[name as BreakerState], 'StateNumber', number))
  }
  for (const [name, { number, from, to }] of Object.entries(breakerTransitions)) {
    const node = add(name, 'TransitionType', `From ${from} to ${to}.`, 'TransitionNumber', number)
    node.addReference({ referenceType: 'FromState', nodeId: states.get(from) as UAObject })
    node.addReference({ referenceType: 'ToState', nodeId: states.get(to) as UAObject })
  }
}
