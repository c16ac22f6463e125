import { coerceLocalizedText, DataType, type NodeId, type UAObject, type UAVariable, Variant } from 'node-opcua'
import type { ProgramState, ProgramTransitionName } from '../model/program.ts'
import { Status } from '../model/status.ts'
import { nullVariant } from './conversion.ts'
import { setValue } from './live-values.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'

/** A transition that a Program has made, and when, in milliseconds since 1970 UTC. */
export interface MadeTransition {
  readonly name: ProgramTransitionName
  readonly time: number
}

/**
 * Shows the state of a pipeline in the variables of Part 10.
 *
 * The variables are set directly: the stack's own state machine accepts transitions that do not exist, and raises a bare
 * abstract event for each. The plant's table has decided before anything arrives here.
 */
export class ProgramVariables {
  readonly #state: UAVariable
  readonly #transition: UAVariable
  readonly #idOf: (member: string) => { id: NodeId; number: number }

  /** Takes the pipeline's object; the states and transitions themselves are nodes of the standard type. */
  constructor(context: SpaceContext, pipeline: UAObject) {
    const type = objectTypeOf(context, 'ProgramStateMachineType')
    this.#state = childOf<UAVariable>(pipeline, 'CurrentState')
    this.#transition = childOf<UAVariable>(pipeline, 'LastTransition')
    this.#idOf = (member) => {
      const node = childOf<UAObject>(type as unknown as UAObject, member)
      const numberName = member.includes('To') ? 'TransitionNumber' : 'StateNumber'
      return { id: node.nodeId, number: childOf<UAVariable>(node, numberName).readValue().value.value as number }
    }
  }

  /** Shows a state and how it was reached; without a transition the Program has been there since the start. */
  show(state: ProgramState, made: MadeTransition | undefined): void {
    this.#set(this.#state, state, made?.time)
    if (made) {
      this.#set(this.#transition, made.name, made.time)
      const time = new Variant({ dataType: DataType.DateTime, value: new Date(made.time) })
      setValue(childOf<UAVariable>(this.#transition, 'TransitionTime'), time, Status.Good, made.time)
      return
    }
    for (const variable of this.#variablesOf(this.#transition, 'TransitionTime')) {
      setValue(variable, nullVariant, Status.BadWaitingForInitialData)
    }
  }

  #set(variable: UAVariable, member: string, time: number | undefined): void {
    const { id, number } = this.#idOf(member)
    const text = new Variant({ dataType: DataType.LocalizedText, value: coerceLocalizedText(member) })
    setValue(
      childOf<UAVariable>(variable, 'Id'),
      new Variant({ dataType: DataType.NodeId, value: id }),
      Status.Good,
      time,
    )
    const numeric = new Variant({ dataType: DataType.UInt32, value: number })
    setValue(childOf<UAVariable>(variable, 'Number'), numeric, Status.Good, time)
    setValue(variable, text, Status.Good, time)
  }

  #variablesOf(variable: UAVariable, extra: string): UAVariable[] {
    return [variable, ...['Id', 'Number', extra].map((name) => childOf<UAVariable>(variable, name))]
  }
}
