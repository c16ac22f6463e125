import { AsyncLocalStorage } from 'node:async_hooks'
import type { BaseNode, DataValue, ISessionContext, NodeId, UAMethod, UAVariable, Variant } from 'node-opcua'
import type { DeleteAtTimeDetails, DeleteRawModifiedDetails, UpdateDataDetails } from 'node-opcua-types'
import type { ProgramCause } from '../model/program.ts'

/** A call of a method that is about to be carried out. */
export interface AskedCall {
  readonly method: UAMethod
  readonly inputs: readonly Variant[]
  readonly session: ISessionContext
  /** What is asked of which pipeline, when the method is one of a Program. */
  readonly program?: { readonly pipeline: string; readonly cause: ProgramCause } | undefined
}

/** What a call came to. */
export interface CallAnswer {
  readonly status: number
  readonly outputs: readonly Variant[]
}

/** Hears of a call before it is carried out; what it returns hears of the answer. */
export type CallWitness = (asked: AskedCall) => (answer: CallAnswer) => void

/** A write of a client that was carried out or refused. */
export interface MadeWrite {
  readonly variable: UAVariable
  readonly session: ISessionContext
  readonly oldValue: Variant
  readonly written: DataValue
  readonly status: number
}

/** Hears of each write of a client, also of those that are refused. */
export type WriteWitness = (made: MadeWrite) => void

/** What was written or called, and nobody of the plant has heard of it. */
export type Tried = {
  /** What was to be written, or the object of the method. */
  readonly nodeId: NodeId
  readonly node: BaseNode | null
  readonly session: ISessionContext
  readonly status: number
  /** Attempts of the session before this one that are not told one by one. */
  readonly heldBack: number
} & (
  | {
      readonly kind: 'write'
      readonly attributeId: number
      readonly indexRange: string
      readonly written: DataValue
    }
  | {
      readonly kind: 'call'
      readonly methodId: NodeId
      readonly method: BaseNode | null
      readonly inputs: readonly Variant[]
    }
)

/** Hears of what was tried. */
export type AttemptWitness = (tried: Tried) => void

/** A write or call that is under way. */
const underWay = new AsyncLocalStorage<{ isHeard: boolean }>()

/** Carries a write or call out and says whether the witnesses heard of it. */
export async function hearing<Result>(work: () => Promise<Result>): Promise<{ result: Result; isHeard: boolean }> {
  const current = { isHeard: false }
  const result = await underWay.run(current, work)
  return { result, isHeard: current.isHeard }
}

function noteHeard(): void {
  const current = underWay.getStore()
  if (current) current.isHeard = true
}

/** A change of the history of one node that can be asked for (Part 11 §6.9). */
export type HistoryDetails = UpdateDataDetails | DeleteRawModifiedDetails | DeleteAtTimeDetails

/** A change of history by a client that was carried out or refused. */
export interface MadeHistoryUpdate {
  readonly node: BaseNode
  readonly session: ISessionContext
  readonly details: HistoryDetails
  /** The first of the values that are not there any more. */
  readonly before: readonly DataValue[]
  /** Bad when nothing was changed. */
  readonly status: number
}

/** Hears of each change of history, also of those that are refused. */
export type HistoryWitness = (made: MadeHistoryUpdate) => void

/** Those who hear what clients do to the plant: the audit, and the diagnostics of Programs. */
export class Witnesses {
  readonly #calls = new Set<CallWitness>()
  readonly #callsByProgram = new Map<string, CallWitness>()
  readonly #writes = new Set<WriteWitness>()
  readonly #historyUpdates = new Set<HistoryWitness>()
  readonly #attempts = new Set<AttemptWitness>()

  /** Hears of all calls from now on. */
  ofCalls(witness: CallWitness): void {
    this.#calls.add(witness)
  }

  /** Hears of the calls of one Program, instead of whoever did before: a pipeline that changes is built again. */
  ofProgram(pipeline: string, witness: CallWitness): void {
    this.#callsByProgram.set(pipeline, witness)
  }

  /** Nobody hears of the calls of this Program any more. */
  forgetProgram(pipeline: string): void {
    this.#callsByProgram.delete(pipeline)
  }

  /** Hears of writes from now on. */
  ofWrites(witness: WriteWitness): void {
    this.#writes.add(witness)
  }

  /** Hears of changes of history from now on. */
  ofHistoryUpdates(witness: HistoryWitness): void {
    this.#historyUpdates.add(witness)
  }

  /** Hears of attempts from now on. */
  ofAttempts(witness: AttemptWitness): void {
    this.#attempts.add(witness)
  }

  /** A call is about to be carried out; what it returns is told the answer. */
  called(asked: AskedCall): (answer: CallAnswer) => void {
    noteHeard()
    const ofProgram = asked.program && this.#callsByProgram.get(asked.program.pipeline)
    const ends = [...this.#calls, ...(ofProgram ? [ofProgram] : [])].map((witness) => witness(asked))
    return (answer) => {
      for (const end of ends) end(answer)
    }
  }

  /** A call was refused before anybody was asked; a Program's own witness hears of what reached the Program only. */
  refused(asked: AskedCall, status: number): void {
    noteHeard()
    for (const witness of this.#calls) witness(asked)({ status, outputs: [] })
  }

  /** A write was carried out or refused. */
  wrote(made: MadeWrite): void {
    noteHeard()
    for (const witness of this.#writes) witness(made)
  }

  /** Somebody audits the write or call that is under way by itself. */
  heard(): void {
    noteHeard()
  }

  /** Something was tried that reached nothing of the plant. */
  tried(tried: Tried): void {
    for (const witness of this.#attempts) witness(tried)
  }

  /** A change of history was carried out or refused. */
  updatedHistory(made: MadeHistoryUpdate): void {
    for (const witness of this.#historyUpdates) witness(made)
  }
}
