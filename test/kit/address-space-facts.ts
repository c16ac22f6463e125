import type { EventEmitter } from 'node:events'
import {
  type AddressSpace,
  AttributeIds,
  type BaseNode,
  BrowseDirection,
  NodeClass,
  OPCUAServer,
  type UAVariable,
} from 'node-opcua'

/** The address space of the server in this process that listens on a port; tests look behind what a client can see. */
export function addressSpaceOf(url: string): AddressSpace {
  const { registry } = OPCUAServer as unknown as {
    registry: { _yieldAliveObjects(): Iterable<readonly [string, OPCUAServer]> }
  }
  const servers = [...registry._yieldAliveObjects()].map(([, server]) => server)
  const port = Number(new URL(url.replace('opc.tcp:', 'http:')).port)
  const server = servers.find(({ endpoints }) => endpoints.some((endpoint) => endpoint.port === port))
  if (!server?.engine.addressSpace) throw new Error(`no server of this process listens at ${url}`)
  return server.engine.addressSpace
}

/** The nodes of the instances of a plant. */
export function instancesIn(addressSpace: AddressSpace): readonly BaseNode[] {
  const namespace = addressSpace
    .getNamespaceArray()
    .find(({ namespaceUri }) => namespaceUri.startsWith('urn:millrace:plant:'))
  return [...((namespace as unknown as { nodeIterator(): Iterable<BaseNode> } | undefined)?.nodeIterator() ?? [])]
}

/** References of instances whose other end is not there, or that the other end does not know. */
export function danglingIn(addressSpace: AddressSpace): string[] {
  const massive = new Set(['HasTypeDefinition', 'HasModellingRule'])
  const faults: string[] = []
  const all = [...instancesIn(addressSpace), ...outsideOf(addressSpace)]
  for (const node of all) {
    for (const isForward of [true, false]) {
      const direction = isForward ? BrowseDirection.Forward : BrowseDirection.Inverse
      for (const { referenceType, nodeId } of node.findReferencesEx('References', direction)) {
        const name = `${node.nodeId.toString()} ${referenceType.toString()} ${nodeId.toString()}`
        const other = addressSpace.findNode(nodeId)
        const type = addressSpace.findReferenceType(referenceType)?.browseName.name ?? ''
        if (!other) faults.push(`${name} leads nowhere`)
        else if (!massive.has(type) && !knows(other, referenceType, node, !isForward))
          faults.push(`${name} is one-sided`)
      }
    }
  }
  return faults
}

/** Standard nodes that refer to instances. */
function outsideOf(addressSpace: AddressSpace): BaseNode[] {
  const { objects } = addressSpace.rootFolder
  const sets = ['DeviceSet', 'Machines'].flatMap((name) => objects.getFolderElementByName(name) ?? [])
  return [objects, objects.server as unknown as BaseNode, ...sets]
}

function knows(other: BaseNode, referenceType: unknown, node: BaseNode, isForward: boolean): boolean {
  const id = node.nodeId.toString()
  return other.findReferences(referenceType as never, isForward).some(({ nodeId }) => nodeId.toString() === id)
}

/** How many listeners the instances have, by the name of the event. */
export function listenersIn(addressSpace: AddressSpace): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const node of instancesIn(addressSpace)) {
    for (const name of (node as unknown as EventEmitter).eventNames()) {
      counts[String(name)] = (counts[String(name)] ?? 0) + (node as unknown as EventEmitter).listenerCount(name)
    }
  }
  return counts
}

/** What can be seen of each instance that does not change by itself, by NodeId. */
export function structureOf(addressSpace: AddressSpace): Record<string, object> {
  return Object.fromEntries(
    instancesIn(addressSpace)
      .map((node): [string, object] => [String(node.nodeId.value), factsOf(node)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function factsOf(node: BaseNode): object {
  const references = [BrowseDirection.Forward, BrowseDirection.Inverse].flatMap((direction) =>
    node
      .findReferencesEx('References', direction)
      .map(({ referenceType, nodeId }) => `${direction} ${referenceType.toString()} ${nodeId.toString()}`),
  )
  const attribute = (id: AttributeIds): string => node.readAttribute(null, id).value.toString()
  return {
    class: NodeClass[node.nodeClass],
    browseName: node.browseName.toString(),
    displayName: attribute(AttributeIds.DisplayName),
    description: attribute(AttributeIds.Description),
    references: references.sort(),
    ...(node.nodeClass === NodeClass.Variable ? variableFacts(node as UAVariable) : {}),
    ...(node.nodeClass === NodeClass.Object ? { notifier: attribute(AttributeIds.EventNotifier) } : {}),
  }
}

function variableFacts(variable: UAVariable): object {
  const isConstant = /(EURange|EngineeringUnits|EnumStrings|InputArguments|OutputArguments|Kind|DeviceId|PipelineId)$/
  const id = String(variable.nodeId.value)
  const isDescribing = isConstant.test(id) || /Version$/.test(id) || id.includes('.Configuration.')
  return {
    dataType: variable.dataType.toString(),
    valueRank: variable.valueRank,
    access: variable.accessLevel,
    sampling: variable.minimumSamplingInterval,
    ...(isDescribing && !/(NodeVersion|\.Version)$/.test(id) ? { value: variable.readValue().value.toString() } : {}),
  }
}

/** What is different between two structures, one line for each fact; short, so that a failing test can be read. */
export function differencesOf(a: Record<string, object>, b: Record<string, object>): string[] {
  const lines: string[] = []
  for (const id of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [a[id], b[id]] as (Record<string, unknown> | undefined)[]
    if (!left || !right) {
      lines.push(`${id} is only ${left ? 'in the first' : 'in the second'}`)
      continue
    }
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const [one, other] = [[left[key]].flat(), [right[key]].flat()]
      const only = [one.filter((each) => !other.includes(each)), other.filter((each) => !one.includes(each))]
      if (only.some(({ length }) => length > 0)) lines.push(`${id} ${key}: ${only[0]} against ${only[1]}`)
    }
  }
  return lines
}
