import type { AddressSpace, BaseNode, Namespace, UAMethod, UAObject, UAVariable } from 'node-opcua'
import { type CreationOptions, doesFit, type Existing, isOfNamespace, methodFits, updateInPlace } from './reconcile.ts'

/** A reference as {@link BaseNode.addReference} takes it. */
type ReferenceOptions = Parameters<BaseNode['addReference']>[0]

/** What is told of each thing that a builder wants to exist. */
export interface UpsertListener {
  /** A node cannot stay what it is; when this returns, it has to be gone. */
  misfit(node: Existing): void
  made(identifier: string, node: Existing, options: CreationOptions): void
  /** A node is there already and is about to be brought up to date. */
  kept(identifier: string, node: Existing, options: CreationOptions): void
  referred(from: BaseNode, reference: ReferenceOptions, isNew: boolean): void
}

type Instantiate = (this: { nodeId: unknown }, options: CreationOptions) => UAObject | UAVariable

/**
 * Runs builders so that what they make is brought up to date where it exists already, instead of being made twice.
 *
 * The builders of the address space say how things are to be; they know nothing of what is there. While `build` runs (it
 * must be synchronous), the stack's own functions that make nodes and references look first whether a node of that NodeId
 * exists. So every builder serves for the first build and for a change of a plant that runs, and cannot differ in the two.
 */
export function upserting(
  { addressSpace, namespace }: { readonly addressSpace: AddressSpace; readonly namespace: Namespace },
  listener: UpsertListener,
  build: () => void,
): void {
  let depth = 0
  /** What the stack makes itself while it makes a node for a builder is part of that node. */
  const inside = <T>(make: () => T): T => {
    depth += 1
    try {
      return make()
    } finally {
      depth -= 1
    }
  }
  const upsert = <T extends Existing>(
    options: CreationOptions,
    fits: (node: Existing) => boolean,
    make: () => T,
  ): T => {
    const identifier = depth === 0 ? identifierOf(options) : undefined
    if (identifier === undefined) return inside(make)
    const existing = namespace.findNode(`ns=${namespace.index};s=${identifier}`) as Existing | null
    if (existing && fits(existing)) {
      listener.kept(identifier, existing, options)
      inside(() => updateInPlace(existing, options))
      return existing as T
    }
    if (existing) listener.misfit(existing)
    const made = inside(make)
    listener.made(identifier, made, options)
    return made
  }

  const undo: (() => void)[] = []
  const patch = (target: object, name: string, make: (original: never) => unknown): void => {
    const owner = ownerOf(target, name)
    const had = Object.getOwnPropertyDescriptor(owner, name)
    const original = (owner as Record<string, unknown>)[name]
    Object.defineProperty(owner, name, { configurable: true, writable: true, value: make(original as never) })
    undo.push(() => (had ? Object.defineProperty(owner, name, had) : Reflect.deleteProperty(owner, name)))
  }
  for (const type of [addressSpace.findObjectType('FolderType'), addressSpace.findVariableType('DataItemType')]) {
    if (!type) throw new Error('namespace 0 lacks FolderType or DataItemType')
    patch(Object.getPrototypeOf(type), 'instantiate', (original: Instantiate) => {
      return function (this: { nodeId: unknown }, options: CreationOptions) {
        if (options.namespace !== namespace) return original.call(this, options)
        const fits = (node: Existing) => doesFit(node, { ...options, typeDefinition: this.nodeId as never })
        return upsert(options, fits, () => original.call(this, options))
      }
    })
  }
  for (const name of ['addVariable', 'addObject'] as const) {
    patch(namespace, name, (original: (options: CreationOptions) => UAVariable) => {
      return (options: CreationOptions) =>
        upsert(
          options,
          (node) => doesFit(node, options),
          () => original.call(namespace, options),
        )
    })
  }
  patch(namespace, 'addMethod', (original: (parent: UAObject, options: CreationOptions) => UAMethod) => {
    return (parent: UAObject, options: CreationOptions) =>
      upsert(
        { ...options, componentOf: parent },
        (node) => methodFits(node, options),
        () => original.call(namespace, parent, options),
      )
  })
  patch(namespace.addressSpace.rootFolder, 'addReference', (original: (reference: ReferenceOptions) => void) => {
    return function (this: BaseNode, reference: ReferenceOptions) {
      if (depth > 0 || this.addressSpace !== addressSpace) return original.call(this, reference)
      const isNew = !isKnown(this, reference)
      if (isNew) inside(() => original.call(this, reference))
      listener.referred(this, reference, isNew)
    }
  })
  try {
    build()
  } finally {
    for (const restore of undo.reverse()) restore()
  }

  function identifierOf(options: CreationOptions): string | undefined {
    const text = String(options.nodeId ?? '')
    if (text.startsWith('s=')) return text.slice(2)
    return isOfNamespace(text, namespace) ? text.slice(text.indexOf(';s=') + 3) : undefined
  }
}

/** Where in its chain of prototypes an object has a function. */
function ownerOf(target: object, name: string): object {
  let owner: object | null = target
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner)
  if (!owner) throw new Error(`the stack has no ${name}`)
  return owner
}

function isKnown(node: BaseNode, { referenceType, nodeId, isForward }: ReferenceOptions): boolean {
  const type = node.addressSpace.findReferenceType(referenceType as never)
  if (!type) throw new Error(`reference type ${String(referenceType)} is missing`)
  const target = String((nodeId as { nodeId?: unknown }).nodeId ?? nodeId)
  return node.findReferences(type.nodeId, isForward ?? true).some((known) => known.nodeId.toString() === target)
}
