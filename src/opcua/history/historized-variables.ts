import {
  AccessLevelFlag,
  BrowseDirection,
  coerceNodeId,
  DataType,
  type NodeId,
  type UAObject,
  type UAVariable,
} from 'node-opcua'
import type { Port } from '../../model/port.ts'
import { ownerTag } from '../../model/tag.ts'
import { isNumeric } from '../../model/value.ts'
import { childOf, type SpaceContext } from '../space-context.ts'
import type { HistorizedTag, HistoryView } from './history-view.ts'

/** A variable whose history can be read and changed. */
export interface Historized {
  readonly tag: string
  readonly port: Port
  /** Values hold until the next one. */
  readonly isStepped: boolean
  /** The NamespaceArray of the server. */
  readonly namespaces: readonly string[]
}

/** `HasHistoricalConfiguration` (Part 11 §5.3.3). */
const hasConfiguration = coerceNodeId('i=56')
const accessLevel = AccessLevelFlag.CurrentRead | AccessLevelFlag.HistoryRead | AccessLevelFlag.HistoryWrite

/**
 * Marks the variables whose history is kept: Historizing, the access levels HistoryRead and HistoryWrite (what of them a user has follows
 * from the permissions of the role), and a reference to a configuration that all variables kept in the same way share.
 */
export class HistorizedVariables {
  readonly #context: SpaceContext
  readonly #history: HistoryView | undefined
  readonly #byNodeId = new Map<string, Historized>()
  readonly #marked = new Set<UAVariable>()
  readonly #configurations = new Map<string, UAObject>()

  constructor(context: SpaceContext) {
    this.#context = context
    this.#history = context.view.history
  }

  /** The historized variable of a NodeId. */
  find(nodeId: NodeId): Historized | undefined {
    return this.#byNodeId.get(nodeId.toString())
  }

  /** Takes every mark away: what a variable aggregates would be removed with it, and the configurations are shared. */
  unmark(): void {
    for (const variable of this.#marked) {
      variable.historizing = false
      for (const { nodeId } of variable.findReferencesEx(hasConfiguration, BrowseDirection.Forward)) {
        variable.removeReference({ referenceType: hasConfiguration, nodeId, isForward: true })
      }
    }
    this.#marked.clear()
    this.#byNodeId.clear()
  }

  /** Marks the variables of the plant as it is now, and removes configurations that none of them needs any more. */
  mark(): void {
    const { view, variableByTag, addressSpace } = this.#context
    const namespaces = addressSpace.getNamespaceArray().map(({ namespaceUri }) => namespaceUri)
    const needed = new Set<string>()
    for (const { id, outputs } of view.pipelines) {
      for (const port of outputs) {
        const tag = ownerTag(id, port.name)
        const [kept, variable] = [this.#history?.historized(tag), variableByTag.get(tag)]
        const historized = { tag, port, isStepped: isStepped(port), namespaces }
        if (kept && variable) needed.add(this.#markOne(variable, historized, kept))
      }
    }
    for (const [name, configuration] of this.#configurations) {
      if (needed.has(name)) continue
      this.#context.addressSpace.deleteNode(configuration.nodeId)
      this.#configurations.delete(name)
    }
  }

  #markOne(variable: UAVariable, historized: Historized, { keepMs, deadband }: HistorizedTag): string {
    const name = `${keepMs}_${deadband}_${historized.isStepped ? 'stepped' : 'sloped'}`
    const configuration = this.#configurations.get(name) ?? this.#configure(name, { keepMs, deadband }, historized)
    this.#configurations.set(name, configuration)
    variable.historizing = true
    variable.accessLevel = accessLevel
    variable.userAccessLevel = accessLevel
    variable.addReference({ referenceType: hasConfiguration, nodeId: configuration.nodeId })
    this.#marked.add(variable)
    this.#byNodeId.set(variable.nodeId.toString(), historized)
    return name
  }

  /** A HistoricalDataConfigurationType object (Part 11 §5.2.3). */
  #configure(name: string, { keepMs, deadband }: HistorizedTag, { isStepped }: Historized): UAObject {
    const { addressSpace, namespace } = this.#context
    const type = addressSpace.findObjectType('HistoricalDataConfigurationType')
    if (!type) throw new Error('namespace 0 lacks HistoricalDataConfigurationType')
    const node = type.instantiate({
      browseName: { name: 'HA Configuration', namespaceIndex: 0 },
      displayName: 'HA Configuration',
      namespace,
      nodeId: `s=history/${name}`,
      optionals: ['MaxTimeStoredValues', 'ExceptionDeviation', 'ExceptionDeviationFormat'],
    })
    setValue(node, 'Stepped', DataType.Boolean, isStepped)
    setValue(node, 'MaxTimeStoredValues', DataType.Double, keepMs)
    setValue(node, 'ExceptionDeviation', DataType.Double, deadband)
    // Absolute, in the unit of the variable (Part 11 §5.2.3).
    setValue(node, 'ExceptionDeviationFormat', DataType.Int32, 0)
    const aggregates = childOf<UAObject>(node, 'AggregateConfiguration')
    const defaults = this.#history?.aggregateDefaults
    setValue(aggregates, 'TreatUncertainAsBad', DataType.Boolean, defaults?.treatUncertainAsBad ?? true)
    setValue(aggregates, 'PercentDataBad', DataType.Byte, defaults?.percentDataBad ?? 100)
    setValue(aggregates, 'PercentDataGood', DataType.Byte, defaults?.percentDataGood ?? 100)
    setValue(aggregates, 'UseSlopedExtrapolation', DataType.Boolean, defaults?.useSlopedExtrapolation ?? false)
    return node
  }
}

/** Whether a value holds until the next one (Stepped, Part 11 §5.2.3): what is no number has nothing in between. */
function isStepped({ dataType, isArray }: Port): boolean {
  return isArray || !isNumeric(dataType)
}

function setValue(parent: UAObject, name: string, dataType: DataType, value: unknown): void {
  const property = childOf<UAVariable>(parent, name)
  property.accessLevel = AccessLevelFlag.CurrentRead
  property.userAccessLevel = AccessLevelFlag.CurrentRead
  property.setValueFromSource({ dataType, value })
}
