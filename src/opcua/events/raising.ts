import {
  type AddressSpace,
  coerceLocalizedText,
  DataType,
  type RaiseEventData,
  TimeZoneDataType,
  type UAEventType,
  type UAObject,
  type VariantLike,
} from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import { namespaceOf, namespaceUris } from '../namespaces.ts'
import type { SpaceContext } from '../space-context.ts'
import type { EventTypeName } from '../types/event-types.ts'
import { isListenedTo } from './notifiers.ts'

/** Severities by what happened (1 to 1000, Part 5 §6.4.2); section 5.6 of the information model. */
export const severities = {
  DeviceConnectedEventType: 100,
  DeviceDisconnectedEventType: 400,
  DeviceErrorEventType: 600,
  TagWrittenEventType: 50,
  FaultInjectedEventType: 400,
  FaultClearedEventType: 100,
  PipelineStartedEventType: 100,
  PipelineCompletedEventType: 100,
  PipelineErrorEventType: 700,
  StepStartedEventType: 10,
  StepCompletedEventType: 10,
  StepErrorEventType: 500,
  StepRestartedEventType: 300,
  StepBlockedEventType: 500,
  StepEventsHeldBackEventType: 200,
  PluginRefusedEventType: 700,
  ServiceLevelEventType: 500,
  EventLoopBlockedEventType: 500,
  ClockJumpedEventType: 600,
  UnhandledRejectionEventType: 700,
  PipelineTransitionEventType: 50,
  PipelineAuditTransitionEventType: 200,
  MethodCallAuditEventType: 200,
  SessionActivateAuditEventType: 100,
  SessionEndAuditEventType: 100,
  RoleMappingAuditEventType: 400,
  WriteAuditEventType: 200,
  HistoryUpdateAuditEventType: 300,
  HistoryRawDeleteAuditEventType: 500,
  HistoryAtTimeDeleteAuditEventType: 500,
  AuditConditionAcknowledgeEventType: 200,
  AuditConditionConfirmEventType: 200,
  AuditConditionCommentEventType: 100,
  AuditConditionEnableEventType: 400,
  AuditConditionShelvingEventType: 300,
  HistorianStateEventType: 500,
  HistoryGapEventType: 500,
  CertificateDataMismatchAuditEventType: 500,
  CertificateExpiredAuditEventType: 500,
  CertificateInvalidAuditEventType: 500,
  CertificateUntrustedAuditEventType: 500,
  CertificateRevokedAuditEventType: 500,
  CertificateMismatchAuditEventType: 500,
  TrustListChangedAuditEventType: 500,
  OwnCertificateChangedAuditEventType: 500,
  ServerCertificateExpiresEventType: 600,
  ServerCertificateRenewedEventType: 400,
  RevocationListExpiresEventType: 600,
  JobOrderStatusEventType: 100,
} as const satisfies Partial<Record<EventTypeName | StandardTypeName, number>>

/** The standard event types that are raised here: those of namespace 0 that are not abstract. */
type StandardTypeName = `AuditCondition${'Acknowledge' | 'Confirm' | 'Comment' | 'Enable' | 'Shelving'}EventType`

/** An event type that is raised here; abstract ones are not among them. */
export type RaisedTypeName = keyof typeof severities

/** Fields by their names in the stack: the BrowseNames with a small first letter, `fromState.id` for a field of a field. */
export type EventFields = Readonly<Record<string, VariantLike>>

/** What an event tells besides its fields. */
export interface Raised {
  /** The notifier that raises it; it is the SourceNode unless `fields` names another. */
  readonly source: UAObject
  readonly type: RaisedTypeName
  readonly message: string
  /** When it happened, in milliseconds since 1970 UTC. */
  readonly time: number
  /** The one of its type when it is absent. */
  readonly severity?: number | undefined
  /** EventId in hexadecimal, for an event that may be told again after a crash; the stack makes one up when it is absent. */
  readonly eventId?: string | undefined
}

/** Raises an event, when somebody listens; `fields` is asked for only then. */
export function raise(
  { addressSpace }: Pick<SpaceContext, 'addressSpace'>,
  { source, type, message, time, severity = severities[type], eventId }: Raised,
  fields: () => EventFields,
): void {
  if (!isListenedTo(source)) return
  const data: Record<string, VariantLike> = {
    sourceName: text(source.displayName[0]?.text ?? ''),
    time: dateTime(time),
    receiveTime: dateTime(systemClock.now()),
    localTime: localTime(time),
    message: localized(message),
    severity: { dataType: DataType.UInt16, value: severity },
    ...fields(),
  }
  // The stack refuses an EventId of the object's own, and takes one that it inherits.
  const told = eventId === undefined ? data : Object.assign(Object.create(idOf(eventId)), data)
  source.raiseEvent(typeOf(addressSpace, type), told as RaiseEventData)
}

function idOf(eventId: string): { readonly eventId: VariantLike } {
  return { eventId: { dataType: DataType.ByteString, value: Buffer.from(eventId, 'hex') } }
}

const typesBySpace = new WeakMap<AddressSpace, Map<RaisedTypeName, UAEventType>>()

function typeOf(addressSpace: AddressSpace, name: RaisedTypeName): UAEventType {
  const types = typesBySpace.get(addressSpace) ?? new Map<RaisedTypeName, UAEventType>()
  typesBySpace.set(addressSpace, types)
  const known = types.get(name)
  if (known) return known
  const ours = namespaceOf(addressSpace, namespaceUris.types).index
  const type = addressSpace.findEventType(name, ours) ?? addressSpace.findEventType(name)
  if (!type) throw new Error(`event type ${name} is missing in ${namespaceUris.types}`)
  types.set(name, type)
  return type
}

/** How far the clocks on the wall are from UTC then, in minutes (TimeZoneDataType, Part 3 §8.28). */
export function localTime(time: number): VariantLike {
  const date = new Date(time)
  const offset = -date.getTimezoneOffset()
  const [winter, summer] = [0, 6].map((month) => -new Date(date.getFullYear(), month, 1).getTimezoneOffset())
  const standard = Math.min(winter ?? offset, summer ?? offset)
  const zone = new TimeZoneDataType({ offset, daylightSavingInOffset: offset !== standard })
  return { dataType: DataType.ExtensionObject, value: zone }
}

/** A String field. */
export function text(value: string): VariantLike {
  return { dataType: DataType.String, value }
}

/** A LocalizedText field. */
export function localized(value: string): VariantLike {
  return { dataType: DataType.LocalizedText, value: coerceLocalizedText(value) }
}

/** A UtcTime field. */
export function dateTime(time: number): VariantLike {
  return { dataType: DataType.DateTime, value: new Date(time) }
}
