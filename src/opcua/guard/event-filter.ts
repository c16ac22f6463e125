import {
  ContentFilter,
  EventFilter,
  type IEventData,
  type ISessionContext,
  type NodeId,
  ObjectTypeIds,
  SessionContext,
  type UAObjectType,
  type Variant,
} from 'node-opcua'
import { extractEventFields } from 'node-opcua-service-filter'
import { compileWhere, type EventFacts, type EventTest } from '../history/events/where-clause.ts'
import type { AnyMethod, Hook } from './hooks.ts'

/** The events around a ConditionRefresh, which no filter keeps back (Part 9 §4.5). */
const brackets: ReadonlySet<number> = new Set([ObjectTypeIds.RefreshStartEventType, ObjectTypeIds.RefreshEndEventType])

/** An item that listens to events, as far as it is looked at here. */
interface ListeningItem {
  filter: unknown
}

/** A filter that is ready, and the same one without a where-clause. */
interface Ready {
  readonly test: EventTest
  readonly selecting: EventFilter
}

/** What an event says does not depend on who asks; who may have it is judged before. */
const everybody = SessionContext.defaultContext as ISessionContext
const everything = new ContentFilter({ elements: [] })
const readyByFilter = new WeakMap<EventFilter, Ready>()

/**
 * Hooks the filtering of live events, so that a where-clause means the same for listening as for reading.
 *
 * The stack evaluates half of the operators; to it, an event that would need another one never passes.
 */
export function eventFilterHook(target: object): Hook {
  return {
    target,
    method: '_on_opcua_event',
    wrap: (original: AnyMethod) =>
      function (this: ListeningItem, event: IEventData) {
        const { filter } = this
        const ready = filter instanceof EventFilter ? readyOf(filter) : undefined
        if (!ready || isBracket(event)) return original.call(this, event)
        if (!ready.test(factsOf(event))) return
        this.filter = ready.selecting
        try {
          original.call(this, event)
        } finally {
          this.filter = filter
        }
      },
  }
}

/** Undefined without a where-clause, or with one that cannot be evaluated, which is refused before. */
function readyOf(filter: EventFilter): Ready | undefined {
  if ((filter.whereClause?.elements ?? []).length === 0) return undefined
  const known = readyByFilter.get(filter)
  if (known) return known
  const test = compileWhere(filter.whereClause)
  if (typeof test !== 'function') return undefined
  const ready = { test, selecting: Object.create(filter, { whereClause: { value: everything } }) as EventFilter }
  readyByFilter.set(filter, ready)
  return ready
}

function isBracket(event: IEventData): boolean {
  const type = eventTypeOf(event)
  return type?.namespace === 0 && brackets.has(type.value as number)
}

function eventTypeOf(event: IEventData): NodeId | undefined {
  return (Reflect.get(event, 'eventType') as { readonly value?: NodeId } | undefined)?.value
}

function factsOf(event: IEventData): EventFacts {
  const { addressSpace } = event.getEventDataSource()
  const eventType = eventTypeOf(event)
  const type = eventType && (addressSpace.findNode(eventType) as UAObjectType | null)
  return {
    valueFor: (operand) => extractEventFields(everybody, [operand], event)[0] as Variant,
    isOfType(wanted) {
      const node = addressSpace.findNode(wanted) as UAObjectType | null
      return Boolean(type && node && (type === node || type.isSubtypeOf(node)))
    },
  }
}
