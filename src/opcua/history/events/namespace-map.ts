import { type ExpandedNodeId, NodeId, resolveNodeId } from 'node-opcua'

/**
 * Brings indices of namespaces from the list in which they were written to the one of the server now: the list changes when a
 * NodeSet is added, and events are kept for years.
 */
export class NamespaceMap {
  readonly #written: readonly string[]
  readonly #live: readonly string[]
  readonly #isSame: boolean

  constructor(written: readonly string[], live: readonly string[]) {
    this.#written = written
    this.#live = live
    this.#isSame = written.every((uri, index) => live[index] === uri)
  }

  /** The index now; undefined when the server no longer has the namespace. */
  toLive(index: number): number | undefined {
    if (this.#isSame || index === 0) return index
    const found = this.#live.indexOf(this.#written[index] ?? '')
    return found < 0 ? undefined : found
  }

  /** The index of then; undefined when the namespace was not there. */
  toWritten(index: number): number | undefined {
    if (this.#isSame || index === 0) return index
    const found = this.#written.indexOf(this.#live[index] ?? '')
    return found < 0 ? undefined : found
  }

  /** A NodeId from its text; the null NodeId when its namespace is gone. */
  nodeId(text: string): NodeId {
    const nodeId = resolveNodeId(text)
    const namespace = this.toLive(nodeId.namespace)
    if (namespace === undefined) return new NodeId()
    if (namespace !== nodeId.namespace) nodeId.namespace = namespace
    return nodeId
  }
}

/** The text of a NodeId, with the index of its namespace. */
export function nodeIdText(nodeId: NodeId | ExpandedNodeId): string {
  return NodeId.prototype.toString.call(nodeId)
}
