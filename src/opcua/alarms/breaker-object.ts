import { coerceLocalizedText, DataType, type UAMethod, type UAObject, type UAVariable, Variant } from 'node-opcua'
import type { BreakerState } from '../../model/diagnostics.ts'
import type { DeviceDescription } from '../../model/port.ts'
import type { Sample } from '../../model/sample.ts'
import { bindMethod, describeMethod } from '../calling.ts'
import { nullVariant } from '../conversion.ts'
import { setSample, setValue } from '../live-values.ts'
import { namespaceUris } from '../namespaces.ts'
import { restrictCall } from '../roles.ts'
import { childOf, objectTypeOf, type SpaceContext } from '../space-context.ts'
import {
  type BreakerTransitionName,
  breakerMethods,
  breakerStates,
  breakerTransitions,
} from '../types/breaker-types.ts'

/** The circuit breaker of a device as a state machine, with the method that closes it. */
export class BreakerObject {
  readonly node: UAObject
  readonly #context: SpaceContext
  #state: BreakerState | undefined

  constructor(context: SpaceContext, parent: UAObject, { id }: DeviceDescription) {
    this.#context = context
    this.node = objectTypeOf(context, 'BreakerStateMachineType', namespaceUris.types).instantiate({
      browseName: 'Breaker',
      displayName: 'Breaker',
      description: 'Circuit breaker: after too many failures in a row the device is left alone for a while.',
      namespace: context.namespace,
      nodeId: `s=dev/${id}.Breaker`,
      componentOf: parent,
      optionals: [
        ...['CurrentState.Number', 'NextProbeTime', 'LastTransition'],
        ...['LastTransition.Number', 'LastTransition.TransitionTime'],
      ],
    })
    this.#bindReset(id)
  }

  /** The variable of the state. */
  get currentState(): UAVariable {
    return childOf<UAVariable>(this.node, 'CurrentState')
  }

  /** Shows a state, and the transition that led to it. */
  take({ value, sourceTime }: Sample): void {
    const to = value as BreakerState
    const from = this.#state
    if (from === to) return
    this.#state = to
    this.#show('CurrentState', to, breakerStates[to], sourceTime)
    const name = `${from}To${to}`
    if (!(name in breakerTransitions)) return
    const { number } = breakerTransitions[name as BreakerTransitionName]
    this.#show('LastTransition', name, number, sourceTime)
    const time = new Variant({ dataType: DataType.DateTime, value: new Date(sourceTime) })
    setValue(childOf<UAVariable>(this.#variable('LastTransition'), 'TransitionTime'), time, 0, sourceTime)
  }

  /** Shows how many failures there were in a row. */
  takeFailureCount(sample: Sample): void {
    setSample(this.#variable('FailureCount'), sample, (value) => ({
      variant: new Variant({ dataType: DataType.UInt32, value }),
    }))
  }

  /** Shows when the next attempt is made; there is a value only while the breaker is open. */
  takeNextProbeTime(sample: Sample): void {
    setSample(this.#variable('NextProbeTime'), sample, (value) => ({
      variant: value === null ? nullVariant : new Variant({ dataType: DataType.DateTime, value }),
    }))
  }

  #show(member: string, name: string, number: number, time: number): void {
    const variable = this.#variable(member)
    const type = objectTypeOf(this.#context, 'BreakerStateMachineType', namespaceUris.types)
    const set = (target: UAVariable, dataType: DataType, value: unknown): void =>
      setValue(target, new Variant({ dataType, value }), 0, time)
    set(variable, DataType.LocalizedText, coerceLocalizedText(name))
    set(childOf<UAVariable>(variable, 'Id'), DataType.NodeId, type.getComponentByName(name)?.nodeId)
    set(childOf<UAVariable>(variable, 'Number'), DataType.UInt32, number)
  }

  #variable(member: string): UAVariable {
    return childOf<UAVariable>(this.node, member)
  }

  #bindReset(device: string): void {
    const method = childOf<UAObject>(this.node, 'Reset') as unknown as UAMethod
    describeMethod(method, breakerMethods.Reset)
    bindMethod(this.#context, method, async (_inputs, initiator) => {
      await this.#context.view.resetBreaker(device, initiator)
      return []
    })
    restrictCall(method, 'Engineer', this.#context.anonymous)
  }
}
