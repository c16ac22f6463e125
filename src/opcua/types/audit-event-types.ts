import type { EnumerationName } from './enumerations.ts'

/** An event type of ours: what it is derived from, and the fields that it adds. */
export interface EventType {
  readonly description: string
  /** An event type of ours that stands above in the table, or a standard one. */
  readonly base: string
  /** Namespace of a standard base; namespace 0 unless given. */
  readonly uri?: string
  readonly isAbstract?: true
  readonly fields: Readonly<Record<string, EventField>>
}

/** A field that an event type adds. */
export interface EventField {
  readonly dataType: string | EnumerationName
  readonly description: string
}

/** The field that says which pipeline it is about. */
export const pipelineId = { dataType: 'String', description: 'Id of the pipeline.' }

/** The event types of the audit (Part 5 §6.4.3 and on): what clients have done, or tried to do. */
export const auditEventTypes = {
  PipelineAuditTransitionEventType: {
    description: 'A client changed the state of the Program of a pipeline.',
    base: 'ProgramTransitionAuditEventType',
    fields: { PipelineId: pipelineId },
  },
  MethodCallAuditEventType: {
    description: 'A client called a method.',
    base: 'AuditUpdateMethodEventType',
    fields: {},
  },
  SessionActivateAuditEventType: {
    description: 'Somebody logged in, or was refused.',
    base: 'AuditActivateSessionEventType',
    fields: {},
  },
  SessionEndAuditEventType: {
    description: 'The session of somebody who had logged in has ended.',
    base: 'AuditSessionEventType',
    fields: {},
  },
  RoleMappingAuditEventType: {
    description: 'A role was given to a user, or taken away.',
    base: 'RoleMappingRuleChangedAuditEventType',
    fields: {},
  },
  WriteAuditEventType: {
    description: 'A client wrote a variable.',
    base: 'AuditWriteUpdateEventType',
    fields: {},
  },
  HistoryUpdateAuditEventType: {
    description: 'A client inserted or replaced values of history.',
    base: 'AuditHistoryValueUpdateEventType',
    fields: {},
  },
  HistoryRawDeleteAuditEventType: {
    description: 'A client deleted a range of history, or what was known of changes in it.',
    base: 'AuditHistoryRawModifyDeleteEventType',
    fields: {},
  },
  HistoryAtTimeDeleteAuditEventType: {
    description: 'A client deleted values of history at given times.',
    base: 'AuditHistoryAtTimeDeleteEventType',
    fields: {},
  },
} as const satisfies Readonly<Record<string, EventType>>
