import { type AddressSpace, type BaseNode, NodeClass, type NodeId, type UAObjectType } from 'node-opcua'

/** A field of an event: its name in the stack, and its path of BrowseNames. */
export interface EventPath {
  /** BrowseNames with a small first letter and without namespaces, joined by dots: `fromState.id`. */
  readonly member: string
  /** Qualified BrowseNames where they are not of namespace 0, joined by dots: `FromState.Id`, `8:RunId`. */
  readonly path: string
}

const pathsByType = new WeakMap<AddressSpace, Map<string, readonly EventPath[]>>()

/** The fields that events of a type have: those of its supertypes too, and of each field its own parts. Types never change. */
export function eventPathsOf(addressSpace: AddressSpace, type: NodeId): readonly EventPath[] {
  const known = pathsByType.get(addressSpace) ?? new Map<string, readonly EventPath[]>()
  pathsByType.set(addressSpace, known)
  const key = type.toString()
  const paths = known.get(key) ?? collected(addressSpace, type)
  known.set(key, paths)
  return paths
}

function collected(addressSpace: AddressSpace, nodeId: NodeId): readonly EventPath[] {
  const found = new Map<string, EventPath>()
  const add = (each: EventPath): void => {
    if (!found.has(each.member)) found.set(each.member, each)
  }
  for (const type of chainOf(addressSpace, nodeId)) {
    for (const child of [...type.getProperties(), ...type.getComponents()] as BaseNode[]) {
      if (child.nodeClass !== NodeClass.Variable && child.nodeClass !== NodeClass.Object) continue
      const field = pathOf(child)
      add(field)
      for (const part of (child as UAObjectType).getAggregates()) {
        const inner = pathOf(part)
        add({ member: `${field.member}.${inner.member}`, path: `${field.path}.${inner.path}` })
      }
    }
  }
  return [...found.values()]
}

/** A type and its supertypes below BaseObjectType, the most general first: its names win, as in the stack. */
function chainOf(addressSpace: AddressSpace, nodeId: NodeId): UAObjectType[] {
  const chain: UAObjectType[] = []
  let type = addressSpace.findNode(nodeId) as UAObjectType | null
  while (type?.nodeClass === NodeClass.ObjectType && type.subtypeOfObj) {
    chain.unshift(type)
    type = type.subtypeOfObj as UAObjectType | null
  }
  return chain
}

function pathOf({ browseName }: BaseNode): EventPath {
  const name = browseName.name ?? ''
  return { member: name.charAt(0).toLowerCase() + name.slice(1), path: browseName.toString() }
}
