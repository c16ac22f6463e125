import type { Storable } from '../../../sqlite/value-codec.ts'

/** An event as it was sent, as plain data. */
export interface KeptEvent {
  /** EventId in hexadecimal. */
  readonly eventId: string
  /** In milliseconds since 1970 UTC. */
  readonly time: number
  /** EventType: its namespace by URI, and the identifier as in `i=2041`. */
  readonly type: { readonly uri: string; readonly id: string }
  /** Identifier of the object that raised it in the namespace of the plant, such as `pipe/fill`; empty for the server. */
  readonly notifier: string
  /** Path of the equipment that it stood at then; empty for the server. */
  readonly equipment: string
  readonly severity: number
  /** The namespaces that indices in the fields count in. */
  readonly namespaces: readonly string[]
  /** Fields by their paths; see `storeVariant`. */
  readonly fields: Readonly<Record<string, Storable>>
}

/** Where an event stands among the others: its time, and a number that grows with arrival. */
export interface EventPosition {
  readonly time: number
  readonly seq: number
}

/** What part of the history of events is wanted. */
export interface EventRange {
  /** Events that this object raised, or of this equipment and what stands below it; of the whole plant when both are absent. */
  readonly notifier?: string | undefined
  readonly below?: string | undefined
  readonly types?: readonly KeptEvent['type'][] | undefined
  /** Included. */
  readonly from: number
  /** Not included. */
  readonly to: number
  readonly isBackward: boolean
  readonly after?: EventPosition | undefined
  readonly limit: number
}

/** Keeps events and gives them back. */
export interface EventHistoryView {
  /** Takes an event; nobody waits for the disk. */
  record(event: KeptEvent): void
  read(range: EventRange): Promise<{
    readonly entries: readonly (KeptEvent & { readonly seq: number })[]
    readonly next?: EventPosition | undefined
  }>
  /** The types of which there are events. */
  types(): Promise<readonly KeptEvent['type'][]>
}
