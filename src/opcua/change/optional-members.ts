import { BrowseDirection, NodeClass, type UAObject, type UAObjectType, type UAVariable } from 'node-opcua'

/**
 * Gives an object the optional members of its type that it is to have and lacks, as the stack would have made them together
 * with it: a NodeId after its parent's, the properties that every instance has, no modelling rule.
 */
export function addOptionalMembers(node: UAObject, type: UAObjectType, names: readonly string[]): void {
  for (const name of names) {
    const member = name.includes('.') || node.getChildByName(name) ? undefined : memberOf(type, name)
    if (member) copyMember(member, node)
  }
}

function memberOf(type: UAObjectType, name: string): UAObject | UAVariable | undefined {
  for (let each: UAObjectType | null | undefined = type; each; each = each.subtypeOfObj as UAObjectType | null) {
    const member = membersOf(each).find(({ browseName }) => browseName.name === name)
    if (member) return member
  }
  return undefined
}

function membersOf(node: UAObjectType | UAObject | UAVariable): readonly (UAObject | UAVariable)[] {
  return node
    .findReferencesExAsObject('Aggregates', BrowseDirection.Forward)
    .filter(({ nodeClass }) => nodeClass === NodeClass.Object || nodeClass === NodeClass.Variable) as (
    | UAObject
    | UAVariable
  )[]
}

function copyMember(member: UAObject | UAVariable, parent: UAObject | UAVariable): void {
  const { namespace } = parent
  const common = {
    browseName: member.browseName,
    displayName: member.displayName[0]?.text ?? '',
    description: member.description,
    nodeId: `s=${String(parent.nodeId.value)}.${member.browseName.name ?? ''}`,
  }
  if (member.nodeClass === NodeClass.Object) {
    const { typeDefinitionObj } = member as UAObject
    const object = typeDefinitionObj.instantiate({ ...common, namespace, componentOf: parent } as never)
    for (const inner of membersOf(member)) {
      if (inner.modellingRule === 'Mandatory' && !object.getChildByName(inner.browseName)) copyMember(inner, object)
    }
    return
  }
  const variable = member as UAVariable
  const isProperty = variable.typeDefinitionObj.browseName.name === 'PropertyType'
  namespace.addVariable({
    ...common,
    ...(isProperty ? { propertyOf: parent } : { componentOf: parent, typeDefinition: variable.typeDefinitionObj }),
    dataType: variable.dataType,
    valueRank: variable.valueRank,
    minimumSamplingInterval: variable.minimumSamplingInterval,
  } as never)
}
