import type { AddressSpace, BaseNode, NodeId } from 'node-opcua'

/** Finds the node of a NodeId; null when there is none, or no such namespace. */
export type FindNode = (nodeId: NodeId) => BaseNode | null

interface Namespaces {
  getNamespaceArray(): readonly { findNode2(nodeId: NodeId): BaseNode | null }[]
}

/** Makes the function that looks nodes up, which is called for every node of every request. */
export function nodeFinder(addressSpace: AddressSpace): FindNode {
  const namespaces = addressSpace as unknown as Namespaces
  return (nodeId) => namespaces.getNamespaceArray()[nodeId.namespace]?.findNode2(nodeId) ?? null
}
