import {
  type AddressSpace,
  type BaseNode,
  BrowseDirection,
  coerceLocalizedText,
  DataType,
  ModelChangeStructureDataType,
  type NodeId,
  type UAObject,
  type UAVariable,
  VariantArrayType,
} from 'node-opcua'

/** Verbs of ModelChangeStructureDataType (Part 5 §12.16). */
const verbs = { nodeAdded: 1, nodeDeleted: 2, referenceAdded: 4, referenceDeleted: 8 } as const

type Verb = keyof typeof verbs

/** Severity of the event: nothing is wrong, and nobody has to act. */
const severity = 50

/**
 * What one change of the plant does to the nodes, told as one GeneralModelChangeEvent (Part 3 §9.32).
 *
 * The stack's own transactions count a NodeVersion up once for each record, tell of every non-hierarchical reference and say
 * neither severity nor message; so they are suspended while a change is applied.
 */
export class ModelChanges {
  readonly #changes = new Map<string, { affected: NodeId; affectedType: NodeId | null; verb: number }>()
  readonly #containers = new Set<UAObject>()

  /** Takes in a node that was made below its parent. */
  made(node: BaseNode): void {
    this.#record('nodeAdded', node)
    this.#contains(node, 'referenceAdded')
  }

  /** Takes in a node that is about to be removed. */
  removing(node: BaseNode): void {
    this.#record('nodeDeleted', node)
    this.#contains(node, 'referenceDeleted')
  }

  /** Takes in that a container refers to another node, or does so no more. */
  referred(from: BaseNode, verb: 'referenceAdded' | 'referenceDeleted'): void {
    if (!versionOf(from)) return
    this.#containers.add(from as UAObject)
    this.#record(verb, from)
  }

  /**
   * Counts the versions of the containers up and raises one event: with the nodes that came and went, or a plain one of
   * `source` when only values, names and units are others.
   */
  tell(addressSpace: AddressSpace, { message, source }: { readonly message: string; readonly source: BaseNode }): void {
    for (const container of this.#containers) {
      const isThere = addressSpace.findNode(container.nodeId) === container
      const version = isThere ? versionOf(container) : null
      if (version) countUp(version)
    }
    const changes = [...this.#changes.values()].map((change) => new ModelChangeStructureDataType(change as never))
    const about = {
      message: { dataType: DataType.LocalizedText, value: coerceLocalizedText(message) },
      severity: { dataType: DataType.UInt16, value: severity },
    }
    const { server } = addressSpace.rootFolder.objects
    if (changes.length > 0) {
      const value = { dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value: changes }
      server.raiseEvent('GeneralModelChangeEventType', { ...about, changes: value } as never)
      return
    }
    const sourceNode = { dataType: DataType.NodeId, value: source.nodeId }
    const sourceName = { dataType: DataType.String, value: source.browseName.name ?? '' }
    server.raiseEvent('BaseEventType', { ...about, sourceNode, sourceName } as never)
  }

  #contains(node: BaseNode, verb: Verb): void {
    for (let parent = parentOf(node); parent; parent = parentOf(parent)) {
      if (!versionOf(parent)) continue
      this.#containers.add(parent as UAObject)
      this.#record(verb, parent)
      return
    }
  }

  #record(verb: Verb, node: BaseNode): void {
    const type = (node as Partial<UAObject>).typeDefinition ?? null
    const affected = node.nodeId
    this.#changes.set(`${verb} ${affected.toString()}`, { affected, affectedType: type, verb: verbs[verb] })
  }
}

function parentOf(node: BaseNode): BaseNode | undefined {
  return node.findReferencesExAsObject('Aggregates', BrowseDirection.Inverse)[0]
}

function versionOf(node: BaseNode): UAVariable | null {
  return node.getNodeVersion() as UAVariable | null
}

function countUp(version: UAVariable): void {
  const count = Number(version.readValue().value.value ?? 0)
  version.setValueFromSource({ dataType: DataType.String, value: String(Number.isSafeInteger(count) ? count + 1 : 1) })
}
