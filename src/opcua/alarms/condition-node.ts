import {
  AccessLevelFlag,
  coerceLocalizedText,
  DataType,
  NodeClass,
  type NodeId,
  type UAMethod,
  type UAObject,
  type UAVariable,
  Variant,
} from 'node-opcua'
import { nullVariant } from '../conversion.ts'
import { isListenedTo } from '../events/notifiers.ts'
import { setValue } from '../live-values.ts'
import { objectTypeOf, type SpaceContext } from '../space-context.ts'
import { statusCodeOf } from '../status-codes.ts'
import { ConditionEvent, type EventField } from './condition-event.ts'
import { type Field, fieldsOf, fieldsOfDisabled } from './condition-fields.ts'
import { type ConditionState, ConditionStatus, retainOf } from './condition-state.ts'
import type { ConditionReport } from './condition-transition.ts'

/** How a condition stands in the address space; none of it changes. */
export interface ConditionPlace {
  readonly type: { readonly name: string; readonly uri?: string | undefined }
  /** ConditionName, and the BrowseName in the namespace of the instances. */
  readonly name: string
  readonly description: string
  readonly parent: UAObject
  /** Identifier of its NodeId, such as `pipe/fill.Alarms.Fault`. */
  readonly id: string
  /** What it is a condition of, and the name of that without namespace. */
  readonly source: UAObject | UAVariable
  readonly sourceName: string
  /** The object whose events its events are. */
  readonly notifier: UAObject
  readonly inputNode: NodeId
  readonly conditionClass: 'SystemConditionClassType' | 'ProcessConditionClassType'
  /** Optional members besides those that every alarm has, with their constant values. */
  readonly constants?: Readonly<Record<string, Variant>>
  /** Makes values of the fields of the alarm's own type. */
  readonly details?: Readonly<Record<string, (value: string | number) => Variant>>
  readonly shelvedMaxMs: number
}

/** The part of an object that hands an event to the notifiers above it; the public ways make another event of it. */
interface HandsUpEvents {
  _bubble_up_event(event: ConditionEvent): void
}

const optionals = [
  ...['ActiveState.EffectiveDisplayName', 'ActiveState.TransitionTime', 'EnabledState.TransitionTime'],
  ...['AckedState.TransitionTime', 'ConfirmedState', 'ConfirmedState.TransitionTime', 'Confirm'],
  ...['ShelvingState', 'MaxTimeShelved'],
]

/** A condition in the address space: it shows the newest state, and makes events of reports. */
export class ConditionNode {
  readonly node: UAObject
  readonly #context: SpaceContext
  readonly #place: ConditionPlace
  /** Variables by their path without namespaces, and their path with them. */
  readonly #variables = new Map<string, { readonly variable: UAVariable; readonly path: string }>()

  constructor(context: SpaceContext, place: ConditionPlace) {
    this.#context = context
    this.#place = place
    const { type, name, description, parent, id, source } = place
    this.node = objectTypeOf(context, type.name, type.uri).instantiate({
      browseName: name,
      displayName: name,
      description,
      namespace: context.namespace,
      nodeId: `s=${id}`,
      componentOf: parent,
      optionals: [...optionals, ...Object.keys(place.constants ?? {})],
    })
    source.addReference({ referenceType: 'HasCondition', nodeId: this.node.nodeId })
    this.#collect(this.node, '', '')
    this.#setConstants()
    this.#shareShelving()
  }

  /** A method by its path: `Acknowledge`, `ShelvingState.TimedShelve`. */
  method(path: string): UAMethod {
    const [first = '', second] = path.split('.')
    const owner = second === undefined ? this.node : (this.node.getChildByName(first) as UAObject)
    const method = owner.getMethodByName(second ?? first)
    if (!method) throw new Error(`${this.node.nodeId.toString()} has no ${path}`)
    return method
  }

  /** A variable by its path. */
  variable(path: string): UAVariable {
    const found = this.#variables.get(path)
    if (!found) throw new Error(`${this.node.nodeId.toString()} has no ${path}`)
    return found.variable
  }

  /** Shows the trunk; what is not valid while the condition is disabled says so. */
  show(state: ConditionState): void {
    const fields = this.#fields(state, { branch: state.trunk, retain: retainOf(state, state.trunk) })
    for (const { path, value, time, status } of fields) {
      const variable = this.#variables.get(path)?.variable
      if (!variable) continue
      if (isHidden(state, path)) setValue(variable, nullVariant, ConditionStatus.BadConditionDisabled, time)
      else setValue(variable, value, status ?? 0, time)
    }
  }

  /** Tells everybody who listens. The refresh tells those whom the stack lets through. */
  tell(state: ConditionState, report: ConditionReport): void {
    const { notifier } = this.#place
    if (!isListenedTo(notifier)) return
    const up = notifier as unknown as HandsUpEvents
    up._bubble_up_event(this.#event(state, report))
  }

  #event(state: ConditionState, report: ConditionReport): ConditionEvent {
    const changing = new Map(this.#fields(state, report).map(({ path, value }) => [path, value]))
    const fields: EventField[] = []
    for (const [name, { path, variable }] of this.#variables) {
      const value = changing.get(name) ?? variable.readValue().value
      fields.push({ path, variable, value: changing.has(name) && isHidden(state, name) ? disabledValue : value })
    }
    return new ConditionEvent(this.node, fields)
  }

  #fields(state: ConditionState, report: ConditionReport): readonly Field[] {
    const { branch, retain } = report
    const details = Object.entries(this.#place.details ?? {}).map(([path, variantOf]) => {
      const known = branch.details[path]
      return { path, value: known === undefined ? nullVariant : variantOf(known), time: branch.time }
    })
    return [...fieldsOf(state, branch, { retain, namespace: this.#context.namespace.index }), ...details]
  }

  #collect(parent: UAObject | UAVariable, name: string, path: string): void {
    for (const child of parent.getAggregates()) {
      if (child.nodeClass === NodeClass.Method) continue
      const childName = `${name}${child.browseName.name ?? ''}`
      const childPath = `${path}${child.browseName.toString()}`
      if (child.nodeClass === NodeClass.Variable) {
        const variable = child as UAVariable
        // The standard types leave it open; nobody writes a condition.
        variable.accessLevel = AccessLevelFlag.CurrentRead
        variable.userAccessLevel = AccessLevelFlag.CurrentRead
        this.#variables.set(childName, { variable, path: childPath })
      }
      this.#collect(child as UAObject, `${childName}.`, `${childPath}.`)
    }
  }

  #setConstants(): void {
    const { addressSpace } = this.#context
    const { type, name, source, sourceName, inputNode, conditionClass, constants = {}, shelvedMaxMs } = this.#place
    const classNode = addressSpace.findObjectType(conditionClass)
    if (!classNode) throw new Error(`namespace 0 lacks ${conditionClass}`)
    const set = (path: string, dataType: DataType, value: unknown): void => {
      this.variable(path).setValueFromSource({ dataType, value })
    }
    set('EventType', DataType.NodeId, objectTypeOf(this.#context, type.name, type.uri).nodeId)
    set('SourceNode', DataType.NodeId, source.nodeId)
    set('SourceName', DataType.String, sourceName)
    set('ConditionName', DataType.String, name)
    set('ConditionClassId', DataType.NodeId, classNode.nodeId)
    set('ConditionClassName', DataType.LocalizedText, coerceLocalizedText(classNode.displayName[0]?.text ?? ''))
    set('InputNode', DataType.NodeId, inputNode)
    set('MaxTimeShelved', DataType.Double, shelvedMaxMs)
    for (const [path, value] of Object.entries(constants)) this.variable(path).setValueFromSource(value)
  }

  /**
   * The methods of the shelving state can also be called on the condition itself (Part 9 §5.8.17.3 to §5.8.17.5); the stack
   * looks for them among its components.
   */
  #shareShelving(): void {
    for (const name of ['TimedShelve', 'OneShotShelve', 'Unshelve']) {
      const { nodeId } = this.method(`ShelvingState.${name}`)
      this.node.addReference({ referenceType: 'HasComponent', nodeId })
    }
  }
}

const disabledValue = new Variant({
  dataType: DataType.StatusCode,
  value: statusCodeOf(ConditionStatus.BadConditionDisabled),
})

function isHidden({ isEnabled }: ConditionState, path: string): boolean {
  return !isEnabled && !fieldsOfDisabled.has(path)
}
