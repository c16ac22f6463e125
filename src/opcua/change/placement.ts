import type { BaseNode, NodeId, UAVariable } from 'node-opcua'
import type { SpaceContext } from '../space-context.ts'
import { ModelChanges } from './model-changes.ts'
import type { CreationOptions, Existing } from './reconcile.ts'
import { removeTree } from './remove-tree.ts'
import { type UpsertListener, upserting } from './upsert.ts'

interface DrawnReference {
  readonly from: BaseNode
  readonly referenceType: NodeId
  readonly to: NodeId
  readonly isForward: boolean
}

/** What builders made for one owner: nodes by identifier, and references by their ends. */
interface Placed {
  readonly nodes: Map<string, Existing>
  readonly references: Map<string, DrawnReference>
}

/**
 * Keeps account of what stands in the address space for whom: equipment, devices, pipelines, and the flows between them.
 *
 * {@link place} runs the builder of an owner, for the first time or again; what it wants no more is removed in {@link finish},
 * when everything that may have stood inside has found its new place. Whatever no builder is run for stays untouched.
 */
export class Placement {
  readonly #context: SpaceContext
  readonly #placedByOwner = new Map<string, Placed>()
  /** The optional members that each object was made with. */
  readonly #optionals = new WeakMap<BaseNode, readonly string[]>()
  readonly #surplus = new Set<BaseNode>()
  readonly #fresh = new Set<BaseNode>()
  readonly #gone = new Set<BaseNode>()
  #changes = new ModelChanges()

  constructor(context: SpaceContext) {
    this.#context = context
  }

  /** Builds what an owner is, or brings it up to date. `build` must be synchronous. */
  place(owner: string, build: () => void): void {
    const before = this.#placedByOwner.get(owner)
    const now: Placed = { nodes: new Map(), references: new Map() }
    this.#placedByOwner.set(owner, now)
    this.#context.live.within(owner, () => upserting(this.#context, this.#listener(now), build))
    for (const [identifier, node] of before?.nodes ?? []) {
      if (!now.nodes.has(identifier)) this.#surplus.add(node)
    }
    for (const [key, reference] of before?.references ?? []) {
      if (!now.references.has(key)) this.#erase(reference)
    }
  }

  /** Takes the references of an owner away that it has drawn itself. */
  erase(owner: string): void {
    for (const reference of this.#placedByOwner.get(owner)?.references.values() ?? []) this.#erase(reference)
  }

  /** Lets everything of an owner go. */
  remove(owner: string): void {
    this.place(owner, () => undefined)
    this.#placedByOwner.delete(owner)
  }

  /** Removes what is not wanted any more, and returns the nodes that were made or brought up to date since the last time. */
  finish(): readonly BaseNode[] {
    for (const node of this.#surplus) this.#remove(node)
    this.#surplus.clear()
    this.#forgetGone()
    const fresh = [...this.#fresh].filter((node) => this.#isThere(node))
    this.#fresh.clear()
    return fresh
  }

  /** Says nothing about what was done so far: nobody has seen how it was before. */
  keepQuiet(): void {
    this.#changes = new ModelChanges()
  }

  /** Tells clients what came and went since the last time. */
  tell(message: string): void {
    const changes = this.#changes
    this.#changes = new ModelChanges()
    const { addressSpace, objectById } = this.#context
    changes.tell(addressSpace, { message, source: objectById.get('runtime') ?? addressSpace.rootFolder.objects })
  }

  #listener({ nodes, references }: Placed): UpsertListener {
    const keep = (identifier: string, node: Existing, { optionals }: CreationOptions): void => {
      nodes.set(identifier, node)
      this.#fresh.add(node)
      this.#surplus.delete(node)
      if (optionals) this.#optionals.set(node, optionals)
    }
    return {
      misfit: (node) => this.#remove(node),
      made: (identifier, node, options) => {
        keep(identifier, node, options)
        this.#changes.made(node)
      },
      kept: (identifier, node, options) => {
        this.#dropMembers(node, options)
        keep(identifier, node, options)
        this.#makeReadOnly(node)
      },
      referred: (from, reference, isNew) => {
        const type = from.addressSpace.findReferenceType(reference.referenceType as never)
        if (!type) return
        const to = (from.addressSpace.findNode(reference.nodeId as never) ?? { nodeId: reference.nodeId })
          .nodeId as NodeId
        const isForward = reference.isForward ?? true
        const key = [from.nodeId, type.nodeId, isForward, to].join(' ')
        references.set(key, { from, referenceType: type.nodeId, to, isForward })
        if (isNew) this.#changes.referred(from, 'referenceAdded')
      },
    }
  }

  /** Members that an object is not to have any more go when everything that may lie in them has found its new place. */
  #dropMembers(node: Existing, { optionals }: CreationOptions): void {
    const before = this.#optionals.get(node) ?? []
    for (const name of optionals ? before.filter((each) => !optionals.includes(each)) : []) {
      const member = node.getChildByName(name)
      if (member) this.#surplus.add(member)
    }
    for (const name of optionals ?? []) {
      const member = node.getChildByName(name)
      if (member) this.#surplus.delete(member)
    }
  }

  /** The builder says again what may be written. */
  #makeReadOnly(node: Existing): void {
    if (this.#context.writable.delete(node as UAVariable)) Reflect.deleteProperty(node, 'writeValue')
  }

  #erase({ from, referenceType, to, isForward }: DrawnReference): void {
    if (!this.#isThere(from) || !this.#context.addressSpace.findNode(to)) return
    const isDrawn = from
      .findReferences(referenceType, isForward)
      .some(({ nodeId }) => nodeId.toString() === to.toString())
    if (!isDrawn) return
    from.removeReference({ referenceType, nodeId: to, isForward })
    this.#changes.referred(from, 'referenceDeleted')
  }

  #remove(node: BaseNode): void {
    if (!this.#isThere(node)) return
    this.#changes.removing(node)
    for (const gone of removeTree(node)) this.#gone.add(gone)
  }

  #isThere(node: BaseNode): boolean {
    return !this.#gone.has(node) && this.#context.addressSpace.findNode(node.nodeId) === node
  }

  #forgetGone(): void {
    if (this.#gone.size === 0) return
    const { variableByTag, objectById, writable } = this.#context
    for (const [tag, variable] of variableByTag) if (this.#gone.has(variable)) variableByTag.delete(tag)
    for (const [id, object] of objectById) if (this.#gone.has(object)) objectById.delete(id)
    for (const variable of writable) if (this.#gone.has(variable)) writable.delete(variable)
    this.#gone.clear()
  }
}
