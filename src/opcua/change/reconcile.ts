import {
  coerceLocalizedText,
  type LocalizedTextLike,
  type Namespace,
  NodeClass,
  type NodeId,
  type NodeIdLike,
  type UAMethod,
  type UAObject,
  type UAObjectType,
  type UAReference,
  type UAVariable,
} from 'node-opcua'
import { addOptionalMembers } from './optional-members.ts'

/** A node that an instance of a plant is made of. */
export type Existing = UAObject | UAVariable | UAMethod

/** What builders say of a node: the part of the stack's options that decides whether an existing node can stay. */
export interface CreationOptions {
  readonly namespace?: Namespace
  readonly nodeId?: unknown
  readonly displayName?: LocalizedTextLike | LocalizedTextLike[] | null
  readonly description?: LocalizedTextLike | null
  readonly typeDefinition?: string | NodeId | { readonly nodeId: NodeId }
  readonly dataType?: string | number | NodeIdLike | { readonly nodeId: NodeId }
  readonly valueRank?: number
  readonly componentOf?: unknown
  readonly organizedBy?: unknown
  readonly propertyOf?: unknown
  readonly optionals?: readonly string[]
  readonly inputArguments?: readonly unknown[]
  readonly outputArguments?: readonly unknown[]
}

/** Tells whether a NodeId is a text of the namespace. */
export function isOfNamespace(nodeId: string, { index }: Namespace): boolean {
  return nodeId.startsWith(`ns=${index};s=`)
}

/**
 * Tells whether a node can become what is wanted in place: same type definition, and for a variable the same data type and
 * rank. A client's view of a variable would break with any of them, so then it is another node (information-model 5.9).
 */
export function doesFit(node: Existing, options: CreationOptions): boolean {
  const { typeDefinition, dataType, valueRank } = options
  if (node.nodeClass === NodeClass.Method) return false
  if (typeDefinition !== undefined && !isSameType(node as UAObject, typeDefinition)) return false
  if (node.nodeClass !== NodeClass.Variable) return true
  const variable = node as UAVariable
  if (valueRank !== undefined && variable.valueRank !== valueRank) return false
  return dataType === undefined || variable.dataType.toString() === dataTypeOf(variable, dataType)
}

/** Tells whether a method has the wanted arguments; clients keep the arguments of a method, so others make another one. */
export function methodFits(node: Existing, { inputArguments = [], outputArguments = [] }: CreationOptions): boolean {
  if (node.nodeClass !== NodeClass.Method) return false
  const method = node as UAMethod
  return (
    isSameArguments(method.getInputArguments(), inputArguments) &&
    isSameArguments(method.getOutputArguments(), outputArguments)
  )
}

/** Brings names, place and optional members of a node up to date; whoever builds sets the values. */
export function updateInPlace(node: Existing, options: CreationOptions): void {
  const name = options.displayName
  if (name && textOf(node.displayName[0]) !== textOf(name))
    node.setDisplayName(coerceLocalizedText(name as never) ?? '')
  if (options.description !== undefined && textOf(node.description) !== textOf(options.description)) {
    node.setDescription(coerceLocalizedText((options.description ?? '') as never))
  }
  moveTo(node, options)
  if (node.nodeClass !== NodeClass.Object || options.optionals === undefined) return
  const type = (node as UAObject).typeDefinitionObj as UAObjectType
  addOptionalMembers(node as UAObject, type, options.optionals)
}

/** Puts a node below another parent; its NodeId stays, because it carries no place (information-model 5.2). */
function moveTo(node: Existing, { componentOf, organizedBy, propertyOf }: CreationOptions): void {
  const wanted = nodeOf(componentOf ?? organizedBy ?? propertyOf)
  if (!wanted || typeof wanted === 'string') return
  const referenceType = componentOf ? 'HasComponent' : propertyOf ? 'HasProperty' : 'Organizes'
  const before = node.findReferencesEx(referenceType, 1 as never).filter(isInverse)
  if (before.some(({ nodeId }) => nodeId.toString() === wanted.nodeId.toString())) return
  for (const { nodeId, referenceType: type } of before) {
    if (referenceType !== 'Organizes') node.removeReference({ referenceType: type, nodeId, isForward: false })
  }
  node.addReference({ referenceType, nodeId: wanted.nodeId, isForward: false })
}

function isInverse({ isForward }: UAReference): boolean {
  return !isForward
}

function nodeOf(value: unknown): UAObject | string | undefined {
  return value as UAObject | string | undefined
}

function isSameType(node: UAObject | UAVariable, wanted: NonNullable<CreationOptions['typeDefinition']>): boolean {
  const is = node.typeDefinition.toString()
  if (typeof wanted !== 'string') return is === ('nodeId' in wanted ? wanted.nodeId : wanted).toString()
  const { addressSpace } = node
  const type = addressSpace.findObjectType(wanted) ?? addressSpace.findVariableType(wanted)
  return type === null || type === undefined || type.nodeId.toString() === is
}

function dataTypeOf({ addressSpace }: UAVariable, dataType: NonNullable<CreationOptions['dataType']>): string {
  const found = addressSpace.findDataType(dataType as never) ?? addressSpace.findDataType(`i=${String(dataType)}`)
  return found?.nodeId.toString() ?? String(dataType)
}

interface ArgumentLike {
  readonly name?: string | null
  readonly description?: unknown
  readonly dataType?: unknown
  readonly valueRank?: number
}

function isSameArguments(is: readonly unknown[], wanted: readonly unknown[]): boolean {
  const facts = (each: unknown) => {
    const { name, description, valueRank } = each as ArgumentLike
    return [name, textOf(description), valueRank ?? -1, dataTypeName((each as ArgumentLike).dataType)]
  }
  return JSON.stringify(is.map(facts)) === JSON.stringify(wanted.map(facts))
}

/** Arguments name built-in types by number or by NodeId. */
function dataTypeName(dataType: unknown): string {
  return String(dataType).replace(/^(ns=0;)?i=/, '')
}

function textOf(text: unknown): string {
  if (text === null || text === undefined) return ''
  if (typeof text === 'string') return text
  const [first] = Array.isArray(text) ? text : [text]
  return typeof first === 'string' ? first : ((first as { text?: string | null }).text ?? '')
}
