/**
 * The Program state machine of OPC UA Part 10 §4.2 (ProgramStateMachineType, namespace 0 of 1.05.07), as a pure table.
 *
 * It decides before anything happens: ask {@link transitionFor}, act only when it answers.
 */
export type ProgramState = 'Halted' | 'Ready' | 'Running' | 'Suspended'

/** What can be asked of a Program by a client, and what happens to it by itself (`complete` is a run that ends on its own). */
export type ProgramCause = 'start' | 'suspend' | 'resume' | 'halt' | 'reset' | 'stop' | 'complete' | 'fail'

/** A transition of the table. */
export interface ProgramTransition {
  readonly name: ProgramTransitionName
  readonly from: ProgramState
  readonly to: ProgramState
}

/** BrowseNames of the standard transitions. */
export type ProgramTransitionName =
  | 'HaltedToReady'
  | 'ReadyToRunning'
  | 'RunningToHalted'
  | 'RunningToReady'
  | 'RunningToSuspended'
  | 'SuspendedToRunning'
  | 'SuspendedToHalted'
  | 'SuspendedToReady'
  | 'ReadyToHalted'

const table: Readonly<Record<ProgramState, Partial<Record<ProgramCause, ProgramState>>>> = {
  Halted: { reset: 'Ready' },
  Ready: { start: 'Running', halt: 'Halted' },
  Running: { suspend: 'Suspended', halt: 'Halted', fail: 'Halted', stop: 'Ready', complete: 'Ready' },
  Suspended: { resume: 'Running', halt: 'Halted', fail: 'Halted', stop: 'Ready', complete: 'Ready' },
}

/** The transition that a cause makes in a state, or undefined when the state does not allow it. */
export function transitionFor(state: ProgramState, cause: ProgramCause): ProgramTransition | undefined {
  const to = table[state][cause]
  return to && { name: `${state}To${to}` as ProgramTransitionName, from: state, to }
}
