import { AttributeIds, BrowseDirection, type ClientSession, type NodeId, type ReferenceDescription } from 'node-opcua'

/** A node of the instances of a plant, as a client sees it. Namespaces stand as URIs, so that servers can be compared. */
export interface DumpedNode {
  readonly nodeId: string
  /** BrowseNames from the Objects folder, the first path in the order of the alphabet. */
  readonly path: string
  readonly type: string
  /** BrowseName of the data type of a variable; empty for others. */
  readonly dataType: string
  /** Every reference to a node of the plant or to a type, as `type target`. */
  readonly references: readonly string[]
}

const batchSize = 50

/** Walks the hierarchy from the Objects folder and tells every node of one namespace, by NodeId. */
export async function dumpInstances(session: ClientSession, namespaceUri: string): Promise<DumpedNode[]> {
  const walk = new Walk(session, (await session.readNamespaceArray()) as string[], namespaceUri)
  await walk.from('i=85')
  return walk.nodes()
}

interface Found {
  readonly nodeId: NodeId
  readonly path: string
  readonly isVariable: boolean
  readonly type: NodeId
  references: readonly ReferenceDescription[]
}

class Walk {
  readonly #session: ClientSession
  readonly #namespaces: readonly string[]
  readonly #uri: string
  readonly #found = new Map<string, Found>()

  constructor(session: ClientSession, namespaces: readonly string[], uri: string) {
    this.#session = session
    this.#namespaces = namespaces
    this.#uri = uri
  }

  /** Level by level, each in the order of its paths, so that the first path of a node is always the same. */
  async from(root: string): Promise<void> {
    const seen = new Set<string>([root])
    let level: { nodeId: NodeId | string; path: string }[] = [{ nodeId: root, path: '' }]
    while (level.length > 0) {
      const children: { nodeId: NodeId; path: string }[] = []
      const results = await this.#browse(level.map(({ nodeId }) => nodeId))
      results.forEach((references, index) => {
        const { nodeId: parent, path } = level[index]!
        const found = this.#found.get(String(parent))
        if (found) found.references = references
        for (const child of references.filter((reference) => this.#isChild(reference))) {
          const place = `${path}/${this.#qualified(child.browseName)}`
          children.push({ nodeId: child.nodeId, path: place })
          this.#note(child, place)
        }
      })
      const byPath = children.sort((a, b) => (a.path < b.path ? -1 : 1))
      level = byPath.filter(({ nodeId }) => !seen.has(nodeId.toString()) && Boolean(seen.add(nodeId.toString())))
    }
  }

  async nodes(): Promise<DumpedNode[]> {
    const found = [...this.#found.values()]
    const types = await this.#names(found.map(({ type }) => type))
    const variables = found.filter(({ isVariable }) => isVariable)
    const dataTypes = await this.#dataTypes(variables)
    return found
      .map((node, index) => ({
        nodeId: this.#text(node.nodeId),
        path: node.path,
        type: types[index] ?? '',
        dataType: dataTypes.get(node) ?? '',
        references: this.#referencesOf(node),
      }))
      .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
  }

  #note(child: ReferenceDescription, path: string): void {
    const key = child.nodeId.toString()
    const known = this.#found.get(key)
    if (this.#namespaces[child.nodeId.namespace] !== this.#uri || (known && known.path <= path)) return
    if (known && known.path.split('/').length < path.split('/').length) return
    const isVariable = child.nodeClass === 2
    this.#found.set(key, { nodeId: child.nodeId, path, isVariable, type: child.typeDefinition, references: [] })
  }

  /** Into the plant, and through the folders of companion specifications that list its nodes, but not into the server. */
  #isChild({ nodeId, isForward, referenceTypeId, browseName }: ReferenceDescription): boolean {
    const isHierarchical = referenceTypeId.namespace !== 0 || ![37, 40, 39, 41].includes(Number(referenceTypeId.value))
    const isOurs = this.#namespaces[nodeId.namespace] === this.#uri
    const isList = ['DeviceSet', 'Machines'].includes(browseName.name ?? '')
    return isForward && isHierarchical && (isOurs || isList) && !this.#isCross(referenceTypeId)
  }

  /** References of ours and of Part 23 that are not hierarchical. */
  #isCross(type: NodeId): boolean {
    const uri = this.#namespaces[type.namespace]
    return (
      uri === 'urn:millrace:ua:types' ||
      (type.namespace === 0 && [25255, 9004, 9005, 9006].includes(Number(type.value)))
    )
  }

  #referencesOf({ references }: Found): string[] {
    return references
      .map(({ referenceTypeId, nodeId }) => `${this.#text(referenceTypeId)} ${this.#text(nodeId)}`)
      .sort()
  }

  async #browse(nodes: readonly (NodeId | string)[]): Promise<ReferenceDescription[][]> {
    const all: ReferenceDescription[][] = []
    for (let at = 0; at < nodes.length; at += batchSize) {
      const request = nodes.slice(at, at + batchSize).map((nodeId) => ({
        nodeId,
        browseDirection: BrowseDirection.Forward,
        referenceTypeId: 'i=31',
        includeSubtypes: true,
        nodeClassMask: 0,
        resultMask: 63,
      }))
      const results = await this.#session.browse(request)
      for (let { references, continuationPoint, statusCode } of results) {
        if (!statusCode.isGood()) throw new Error(`browsing ended with ${statusCode.name}`)
        const whole = [...(references ?? [])]
        while (continuationPoint && continuationPoint.length > 0) {
          const next = await this.#session.browseNext(continuationPoint, false)
          whole.push(...(next.references ?? []))
          continuationPoint = next.continuationPoint
        }
        all.push(whole)
      }
    }
    return all
  }

  async #dataTypes(variables: readonly Found[]): Promise<Map<Found, string>> {
    const ids: NodeId[] = []
    for (let at = 0; at < variables.length; at += batchSize) {
      const part = variables.slice(at, at + batchSize)
      const values = await this.#session.read(
        part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.DataType })),
      )
      ids.push(...values.map(({ value }) => value.value as NodeId))
    }
    const names = await this.#names(ids)
    return new Map(variables.map((variable, index) => [variable, names[index] ?? '']))
  }

  /** BrowseNames of types, each asked once. */
  async #names(ids: readonly NodeId[]): Promise<string[]> {
    const unique = [...new Map(ids.map((id) => [id.toString(), id])).values()].filter((id) => !id.isEmpty())
    const values = await this.#session.read(unique.map((nodeId) => ({ nodeId, attributeId: AttributeIds.BrowseName })))
    const byId = new Map(unique.map((id, index) => [id.toString(), this.#qualified(values[index]!.value.value)]))
    return ids.map((id) => byId.get(id.toString()) ?? '')
  }

  #qualified({ namespaceIndex, name }: { namespaceIndex: number; name?: string | null }): string {
    const uri = this.#namespaces[namespaceIndex] ?? ''
    return namespaceIndex === 0 || uri === this.#uri ? String(name) : `{${shortUri(uri)}}${name}`
  }

  #text(nodeId: NodeId): string {
    const uri = this.#namespaces[nodeId.namespace] ?? ''
    const id = nodeId.toString().replace(/^ns=\d+;/, '')
    return uri === this.#uri || nodeId.namespace === 0 ? id : `{${shortUri(uri)}}${id}`
  }
}

function shortUri(uri: string): string {
  return uri.replace(/^http:\/\/(www\.)?opcfoundation.org\/UA\//i, '').replace(/\/$/, '')
}
