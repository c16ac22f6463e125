import type { ConditionState } from './condition-state.ts'

/** A condition by the identifier of its NodeId, such as `pipe/fill.Alarms.Fault`. */
export interface StoredCondition {
  readonly id: string
  readonly state: ConditionState
}

/** Where conditions survive: what was unacknowledged stays so, with the EventId that clients know. */
export interface ConditionStore {
  /** What was saved last of each condition. */
  load(): readonly StoredCondition[]
  /** Saves the state of a condition after each of its changes. */
  save(condition: StoredCondition): void
}

/** Keeps conditions for as long as the process lives. */
export class MemoryConditionStore implements ConditionStore {
  readonly #states = new Map<string, ConditionState>()

  load(): readonly StoredCondition[] {
    return [...this.#states].map(([id, state]) => ({ id, state }))
  }

  save({ id, state }: StoredCondition): void {
    this.#states.set(id, state)
  }
}
