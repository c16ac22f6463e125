import { DataType, type UAObject, type UAVariable, Variant } from 'node-opcua'
import type { Clock } from '../model/clock.ts'
import { type Limits, limitNames, limitTable } from '../model/limits.ts'
import { Status } from '../model/status.ts'
import { type FindingKind, findingTable, type GuardCounters } from './guard/findings.ts'
import { setValue } from './live-values.ts'
import { namespaceUris } from './namespaces.ts'
import { childOf, objectTypeOf, type SpaceContext } from './space-context.ts'
import { countMember, limitMember } from './types/guard-types.ts'

/** Within this time a finding is seen in the counters; a flood of findings must not become one of notifications. */
const shownWithinMs = 250

/** Adds the object that shows what the guard has contained and refused, and to what it holds clients, below the runtime. */
export function addGuard(context: SpaceContext, runtime: UAObject): UAObject {
  const node = objectTypeOf(context, 'GuardType', namespaceUris.types).instantiate({
    browseName: 'Guard',
    displayName: 'Guard',
    description: 'Contains and refuses what would harm the server.',
    namespace: context.namespace,
    nodeId: 's=guard',
    componentOf: runtime,
  })
  context.objectById.set('guard', node)
  showLimits(childOf<UAObject>(node, 'Limits'), context.limits)
  for (const kind of kinds) setValue(childOf<UAVariable>(node, countMember(kind)), count(0), Status.Good)
  return node
}

const kinds = Object.keys(findingTable) as readonly FindingKind[]

function showLimits(node: UAObject, limits: Limits): void {
  for (const name of limitNames) {
    const dataType = limitTable[name].isTime ? DataType.Double : DataType.UInt32
    childOf<UAVariable>(node, limitMember(name)).setValueFromSource({ dataType, value: limits[name] })
  }
}

/** Brings counters of findings to the nodes. */
export interface FindingNodes {
  /** Something was found; the nodes follow soon. */
  found(): void
  stop(): void
}

/** Lets the counters of the guard's object follow its findings; a guard that finds nothing costs nothing. */
export function followFindings(node: UAObject, counters: () => GuardCounters, clock: Clock): FindingNodes {
  let shown: Partial<GuardCounters> = {}
  let cancel: (() => void) | undefined
  const show = (): void => {
    cancel = undefined
    const now = counters()
    for (const kind of kinds) {
      if (now[kind] === (shown[kind] ?? 0)) continue
      setValue(childOf<UAVariable>(node, countMember(kind)), count(now[kind]), Status.Good)
    }
    shown = now
  }
  return {
    found() {
      cancel ??= clock.after(shownWithinMs, show)
    },
    stop() {
      cancel?.()
    },
  }
}

function count(value: number): Variant {
  return new Variant({ dataType: DataType.UInt32, value: value >>> 0 })
}
