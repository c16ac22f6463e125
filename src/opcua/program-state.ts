import { coerceLocalizedText, DataType, type NodeId, type UAObject, type UAVariable, Variant } from 'node-opcua'
import type { PlantEvent } from '../model/event.ts'
import type { ProgramState, ProgramTransitionName } from '../model/program.ts'
import { Status } from '../model/status.ts'
import { nullVariant } from './conversion.ts'
import { setValue } from './live-values.ts'
import { ProgramDiagnostics } from './program-diagnostic.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'

/** A transition that a Program has made, and when, in milliseconds since 1970 UTC. */
export interface MadeTransition {
  readonly name: ProgramTransitionName
  readonly time: number
}

/** The node and the number of a state or transition of ProgramStateMachineType, by its BrowseName. */
export function programNodeOf(
  context: SpaceContext,
  member: ProgramState | ProgramTransitionName,
): { readonly id: NodeId; readonly number: number } {
  const type = objectTypeOf(context, 'ProgramStateMachineType')
  const node = childOf<UAObject>(type as unknown as UAObject, member)
  const numberName = member.includes('To') ? 'TransitionNumber' : 'StateNumber'
  return { id: node.nodeId, number: childOf<UAVariable>(node, numberName).readValue().value.value as number }
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
  readonly #diagnostics: ProgramDiagnostics
  readonly #context: SpaceContext

  /** Takes the pipeline's object and id; the states and transitions themselves are nodes of the standard type. */
  constructor(context: SpaceContext, pipeline: UAObject, id: string) {
    this.#diagnostics = new ProgramDiagnostics(context, pipeline, id)
    this.#context = context
    this.#state = childOf<UAVariable>(pipeline, 'CurrentState')
    this.#transition = childOf<UAVariable>(pipeline, 'LastTransition')
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

  /** Shows a transition that was made. */
  transitioned(event: Extract<PlantEvent, { kind: 'programTransitioned' }>): void {
    this.show(event.to, { name: event.transition, time: event.time })
    this.#diagnostics.transitioned(event)
  }

  #set(variable: UAVariable, member: ProgramState | ProgramTransitionName, time: number | undefined): void {
    const { id, number } = programNodeOf(this.#context, member)
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
