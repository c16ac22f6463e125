import {
  type Argument,
  coerceNodeId,
  DataType,
  type ISessionContext,
  NodeId,
  type UAObject,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { systemClock } from '../model/clock.ts'
import type { PlantEvent } from '../model/event.ts'
import type { ProgramTransitionName } from '../model/program.ts'
import { Status } from '../model/status.ts'
import type { AskedCall, CallAnswer } from './call-witness.ts'
import { setValue } from './live-values.ts'
import { childOf, type SpaceContext } from './space-context.ts'
import { statusCodeOf } from './status-codes.ts'

/** ProgramDiagnostic2DataType of namespace 0. */
const structureId = coerceNodeId('i=24033')

/** The fields of ProgramDiagnostic2DataType (Part 10 §5.2.8) in the order of the structure, by the names of the members. */
interface Fields {
  CreateSessionId: Variant
  CreateClientName: Variant
  InvocationCreationTime: Variant
  LastTransitionTime: Variant
  LastMethodCall: Variant
  LastMethodSessionId: Variant
  LastMethodInputArguments: Variant
  LastMethodOutputArguments: Variant
  LastMethodInputValues: Variant
  LastMethodOutputValues: Variant
  LastMethodCallTime: Variant
  LastMethodReturnStatus: Variant
}

/** The methods whose transitions tell that the plant itself has asked for them: nobody's session did. */
const methodByTransition: Partial<Record<ProgramTransitionName, string>> = {
  ReadyToRunning: 'Start',
  RunningToHalted: 'Halt',
  SuspendedToHalted: 'Halt',
}

/**
 * Shows who has asked what of a Program (ProgramDiagnostic2Type, Part 10 §5.2.8), in the structure and in its members.
 *
 * A pipeline is created with the plant and by no client, so that CreateSessionId is null and CreateClientName empty. What
 * the plant does itself, such as a start with the plant, has no session either.
 */
export class ProgramDiagnostics {
  readonly #context: SpaceContext
  readonly #variable: UAVariable
  readonly #fields: Fields
  /** Calls of clients that are under way; a transition meanwhile is theirs. */
  #calls = 0

  /** `node` is the object of the pipeline. */
  constructor(context: SpaceContext, node: UAObject, pipeline: string) {
    this.#context = context
    this.#variable = childOf<UAVariable>(node, 'ProgramDiagnostic')
    this.#fields = {
      CreateSessionId: scalar(DataType.NodeId, new NodeId()),
      CreateClientName: scalar(DataType.String, ''),
      InvocationCreationTime: dateTime(systemClock.now()),
      LastTransitionTime: dateTime(undefined),
      ...callFields('', undefined),
    }
    context.witnesses.ofProgram(pipeline, (asked) => this.#asked(asked))
    this.#show()
  }

  /** A transition was made, by a call or by the plant. */
  transitioned({ transition, initiator, time }: Extract<PlantEvent, { kind: 'programTransitioned' }>): void {
    this.#fields.LastTransitionTime = dateTime(time)
    const method = methodByTransition[transition]
    const isByPlant = this.#calls === 0 && (initiator === 'auto' || initiator === 'shutdown')
    if (method && isByPlant) Object.assign(this.#fields, callFields(method, time))
    this.#show()
  }

  #asked(asked: AskedCall): (answer: CallAnswer) => void {
    const time = systemClock.now()
    this.#calls++
    return (answer) => {
      this.#calls--
      Object.assign(this.#fields, callFields(asked.method.browseName.name ?? '', time, { asked, answer }))
      this.#show()
    }
  }

  #show(): void {
    const entries = Object.entries(this.#fields) as [string, Variant][]
    const values = entries.map(([name, { value }]) => [name.charAt(0).toLowerCase() + name.slice(1), value])
    const structure = this.#context.addressSpace.constructExtensionObject(structureId, Object.fromEntries(values))
    setValue(this.#variable, scalar(DataType.ExtensionObject, structure), Status.Good)
    for (const [name, variant] of entries) setValue(childOf<UAVariable>(this.#variable, name), variant, Status.Good)
  }
}

/** What is told of a call; one of the plant itself has no session, no arguments, and went well. */
function callFields(method: string, time: number | undefined, by?: { asked: AskedCall; answer: CallAnswer }) {
  return {
    LastMethodCall: scalar(DataType.String, method),
    LastMethodSessionId: scalar(DataType.NodeId, by ? sessionOf(by.asked.session) : new NodeId()),
    LastMethodInputArguments: list(DataType.ExtensionObject, argumentsOf(by?.asked, 'getInputArguments')),
    LastMethodOutputArguments: list(DataType.ExtensionObject, argumentsOf(by?.asked, 'getOutputArguments')),
    LastMethodInputValues: list(DataType.Variant, by?.asked.inputs),
    LastMethodOutputValues: list(DataType.Variant, by?.answer.outputs),
    LastMethodCallTime: dateTime(time),
    LastMethodReturnStatus: scalar(DataType.StatusCode, statusCodeOf(by?.answer.status ?? Status.Good)),
  }
}

/** A time that has not come yet is the null value of UtcTime. */
function dateTime(time: number | undefined): Variant {
  return scalar(DataType.DateTime, time === undefined ? null : new Date(time))
}

function list(dataType: DataType, values: readonly unknown[] = []): Variant {
  return new Variant({ dataType, arrayType: VariantArrayType.Array, value: [...values] })
}

function scalar(dataType: DataType, value: unknown): Variant {
  return new Variant({ dataType, arrayType: VariantArrayType.Scalar, value })
}

function sessionOf({ session }: ISessionContext): NodeId {
  return session?.getSessionId() ?? new NodeId()
}

function argumentsOf(asked: AskedCall | undefined, which: 'getInputArguments' | 'getOutputArguments'): Argument[] {
  return [...((asked?.method[which]() as Argument[] | undefined) ?? [])]
}
