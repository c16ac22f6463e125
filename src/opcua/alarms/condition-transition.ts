import { Status, statusName } from '../../model/status.ts'
import {
  type Branch,
  type Comment,
  type ConditionState,
  ConditionStatus,
  needsAttention,
  retainOf,
} from './condition-state.ts'

/** What the process says: a condition is active, with these words. */
export interface Cause {
  readonly message: string
  readonly severity: number
  readonly level?: string | undefined
  readonly details?: Readonly<Record<string, string | number>> | undefined
  /** Whether it is worse than before, so that an acknowledgement of before no longer holds. */
  readonly isEscalation?: boolean | undefined
}

/** What an operator asks about an event. */
interface OfEvent {
  readonly eventId: string
  readonly comment: Comment
  readonly user: string
}

/** What can happen to a condition; `time` is when it did, in milliseconds since 1970 UTC. */
export type ConditionInput = { readonly time: number } & (
  | ({ readonly kind: 'activate' } & Cause)
  | { readonly kind: 'deactivate'; readonly message: string }
  /** Silent is a change that a restart alone has made: the event that clients know stays the newest. */
  | { readonly kind: 'quality'; readonly quality: number; readonly isSilent?: boolean | undefined }
  | ({ readonly kind: 'acknowledge' | 'confirm' | 'addComment' } & OfEvent)
  | { readonly kind: 'enable' | 'disable' }
  | { readonly kind: 'oneShotShelve' | 'unshelve' }
  | { readonly kind: 'shelvingElapsed' | 'remove' }
  | { readonly kind: 'timedShelve'; readonly ms: number }
)

/** What the rules of a condition depend on. */
export interface ConditionPolicy {
  /** Makes identifiers for events and branches that were never used. */
  readonly newId: () => string
  /** Whether an acknowledgement must be confirmed too. */
  readonly isConfirmRequired: boolean
  /** How many earlier states are kept; beyond that, a new activation takes over the trunk without keeping what was. */
  readonly branchesMax: number
  /** Longest time that an alarm can be shelved, also once (MaxTimeShelved, Part 9 §5.8.2). */
  readonly shelvedMaxMs: number
}

/** An event to be sent: the branch as it is now, and whether clients keep it. */
export interface ConditionReport {
  readonly branch: Branch
  readonly retain: boolean
}

/** What has become of an input. A refused one changes nothing and reports nothing. */
export interface ConditionOutcome {
  readonly status: number
  readonly state: ConditionState
  readonly reports: readonly ConditionReport[]
}

/** Decides what an input does to a condition: Part 9 as a pure table. */
export function transition(state: ConditionState, input: ConditionInput, policy: ConditionPolicy): ConditionOutcome {
  switch (input.kind) {
    case 'activate':
      return activate(state, input, policy)
    case 'deactivate':
      return deactivate(state, input, policy)
    case 'quality':
      return setQuality(state, input, policy)
    case 'acknowledge':
    case 'confirm':
    case 'addComment':
      return answer(state, input, policy)
    case 'enable':
    case 'disable':
      return setEnabled(state, input, policy)
    case 'timedShelve':
    case 'oneShotShelve':
    case 'unshelve':
      return shelve(state, input, policy)
    case 'shelvingElapsed':
      if (state.shelving.kind === 'Unshelved') return silent(state)
      return reported({ ...state, shelving: { kind: 'Unshelved' } }, [''], input.time, policy)
    case 'remove':
      return remove(state, input.time, policy)
  }
  input satisfies never
}

type InputOf<Kind extends ConditionInput['kind']> = ConditionInput & { readonly kind: Kind }

function activate(state: ConditionState, input: InputOf<'activate'>, policy: ConditionPolicy): ConditionOutcome {
  const { trunk } = state
  const { message, severity, level, details = trunk.details, time } = input
  const isNew = !trunk.isActive
  const isUnacked = isNew || input.isEscalation === true
  const next: Branch = {
    ...trunk,
    ...{ isActive: true, message, level, details, time },
    ...(isUnacked ? { isAcked: false, isConfirmed: true } : {}),
    ...(isNew ? { comment: { text: '', locale: '' }, user: '' } : {}),
    times: {
      ...trunk.times,
      ...(isNew ? { active: time } : {}),
      ...(isUnacked && trunk.isAcked ? { acked: time } : {}),
      ...(isUnacked && !trunk.isConfirmed ? { confirmed: time } : {}),
    },
  }
  const isKept = isNew && needsAttention(trunk) && state.isEnabled && state.branches.length < policy.branchesMax
  const kept = isKept ? [{ ...trunk, id: policy.newId() }] : []
  const branches = [...state.branches, ...kept]
  const active = { ...state, trunk: withSeverity(next, severity, time), branches }
  return reported(active, [...kept.map(({ id }) => id), ''], time, policy)
}

function deactivate(state: ConditionState, input: InputOf<'deactivate'>, policy: ConditionPolicy): ConditionOutcome {
  const { trunk } = state
  if (!trunk.isActive) return silent(state)
  const { message, time } = input
  const next = { ...trunk, isActive: false, level: undefined, message, time, times: { ...trunk.times, active: time } }
  // A one-shot shelving ends with the activation that it was made for (Part 9 §5.8.17.1).
  const isOver = state.shelving.kind === 'OneShotShelved'
  const shelving = isOver ? ({ kind: 'Unshelved' } as const) : state.shelving
  return reported({ ...state, trunk: next, shelving }, [''], time, policy)
}

function setQuality(
  state: ConditionState,
  { quality, time, isSilent = false }: InputOf<'quality'>,
  policy: ConditionPolicy,
): ConditionOutcome {
  const { trunk } = state
  if (trunk.quality === quality) return silent(state)
  // What an alarm was about is still true; one that is over has nothing else to tell.
  const message = trunk.isActive || needsAttention(trunk) ? trunk.message : `Quality: ${statusName(quality)}`
  const next = { ...trunk, quality, message, time, times: { ...trunk.times, quality: time } }
  // The first value of all is no change that anybody has to hear of.
  const isFirst = trunk.quality === Status.BadWaitingForInitialData && trunk.eventId === ''
  if (isFirst || isSilent) return silent({ ...state, trunk: next })
  return reported({ ...state, trunk: next }, [''], time, policy)
}

function answer(
  state: ConditionState,
  input: InputOf<'acknowledge' | 'confirm' | 'addComment'>,
  policy: ConditionPolicy,
): ConditionOutcome {
  if (!state.isEnabled) return refused(state, ConditionStatus.BadConditionDisabled)
  const { kind, eventId, comment, user, time } = input
  const branch = [state.trunk, ...state.branches].find((each) => each.eventId !== '' && each.eventId === eventId)
  if (!branch) return refused(state, ConditionStatus.BadEventIdUnknown)
  if (kind === 'acknowledge' && branch.isAcked) {
    return refused(state, ConditionStatus.BadConditionBranchAlreadyAcked)
  }
  if (kind === 'confirm' && branch.isConfirmed) {
    return refused(state, ConditionStatus.BadConditionBranchAlreadyConfirmed)
  }
  const isUnconfirmed = kind === 'acknowledge' && policy.isConfirmRequired
  const next: Branch = {
    ...branch,
    ...(kind === 'acknowledge' ? { isAcked: true, isConfirmed: !isUnconfirmed } : {}),
    ...(kind === 'confirm' ? { isConfirmed: true } : {}),
    // A null comment leaves the one before (Part 9 §5.5.6).
    ...(isNull(comment) ? {} : { comment }),
    ...{ user, time },
    times: {
      ...branch.times,
      ...(kind === 'acknowledge' ? { acked: time } : {}),
      ...(kind === 'confirm' || isUnconfirmed ? { confirmed: time } : {}),
      ...(isNull(comment) ? {} : { comment: time }),
    },
  }
  return replaced(state, next, time, policy)
}

/** Puts a changed branch in its place; one that needs nobody any more is told a last time and gone (Part 9 §4.4). */
function replaced(state: ConditionState, next: Branch, time: number, policy: ConditionPolicy): ConditionOutcome {
  if (next.id === '') return reported({ ...state, trunk: next }, [''], time, policy)
  const withNext = { ...state, branches: state.branches.map((each) => (each.id === next.id ? next : each)) }
  if (needsAttention(next)) return reported(withNext, [next.id], time, policy)
  const branches = state.branches.filter(({ id }) => id !== next.id)
  const last = { ...next, eventId: policy.newId(), receiveTime: time }
  const without = { ...state, branches }
  // The trunk may have been retained for the sake of this branch alone.
  const isTrunkOver = retainOf(state, state.trunk) && !retainOf(without, state.trunk)
  const after = isTrunkOver ? reported(touched(without, time), [''], time, policy) : silent(without)
  return { ...after, reports: [{ branch: last, retain: false }, ...after.reports] }
}

function setEnabled(
  state: ConditionState,
  { kind, time }: InputOf<'enable' | 'disable'>,
  policy: ConditionPolicy,
): ConditionOutcome {
  const isEnabled = kind === 'enable'
  if (state.isEnabled === isEnabled) {
    const { BadConditionAlreadyEnabled, BadConditionAlreadyDisabled } = ConditionStatus
    return refused(state, isEnabled ? BadConditionAlreadyEnabled : BadConditionAlreadyDisabled)
  }
  const ids = state.branches.map(({ id }) => id)
  return reported(touched({ ...state, isEnabled, enabledTime: time }, time), [...ids, ''], time, policy, true)
}

function shelve(
  state: ConditionState,
  input: InputOf<'timedShelve' | 'oneShotShelve' | 'unshelve'>,
  policy: ConditionPolicy,
): ConditionOutcome {
  if (!state.isEnabled) return refused(state, ConditionStatus.BadConditionDisabled)
  const { shelving } = state
  const { time } = input
  const wanted = { timedShelve: 'TimedShelved', oneShotShelve: 'OneShotShelved', unshelve: 'Unshelved' } as const
  const kind = wanted[input.kind]
  if (shelving.kind === kind) {
    const { BadConditionNotShelved, BadConditionAlreadyShelved } = ConditionStatus
    return refused(state, kind === 'Unshelved' ? BadConditionNotShelved : BadConditionAlreadyShelved)
  }
  const ms = input.kind === 'timedShelve' ? input.ms : policy.shelvedMaxMs
  if (!(ms > 0 && ms <= policy.shelvedMaxMs)) return refused(state, ConditionStatus.BadShelvingTimeOutOfRange)
  const next = kind === 'Unshelved' ? { kind } : { kind, until: time + ms }
  return reported(touched({ ...state, shelving: next }, time), [''], time, policy)
}

/** Before its node goes, a condition is told to be over (information model 5.9, rule 4). */
function remove(state: ConditionState, time: number, policy: ConditionPolicy): ConditionOutcome {
  const wereRetained = [...state.branches, state.trunk].filter((branch) => retainOf(state, branch))
  const over = (branch: Branch): Branch => ({
    ...branch,
    ...{ isActive: false, level: undefined, isAcked: true, isConfirmed: true, time },
    ...{ eventId: policy.newId(), receiveTime: time },
  })
  const trunk = over(state.trunk)
  const reports = wereRetained.map((branch) => ({
    branch: branch.id === '' ? trunk : over(branch),
    retain: false,
  }))
  return { status: Status.Good, state: { ...state, shelving: { kind: 'Unshelved' }, trunk, branches: [] }, reports }
}

function withSeverity(branch: Branch, severity: number, time: number): Branch {
  if (branch.severity === severity) return branch
  const times = { ...branch.times, severity: time }
  return { ...branch, severity, lastSeverity: branch.severity, times }
}

function touched(state: ConditionState, time: number): ConditionState {
  return { ...state, trunk: { ...state.trunk, time } }
}

/** Gives each of these branches a new EventId and reports it; a disabled condition is silent but about being disabled. */
function reported(
  state: ConditionState,
  ids: readonly string[],
  receiveTime: number,
  { newId }: ConditionPolicy,
  isAlways = false,
): ConditionOutcome {
  if (!state.isEnabled && !isAlways) return silent(state)
  const renew = (branch: Branch): Branch =>
    ids.includes(branch.id) ? { ...branch, eventId: newId(), receiveTime } : branch
  const next = { ...state, trunk: renew(state.trunk), branches: state.branches.map(renew) }
  const reports = [...next.branches, next.trunk]
    .filter(({ id }) => ids.includes(id))
    .map((branch) => ({ branch, retain: retainOf(next, branch) }))
  return { status: Status.Good, state: next, reports }
}

function silent(state: ConditionState): ConditionOutcome {
  return { status: Status.Good, state, reports: [] }
}

function refused(state: ConditionState, status: number): ConditionOutcome {
  return { status, state, reports: [] }
}

function isNull({ text, locale }: Comment): boolean {
  return text === '' && locale === ''
}
