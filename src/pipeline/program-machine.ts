import { BehaviorSubject, type Observable } from 'rxjs'
import { MillraceError } from '../model/errors.ts'
import {
  type ProgramCause,
  type ProgramState,
  type ProgramTransition,
  type ProgramTransitionName,
  transitionFor,
} from '../model/program.ts'
import { Status } from '../model/status.ts'

/** The state of one Program. It asks the table of Part 10 before anything happens, and makes no other transition. */
export class ProgramMachine {
  readonly #pipeline: string
  readonly #state: BehaviorSubject<ProgramState>
  #lastTransition: { readonly name: ProgramTransitionName; readonly time: number } | undefined
  #isStopping = false
  #isClosed = false

  /** `pipeline` is the id that refusals name. It begins in Ready, or in the state in which one before it has ended. */
  constructor(pipeline: string, before?: Pick<ProgramMachine, 'state' | 'lastTransition'>) {
    this.#pipeline = pipeline
    this.#state = new BehaviorSubject<ProgramState>(before?.state ?? 'Ready')
    this.#lastTransition = before?.lastTransition
  }

  /** Its state. */
  get state(): ProgramState {
    return this.#state.value
  }

  /** Its states, the present one first. */
  get state$(): Observable<ProgramState> {
    return this.#state.asObservable()
  }

  /** The newest transition and when it was made, in milliseconds since 1970 UTC. */
  get lastTransition(): { readonly name: ProgramTransitionName; readonly time: number } | undefined {
    return this.#lastTransition
  }

  /** Whether a run is under way: Running or Suspended. */
  get isActive(): boolean {
    return this.state === 'Running' || this.state === 'Suspended'
  }

  /** Whether a run is under way and only ends. */
  get isStopping(): boolean {
    return this.#isStopping
  }

  /**
   * The transition of a cause. Throws `invalid-state` (BadInvalidState) when the table has none, or when the run is stopping
   * already and may only be halted; the status is BadShutdown when it is closed and refuses everything.
   */
  decide(cause: ProgramCause): ProgramTransition {
    const transition = transitionFor(this.state, cause)
    const isRefused = this.#isClosed || (this.#isStopping && cause !== 'halt')
    if (transition && !isRefused) return transition
    const why = this.#isClosed ? 'is closed' : this.#isStopping ? 'is stopping' : `is ${this.state}`
    throw new MillraceError(
      'invalid-state',
      `pipeline ${this.#pipeline} ${why} and cannot ${cause}; look at its state first`,
      {
        status: this.#isClosed ? Status.BadShutdown : Status.BadInvalidState,
      },
    )
  }

  /** From now on the run only ends; the transition comes when it has. */
  beginStopping(): void {
    this.#isStopping = true
  }

  /** Makes a transition that was decided. */
  make({ name, to }: ProgramTransition, time: number): void {
    this.#isStopping = false
    this.#lastTransition = { name, time }
    this.#state.next(to)
  }

  /** From now on nothing that is asked is done. */
  refuse(): void {
    this.#isClosed = true
  }

  /** Refuses everything and tells no more states. */
  close(): void {
    this.refuse()
    this.#state.complete()
  }
}
