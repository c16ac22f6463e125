import { coerceLocalizedText, coerceNodeId, DataType, LocalizedText, NodeId, Variant } from 'node-opcua'
import { statusCodeOf } from '../status-codes.ts'
import type { Branch, ConditionState, Shelving } from './condition-state.ts'
import type { Level } from './level.ts'

/** The value of a variable of a condition, by its path, such as `ActiveState.Id`. */
export interface Field {
  readonly path: string
  readonly value: Variant
  /** When it last changed, in milliseconds since 1970 UTC. */
  readonly time: number
  /** The status of the variable when it is not Good; in an event, the value stands alone. */
  readonly status?: number
}

/** Status of a variable of a state machine that is in no state (Part 16 §4.4.2). */
const BadStateNotActive = 0x80c30000

/** Fields that are valid while a condition is disabled (Part 9 §5.5.2); those that never change are valid anyway. */
export const fieldsOfDisabled: ReadonlySet<string> = new Set([
  ...['EventId', 'EventType', 'SourceNode', 'SourceName', 'Time', 'ReceiveTime', 'Retain', 'BranchId', 'ConditionName'],
  ...['ConditionClassId', 'ConditionClassName', 'EnabledState', 'EnabledState.Id', 'EnabledState.TransitionTime'],
])

/** States of ExclusiveLimitStateMachineType by their numeric NodeIds. */
const limitStates: Readonly<Record<Level, number>> = {
  HighHigh: 9329,
  High: 9331,
  Low: 9333,
  LowLow: 9335,
}

/** States of ShelvedStateMachineType. */
const shelvedStates: Readonly<Record<Shelving['kind'], { id: number; text: string }>> = {
  Unshelved: { id: 2930, text: 'Unshelved' },
  TimedShelved: { id: 2932, text: 'Timed Shelved' },
  OneShotShelved: { id: 2933, text: 'One Shot Shelved' },
}

/** Everything of a branch that can change. `namespace` is the index of the instances: branches have NodeIds there. */
export function fieldsOf(
  { isEnabled, enabledTime, shelving }: ConditionState,
  branch: Branch,
  { retain, namespace }: { readonly retain: boolean; readonly namespace: number },
): readonly Field[] {
  const { times, time } = branch
  const field = (path: string, dataType: DataType, value: unknown, at = time): Field => ({
    path,
    value: new Variant({ dataType, value }),
    time: at,
  })
  return [
    field('EventId', DataType.ByteString, Buffer.from(branch.eventId, 'hex')),
    field('Time', DataType.DateTime, new Date(time)),
    field('ReceiveTime', DataType.DateTime, new Date(branch.receiveTime)),
    field('Message', DataType.LocalizedText, coerceLocalizedText(branch.message)),
    field('Severity', DataType.UInt16, branch.severity, times.severity),
    field('Retain', DataType.Boolean, retain),
    field('BranchId', DataType.NodeId, branchNodeId(branch, namespace)),
    field('Quality', DataType.StatusCode, statusCodeOf(branch.quality), times.quality),
    field('Quality.SourceTimestamp', DataType.DateTime, new Date(times.quality)),
    field('LastSeverity', DataType.UInt16, branch.lastSeverity, times.severity),
    field('LastSeverity.SourceTimestamp', DataType.DateTime, new Date(times.severity)),
    field('Comment', DataType.LocalizedText, new LocalizedText(branch.comment), times.comment),
    field('Comment.SourceTimestamp', DataType.DateTime, new Date(times.comment)),
    field('ClientUserId', DataType.String, branch.user),
    ...twoState('EnabledState', isEnabled, ['Enabled', 'Disabled'], enabledTime),
    ...twoState('ActiveState', branch.isActive, ['Active', 'Inactive'], times.active),
    field('ActiveState.EffectiveDisplayName', DataType.LocalizedText, coerceLocalizedText(effectiveName(branch))),
    ...twoState('AckedState', branch.isAcked, ['Acknowledged', 'Unacknowledged'], times.acked),
    ...twoState('ConfirmedState', branch.isConfirmed, ['Confirmed', 'Unconfirmed'], times.confirmed),
    field('SuppressedOrShelved', DataType.Boolean, shelving.kind !== 'Unshelved'),
    field('ShelvingState.CurrentState', DataType.LocalizedText, coerceLocalizedText(shelvedStates[shelving.kind].text)),
    field('ShelvingState.CurrentState.Id', DataType.NodeId, coerceNodeId(`i=${shelvedStates[shelving.kind].id}`)),
    ...limitFields(branch),
  ]
}

/** How long an alarm still stays shelved, in milliseconds (UnshelveTime, Part 9 §5.8.17.2). */
export function unshelveTime({ shelving }: ConditionState, now: number): number {
  return shelving.kind === 'Unshelved' ? 0 : Math.max(0, shelving.until - now)
}

/** The limit state is a state of its own only while the alarm is active (Part 9 §5.8.19.3). */
function limitFields({ isActive, level, times }: Branch): readonly Field[] {
  const id = isActive ? limitStates[level as Level] : undefined
  const state = 'LimitState.CurrentState'
  if (id === undefined) {
    const none = { value: new Variant(), time: times.active, status: BadStateNotActive }
    return [
      { path: state, ...none },
      { path: `${state}.Id`, ...none },
    ]
  }
  const name = new Variant({ dataType: DataType.LocalizedText, value: coerceLocalizedText(level ?? '') })
  const node = new Variant({ dataType: DataType.NodeId, value: coerceNodeId(`i=${id}`) })
  return [
    { path: state, value: name, time: times.active },
    { path: `${state}.Id`, value: node, time: times.active },
  ]
}

function twoState(path: string, isTrue: boolean, texts: readonly [string, string], time: number): readonly Field[] {
  const text = coerceLocalizedText(texts[isTrue ? 0 : 1])
  return [
    { path, value: new Variant({ dataType: DataType.LocalizedText, value: text }), time },
    { path: `${path}.Id`, value: new Variant({ dataType: DataType.Boolean, value: isTrue }), time },
    {
      path: `${path}.TransitionTime`,
      value: new Variant({ dataType: DataType.DateTime, value: new Date(time) }),
      time,
    },
  ]
}

function effectiveName({ isActive, level }: Branch): string {
  if (!isActive) return 'Inactive'
  return level === undefined ? 'Active' : `Active/${level}`
}

function branchNodeId({ id }: Branch, namespace: number): NodeId {
  return id === '' ? NodeId.nullNodeId : coerceNodeId(`ns=${namespace};s=branch/${id}`)
}
