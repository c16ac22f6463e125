import { type BaseNode, BrowseDirection } from 'node-opcua'

/**
 * Removes a node with everything that it aggregates, the innermost first, and every reference to and from them. Returns the
 * nodes that are gone.
 *
 * The stack's own deletion follows `Organizes` as well and would take along what the node only refers to, or fail over what
 * it has deleted already.
 */
export function removeTree(root: BaseNode): readonly BaseNode[] {
  const nodes: BaseNode[] = []
  const seen = new Set<BaseNode>()
  const collect = (node: BaseNode): void => {
    if (seen.has(node) || node.nodeId.namespace !== root.nodeId.namespace) return
    seen.add(node)
    for (const child of node.findReferencesExAsObject('Aggregates', BrowseDirection.Forward)) collect(child)
    nodes.push(node)
  }
  collect(root)
  for (const node of nodes) {
    for (const { referenceType, nodeId } of node.findReferencesEx('Organizes', BrowseDirection.Forward)) {
      node.removeReference({ referenceType, nodeId, isForward: true })
    }
    node.addressSpace.deleteNode(node.nodeId)
  }
  return nodes
}
