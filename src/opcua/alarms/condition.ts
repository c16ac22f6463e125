import { randomBytes } from 'node:crypto'
import { DataType, DataValue, type LocalizedText, type Variant } from 'node-opcua'
import type { Cancel, Clock } from '../../model/clock.ts'
import { MillraceError } from '../../model/errors.ts'
import { isGood } from '../../model/status.ts'
import { bindMethod, type Call } from '../calling.ts'
import { mustLast } from '../lasting.ts'
import type { SpaceContext } from '../space-context.ts'
import { unshelveTime } from './condition-fields.ts'
import { ConditionNode, type ConditionPlace } from './condition-node.ts'
import {
  type Branch,
  type Comment,
  type ConditionState,
  initialCondition,
  retainedBranches,
  retainOf,
} from './condition-state.ts'
import type { ConditionStore } from './condition-store.ts'
import { type ConditionInput, type ConditionPolicy, transition } from './condition-transition.ts'

/** What all conditions of a server share. */
export interface AlarmContext {
  readonly space: SpaceContext
  readonly clock: Clock
  readonly store: ConditionStore
  /** The states that were saved before, by the identifier of the condition. */
  readonly restored: ReadonlyMap<string, ConditionState>
}

/** How a condition begins, and what its rules are. */
export interface ConditionOptions extends Omit<ConditionPlace, 'shelvedMaxMs'> {
  readonly severity: number
  readonly quality?: number | undefined
  readonly isConfirmRequired?: boolean | undefined
}

/** Earlier states that a condition keeps, so that an alarm that comes and goes has an end. */
const branchesMax = 5

/** A shift: who comes next is to know what was put aside. */
const shelvedMaxMs = 8 * 3_600_000

/**
 * A condition that clients see and answer. It lives from what it is told: the process by {@link Condition.input}, operators by
 * the methods of its node.
 */
export class Condition {
  readonly view: ConditionNode
  readonly #context: AlarmContext
  readonly #id: string
  readonly #policy: ConditionPolicy
  #state: ConditionState
  #cancelShelving: Cancel | undefined

  constructor(context: AlarmContext, options: ConditionOptions) {
    const { id, severity, quality, isConfirmRequired = false } = options
    this.#context = context
    this.#id = id
    this.#policy = { newId, isConfirmRequired, branchesMax, shelvedMaxMs }
    this.#state = context.restored.get(id) ?? initialCondition({ severity, quality, time: context.clock.now() })
    this.view = new ConditionNode(context.space, { ...options, shelvedMaxMs })
    this.view.show(this.#state)
    this.#bindMethods()
    this.#bindUnshelveTime()
    this.#followShelving()
  }

  /** The current state of the condition, without the earlier ones that still need attention. */
  get trunk(): Branch {
    return this.#state.trunk
  }

  /** Takes what has happened and returns the status with which it was accepted or refused. */
  input(input: ConditionInput): number {
    const { status, state, reports } = transition(this.#state, input, this.#policy)
    if (state === this.#state) return status
    const wasShelved = this.#state.shelving
    this.#state = state
    this.#context.store.save({ id: this.#id, state })
    // What an event tells can be read when it arrives.
    this.view.show(state)
    for (const report of reports) this.view.tell(state, report)
    if (wasShelved !== state.shelving) this.#followShelving()
    return status
  }

  /** Tells again what is retained, with the EventIds that it had (Part 9 §5.5.7). */
  refresh(): void {
    for (const branch of retainedBranches(this.#state)) {
      this.view.tell(this.#state, { branch, retain: retainOf(this.#state, branch) })
    }
  }

  /** Has no timer any more. */
  stop(): void {
    this.#cancelShelving?.()
    this.#cancelShelving = undefined
  }

  /** Is over for all clients (information model 5.9, rule 4); its node may be deleted then. */
  remove(): void {
    this.input({ kind: 'remove', time: this.#context.clock.now() })
    this.stop()
  }

  #bindMethods(): void {
    const bind = (path: string, inputOf: (inputs: readonly Variant[], user: string) => Asked): void => {
      const call: Call = async (inputs, user) => {
        mustLast()
        const status = this.input({ ...inputOf(inputs, user), time: this.#context.clock.now() } as ConditionInput)
        if (!isGood(status)) throw new MillraceError('invalid-state', `${this.#id} refuses ${path}`, { status })
        return []
      }
      bindMethod(this.#context.space, this.view.method(path), call)
    }
    for (const [path, kind] of [
      ['Acknowledge', 'acknowledge'],
      ['Confirm', 'confirm'],
      ['AddComment', 'addComment'],
    ] as const) {
      bind(path, ([eventId, comment], user) => {
        return { kind, eventId: hexOf(eventId), comment: commentOf(comment), user }
      })
    }
    bind('Enable', () => ({ kind: 'enable' }))
    bind('Disable', () => ({ kind: 'disable' }))
    bind('ShelvingState.TimedShelve', ([ms]) => ({ kind: 'timedShelve', ms: Number(ms?.value) }))
    bind('ShelvingState.OneShotShelve', () => ({ kind: 'oneShotShelve' }))
    bind('ShelvingState.Unshelve', () => ({ kind: 'unshelve' }))
  }

  /** The time that is left goes on by itself, so it is asked for when it is read. */
  #bindUnshelveTime(): void {
    const read = (): DataValue =>
      new DataValue({
        value: { dataType: DataType.Double, value: unshelveTime(this.#state, this.#context.clock.now()) },
        sourceTimestamp: new Date(this.#context.clock.now()),
      })
    this.view.variable('ShelvingState.UnshelveTime').bindVariable({ timestamped_get: read }, true)
  }

  #followShelving(): void {
    this.stop()
    const { shelving } = this.#state
    if (shelving.kind === 'Unshelved') return
    const { clock } = this.#context
    this.#cancelShelving = clock.after(Math.max(0, shelving.until - clock.now()), () => {
      this.input({ kind: 'shelvingElapsed', time: clock.now() })
    })
  }
}

/** An input without its time. */
type Asked = ConditionInput extends infer Each ? (Each extends ConditionInput ? Omit<Each, 'time'> : never) : never

/** Identifies an event or a branch; 16 random bytes as hexadecimal. */
function newId(): string {
  return randomBytes(16).toString('hex')
}

function hexOf(eventId: Variant | undefined): string {
  const value: unknown = eventId?.value
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : ''
}

/** Comments are kept with the condition, so they have an end. */
const commentLengthMax = 1000

function commentOf(variant: Variant | undefined): Comment {
  const { text, locale } = (variant?.value ?? {}) as Partial<LocalizedText>
  return { text: (text ?? '').slice(0, commentLengthMax), locale: (locale ?? '').slice(0, 32) }
}
