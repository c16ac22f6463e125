import type { ArgumentOptions, Namespace, NodeIdLike, UADataType, UAMethod, UAObject, UAObjectType } from 'node-opcua'

/** Whether every instance has a member, or only those that need it (Part 3 §6.4.4.4.1). */
export type Rule = 'Mandatory' | 'Optional'

/** What a member of a type is called and how it is described. */
export interface Member {
  /** BrowseName; a name in another namespace is given as `2:Name`. */
  readonly name: string
  readonly description: string
  readonly rule?: Rule
}

/** What a variable of a type holds. */
export interface VariableMember extends Member {
  readonly dataType: NodeIdLike | UADataType | string
  readonly isArray?: boolean
}

/** Adds a property to a type: a value that describes and has no parts. */
export function addProperty(namespace: Namespace, parent: UAObjectType | UAObject, member: VariableMember): void {
  namespace.addVariable({ ...variableOptions(member), propertyOf: parent, typeDefinition: 'PropertyType' })
}

/** Adds a data variable to a type. */
export function addDataVariable(namespace: Namespace, parent: UAObjectType | UAObject, member: VariableMember): void {
  namespace.addVariable({
    ...variableOptions(member),
    componentOf: parent,
    typeDefinition: 'BaseDataVariableType',
    minimumSamplingInterval: 0,
  })
}

/** Adds an object to a type; its own members come from its type definition. */
export function addPart(
  namespace: Namespace,
  parent: UAObjectType | UAObject,
  member: Member & { readonly type: UAObjectType; readonly organizes?: boolean; readonly isAddIn?: boolean },
): UAObject {
  return member.type.instantiate({
    ...memberOptions(member),
    namespace,
    [member.organizes ? 'organizedBy' : member.isAddIn ? 'addInOf' : 'componentOf']: parent,
  })
}

/** Adds a method to a type. Without arguments it gets no argument properties at all. */
export function addMethod(
  namespace: Namespace,
  parent: UAObjectType,
  member: Member & { readonly inputs?: ArgumentOptions[]; readonly outputs?: ArgumentOptions[] },
): UAMethod {
  return namespace.addMethod(parent, {
    ...memberOptions(member),
    ...(member.inputs ? { inputArguments: member.inputs } : {}),
    ...(member.outputs ? { outputArguments: member.outputs } : {}),
  })
}

function memberOptions({ name, description, rule = 'Mandatory' }: Member) {
  return { browseName: qualified(name), displayName: unqualified(name), description, modellingRule: rule }
}

function variableOptions(member: VariableMember) {
  return {
    ...memberOptions(member),
    dataType: member.dataType,
    valueRank: member.isArray ? 1 : -1,
    accessLevel: 'CurrentRead',
    userAccessLevel: 'CurrentRead',
  }
}

function unqualified(name: string): string {
  return name.replace(/^\d+:/, '')
}

/** The stack reads `2:Name` as a qualified name only when it is given as an object. */
function qualified(name: string): string | { namespaceIndex: number; name: string } {
  const match = /^(\d+):(.+)$/.exec(name)
  return match ? { namespaceIndex: Number(match[1]), name: match[2] ?? name } : name
}
