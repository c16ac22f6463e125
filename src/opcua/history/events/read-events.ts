import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type AddressSpace,
  AttributeIds,
  type BaseNode,
  DataType,
  DataValue,
  EventFilter,
  extractRange,
  type ISessionContext,
  type NodeId,
  PermissionType,
  type ReadEventDetails,
  type SimpleAttributeOperand,
  StatusCodes,
  type UAObjectType,
  Variant,
} from 'node-opcua'
import { HistoryEvent } from 'node-opcua-types'
import { nullVariant } from '../../conversion.ts'
import { notifierAbove } from '../../events/notifiers.ts'
import { checkEventFilter } from '../../guard/filters.ts'
import { domainOf, type Place } from '../places.ts'
import type { Answer } from '../read-raw.ts'
import { conditionIdPath, namespaceUrisOf } from './event-codec.ts'
import type { EventHistoryView, EventRange, KeptEvent } from './event-history-view.ts'
import { NamespaceMap, nodeIdText } from './namespace-map.ts'
import { PastEvent } from './past-event.ts'
import { equipmentOf } from './record-events.ts'
import { compileWhere, type EventTest, typesAsked } from './where-clause.ts'

/** Events of one answer at most, for each node (MaxReturnEventValues). */
export const eventsReturnMax = 1000

/** Events that one answer looks at: a filter that lets few through goes on at the next page, instead of holding up the server. */
const examinedMax = 20_000
/** Events that are fetched at once. */
const fetchedMax = 500
/** How long events are looked at before others have their turn: a where-clause may have a hundred operands. */
const sliceMs = 3
/** Bytes of fields that one answer may have, about. */
const answerBytesMax = 1_000_000

type EventsPlace = Extract<Place, { kind: 'events' }>

/** Who reads the events of which node. */
export interface EventReader {
  readonly history: EventHistoryView
  readonly addressSpace: AddressSpace
  readonly context: ISessionContext
  readonly node: BaseNode
}

/** Tells whether a node is one whose events are kept: the server, and every notifier of the plant. */
export function hasEventHistory(addressSpace: AddressSpace, node: BaseNode): boolean {
  return node === addressSpace.rootFolder.objects.server || notifierAbove(node) !== undefined
}

/**
 * One page of the events of a notifier and of everything below it (Part 11 §6.5.2): those within the domain that pass the
 * where-clause and that the session may receive, with the selected fields as they were sent, ordered by their Time.
 */
export async function readEvents(
  reader: EventReader,
  details: ReadEventDetails,
  { place, nodes }: { readonly place: EventsPlace | undefined; readonly nodes: number },
): Promise<Answer> {
  const { filter } = details
  // A filter without anything selected would give events without fields.
  if (!(filter instanceof EventFilter) || (filter.selectClauses ?? []).length === 0) {
    return { status: StatusCodes.BadEventFilterInvalid }
  }
  const soundness = checkEventFilter(filter)
  if (!soundness.isGood()) return { status: soundness }
  const test = compileWhere(filter.whereClause)
  if ('status' in test) return { status: test.status }
  const begun = place ?? beginning(details, nodes)
  if (!begun) return { status: StatusCodes.BadInvalidArgument }
  return new EventPage(reader, filter, test).read(begun)
}

function beginning(details: ReadEventDetails, nodes: number): EventsPlace | undefined {
  const pageMax = Math.min(eventsReturnMax, Math.max(20, Math.floor((5 * eventsReturnMax) / Math.max(1, nodes))))
  const domain = domainOf(details, pageMax)
  return domain && { kind: 'events', domain, after: undefined, returned: 0 }
}

/** Reads one page. */
class EventPage {
  readonly #reader: EventReader
  readonly #selects: readonly SimpleAttributeOperand[]
  readonly #test: EventTest
  readonly #filter: EventFilter
  readonly #maps = new Map<readonly string[], NamespaceMap>()
  readonly #allowed = new Map<string, boolean>()
  readonly #events: { eventFields: Variant[] }[] = []
  #bytes = 0

  constructor(reader: EventReader, filter: EventFilter, test: EventTest) {
    this.#reader = reader
    this.#filter = filter
    this.#selects = (filter.selectClauses ?? []) as SimpleAttributeOperand[]
    this.#test = test
  }

  async read(place: EventsPlace): Promise<Answer> {
    const { domain, returned } = place
    const limit = Math.min(domain.pageMax, domain.totalMax - returned)
    const range = await this.#range(place)
    let { after } = place
    let next = true
    for (let examined = 0; next && examined < examinedMax && this.#hasRoom(limit); ) {
      const page = await this.#reader.history.read({ ...range, after, limit: fetchedMax })
      next = page.next !== undefined
      let sinceMs = performance.now()
      for (const event of page.entries) {
        if (performance.now() - sinceMs > sliceMs) {
          await nextTurn()
          sinceMs = performance.now()
        }
        if (!this.#hasRoom(limit)) {
          next = true
          break
        }
        after = { time: event.time, seq: event.seq }
        examined++
        this.#take(event)
      }
    }
    const count = returned + this.#events.length
    const isEmpty = count === 0 && !next
    return {
      status: isEmpty ? StatusCodes.GoodNoData : StatusCodes.Good,
      data: new HistoryEvent({ events: this.#events }),
      next: next && count < domain.totalMax ? { ...place, after, returned: count } : undefined,
    }
  }

  #hasRoom(limit: number): boolean {
    return this.#events.length < limit && this.#bytes < answerBytesMax
  }

  /** Where to look; types that the filter leaves out, or that the session may not receive, are not even fetched. */
  async #range({ domain: { start, end } }: EventsPlace): Promise<Omit<EventRange, 'limit' | 'after'>> {
    const { history, addressSpace, node } = this.#reader
    const asked = typesAsked(this.#filter.whereClause).map((type) => addressSpace.findNode(type) as UAObjectType | null)
    const types = (await history.types()).filter((type) => {
      const found = this.#typeNode(type)
      const isAsked = asked.every((each) => each && found && (found === each || found.isSubtypeOf(each)))
      // What an unknown type is about nobody can tell, so it is for those who may read everything.
      return isAsked && this.#mayReceive(found ?? addressSpace.findNode('i=2052'))
    })
    const below = equipmentOf(node)
    const isServer = node === addressSpace.rootFolder.objects.server
    const whose = isServer ? {} : below === undefined ? { notifier: String(node.nodeId.value) } : { below }
    return { ...whose, types, ...spanOf(start, end) }
  }

  #take(event: KeptEvent): void {
    const { addressSpace } = this.#reader
    const past = new PastEvent(event, this.#mapOf(event.namespaces))
    const source = past.valueOf('SourceNode').value as NodeId | null
    if (source && !this.#mayReceive(addressSpace.findNode(source))) return
    const type = this.#typeNode(event.type)
    const valueFor = (operand: SimpleAttributeOperand): Variant => selected(past, operand)
    const isOfType = (wanted: NodeId): boolean => {
      const node = addressSpace.findNode(wanted) as UAObjectType | null
      return type !== undefined && node !== null && (type === node || type.isSubtypeOf(node))
    }
    if (!this.#test({ valueFor, isOfType })) return
    const eventFields = this.#selects.map(valueFor)
    this.#bytes += eventFields.reduce((sum, field) => sum + sizeOf(field), 0)
    this.#events.push({ eventFields })
  }

  /** Whether the session has ReceiveEvents on a node (Part 3 §8.55): so audit events stay with those whom they are for. */
  #mayReceive(node: BaseNode | null | undefined): boolean {
    if (!node) return true
    const key = nodeIdText(node.nodeId)
    const known = this.#allowed.get(key) ?? this.#reader.context.checkPermission(node, PermissionType.ReceiveEvents)
    this.#allowed.set(key, known)
    return known
  }

  #typeNode({ uri, id }: KeptEvent['type']): UAObjectType | undefined {
    const { addressSpace } = this.#reader
    const index = namespaceUrisOf(addressSpace).indexOf(uri)
    return index < 0 ? undefined : ((addressSpace.findNode(`ns=${index};${id}`) as UAObjectType | null) ?? undefined)
  }

  #mapOf(namespaces: readonly string[]): NamespaceMap {
    const map = this.#maps.get(namespaces) ?? new NamespaceMap(namespaces, namespaceUrisOf(this.#reader.addressSpace))
    this.#maps.set(namespaces, map)
    return map
  }
}

/** A half-open span of whole milliseconds: backwards the start is included and the end is not, and one moment has its events. */
function spanOf(start: number, end: number): Pick<EventRange, 'from' | 'to' | 'isBackward'> {
  if (start < end) return { from: start, to: end, isBackward: false }
  if (start === end) return { from: start, to: start + 1, isBackward: false }
  return { from: end + 1, to: start + 1, isBackward: true }
}

/** The value that a select clause or an operand asks for (Part 4 §7.7.4.5); null when the event does not have it. */
function selected(past: PastEvent, { browsePath, attributeId, indexRange }: SimpleAttributeOperand): Variant {
  const path = (browsePath ?? []).map((name) => name.toString()).join('.')
  const wanted = path === conditionIdPath ? AttributeIds.NodeId : AttributeIds.Value
  if (attributeId !== wanted) return nullVariant
  const value = past.valueOf(path)
  if (!indexRange || indexRange.isEmpty() || value === nullVariant) return value
  const part = extractRange(new DataValue({ value }), indexRange)
  return part.statusCode.isGood() ? part.value : new Variant({ dataType: DataType.StatusCode, value: part.statusCode })
}

/** Bytes of a field, about. */
function sizeOf({ value }: Variant): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return 8 + value.length
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + 8 + (lengthOf(each) ?? 16), 8)
  return 8 + (lengthOf(value) ?? 16)
}

function lengthOf(value: unknown): number | undefined {
  if (value === null || typeof value !== 'object') return undefined
  if ('text' in value && typeof value.text === 'string') return value.text.length
  return 'buffer' in value && value.buffer instanceof Uint8Array ? value.buffer.length : undefined
}
