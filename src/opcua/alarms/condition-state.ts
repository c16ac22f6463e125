import { Status } from '../../model/status.ts'

/** Status codes with which a condition refuses a call (Part 9, tables of §5.5 to §5.8). */
export const ConditionStatus = {
  BadConditionAlreadyDisabled: 0x80980000,
  BadConditionDisabled: 0x80990000,
  BadEventIdUnknown: 0x809a0000,
  BadConditionAlreadyEnabled: 0x80cc0000,
  BadConditionBranchAlreadyAcked: 0x80cf0000,
  BadConditionBranchAlreadyConfirmed: 0x80d00000,
  BadConditionAlreadyShelved: 0x80d10000,
  BadConditionNotShelved: 0x80d20000,
  BadShelvingTimeOutOfRange: 0x80d30000,
} as const

/** A text of an operator. It is null, and says nothing, when both parts are empty. */
export interface Comment {
  readonly text: string
  readonly locale: string
}

/** When the parts of a branch last changed, in milliseconds since 1970 UTC. */
export interface BranchTimes {
  readonly active: number
  readonly acked: number
  readonly confirmed: number
  readonly quality: number
  readonly severity: number
  readonly comment: number
}

/** The state of a condition now (the trunk), or an earlier one that still needs attention. */
export interface Branch {
  /** Empty for the trunk, else unique within the condition. */
  readonly id: string
  /** Of its newest event; empty while there was none. */
  readonly eventId: string
  readonly isActive: boolean
  /** The limit that is exceeded, for alarms that have several. */
  readonly level?: string | undefined
  readonly isAcked: boolean
  readonly isConfirmed: boolean
  readonly message: string
  /** 1 to 1000. */
  readonly severity: number
  /** 0 until the severity has changed once (Part 9 §5.5.2). */
  readonly lastSeverity: number
  readonly quality: number
  readonly comment: Comment
  /** Who made the last comment, acknowledgement or confirmation. */
  readonly user: string
  /** Fields of the alarm's own type by BrowseName. */
  readonly details: Readonly<Record<string, string | number>>
  readonly time: number
  readonly receiveTime: number
  readonly times: BranchTimes
}

/** Whether operators have put an alarm aside, and until when in milliseconds since 1970 UTC. */
export type Shelving =
  | { readonly kind: 'Unshelved' }
  | { readonly kind: 'TimedShelved' | 'OneShotShelved'; readonly until: number }

/** All that a condition is: plain data that survives being written down. */
export interface ConditionState {
  readonly isEnabled: boolean
  readonly enabledTime: number
  readonly shelving: Shelving
  readonly trunk: Branch
  /** Earlier states, the oldest first. */
  readonly branches: readonly Branch[]
}

/** A condition that has never been active. */
export function initialCondition({
  severity,
  time,
  quality = Status.Good,
}: {
  readonly severity: number
  readonly time: number
  readonly quality?: number | undefined
}): ConditionState {
  return {
    isEnabled: true,
    enabledTime: time,
    shelving: { kind: 'Unshelved' },
    trunk: {
      id: '',
      eventId: '',
      isActive: false,
      isAcked: true,
      isConfirmed: true,
      message: '',
      severity,
      lastSeverity: 0,
      quality,
      comment: { text: '', locale: '' },
      user: '',
      details: {},
      time,
      receiveTime: time,
      times: { active: time, acked: time, confirmed: time, quality: time, severity: time, comment: time },
    },
    branches: [],
  }
}

/** Tells whether a branch still needs somebody: it is not acknowledged, or not confirmed where that is asked for. */
export function needsAttention({ isAcked, isConfirmed }: Branch): boolean {
  return !isAcked || !isConfirmed
}

/**
 * The Retain flag of a branch (Part 9 §5.5.2): it is active or needs attention. The trunk is retained as long as there are
 * branches, and nothing is while the condition is disabled.
 */
export function retainOf({ isEnabled, branches }: ConditionState, branch: Branch): boolean {
  if (!isEnabled) return false
  return branch.isActive || needsAttention(branch) || (branch.id === '' && branches.length > 0)
}

/** The branches that a refresh brings: the trunk and what is left of earlier states, as far as they are retained. */
export function retainedBranches(state: ConditionState): readonly Branch[] {
  return [state.trunk, ...state.branches].filter((branch) => retainOf(state, branch))
}
