import { Rejected, Status } from 'millrace/plugin'
import type { Dynamics } from './profile.ts'

/** States of an axis, PLCopen Motion Control part 1. */
export const axisStates = [
  'disabled',
  'standstill',
  'homing',
  'discreteMotion',
  'continuousMotion',
  'stopping',
  'errorStop',
] as const

/** State of an axis. */
export type AxisState = (typeof axisStates)[number]

/** What can be asked of an axis. */
export type CommandName =
  | 'power'
  | 'home'
  | 'moveAbsolute'
  | 'moveRelative'
  | 'moveVelocity'
  | 'halt'
  | 'stop'
  | 'reset'

/** What a command wants to reach. */
export type Goal =
  | ({ readonly kind: 'position'; readonly target: number } & Dynamics)
  | ({ readonly kind: 'velocity' } & Dynamics)
  | { readonly kind: 'standstill' }

/** A command that was accepted; the axis keeps its outcome up to date. */
export interface Command {
  readonly name: CommandName
  readonly goal: Goal
  outcome: 'active' | 'done' | 'aborted' | 'failed'
  /** Why it was aborted or failed. */
  reason: string
  /** Where the axis was when the command was done, in degrees. */
  position: number
}

/** Commands that move, and therefore need power. */
const moving: readonly CommandName[] = ['home', 'moveAbsolute', 'moveRelative', 'moveVelocity', 'halt', 'stop']

/** The commands that each state lets begin; what is missing is refused. Power and reset are always possible. */
const allowed: Readonly<Record<AxisState, readonly CommandName[]>> = {
  disabled: [],
  standstill: moving,
  homing: ['stop'],
  discreteMotion: ['moveAbsolute', 'moveRelative', 'moveVelocity', 'halt', 'stop'],
  continuousMotion: ['moveAbsolute', 'moveRelative', 'moveVelocity', 'halt', 'stop'],
  stopping: ['stop'],
  errorStop: [],
}

const remedies: Readonly<Partial<Record<AxisState, string>>> = {
  disabled: 'switch it on with power',
  errorStop: 'call reset first',
  homing: 'wait until it is homed, or call stop',
  stopping: 'wait until it stands still',
}

/** Refuses a command that the state of the axis does not let begin (BadInvalidState). */
export function admit(name: CommandName, state: AxisState): void {
  if (name === 'power' || name === 'reset' || allowed[state].includes(name)) return
  const remedy = remedies[state] ?? 'wait until it stands still'
  throw new Rejected(`${name} is not possible in ${state}; ${remedy}`, { status: Status.BadInvalidState })
}

/** The fact that a command did not reach its goal. */
export function unfinished({ name, outcome, reason }: Command): Rejected {
  return new Rejected(`${name} ${outcome}: ${reason}`, {
    status: outcome === 'failed' ? Status.BadDeviceFailure : Status.BadInvalidState,
  })
}
