import {
  BrowseDirection,
  browseAll,
  NodeClassMask,
  type NodeId,
  type ReferenceDescription,
  ResultMask,
} from 'node-opcua-client'
import { MillraceError } from '../../../model/errors.ts'
import { cellOf } from '../../kept.ts'
import type { ServerSession } from '../session.ts'

const plantPrefix = 'urn:millrace:plant:'
const jobsUri = 'http://opcfoundation.org/UA/Machinery/Jobs/'
const objects = 'i=85'
const hierarchical = 'i=33'

/** Nodes that are browsed in one request. */
const browsedAtOnce = 50

/** A piece of equipment that takes job orders, and the nodes of its JobManagement by their names. */
export interface JobUnit {
  /** Path of the equipment: `Acme/Berlin/Line1/Filler`. */
  readonly path: string
  readonly control: JobNodes
  readonly results: JobNodes
}

/** An object, and its methods and variables by name. */
export interface JobNodes {
  readonly object: NodeId
  /** Throws `server-refused` when there is none of this name. */
  child(name: string): NodeId
}

/** The equipment of a plant that takes job orders, in the order of the plant. Rejects with `equipment-unknown` when there is none. */
export async function findJobUnits(server: ServerSession): Promise<readonly JobUnit[]> {
  const uris = await server.ask('reading its namespaces', server.session.readNamespaceArray())
  const plant = uris.findIndex((uri) => uri.startsWith(plantPrefix))
  const jobs = await server.namespaceIndex(jobsUri)
  const isEquipment = ({ nodeId: { namespace, value } }: ReferenceDescription): boolean =>
    namespace === plant && typeof value === 'string' && /^eq\/[^.]+$/.test(value)
  const units: Promise<JobUnit>[] = []
  let level: readonly string[] = [objects]
  while (level.length > 0) {
    const below = (await childrenOf(server, level)).flat()
    for (const { browseName, nodeId } of below) {
      if (browseName.name === 'JobManagement' && browseName.namespaceIndex === jobs) units.push(unitOf(server, nodeId))
    }
    level = [...new Set(below.filter(isEquipment).map(({ nodeId }) => nodeId.toString()))]
  }
  const found = await Promise.all(units)
  if (found.length > 0) return [...new Map(found.map((unit) => [unit.path, unit])).values()]
  const who = server.user === undefined ? 'a client without a login' : cellOf(server.user)
  throw new MillraceError(
    'equipment-unknown',
    `${server.url} shows ${who} no equipment that takes job orders; it has no pipelines, or another login is needed`,
  )
}

async function unitOf(server: ServerSession, management: NodeId): Promise<JobUnit> {
  const [parts = []] = await childrenOf(server, [management.toString()])
  const nodesOf = async (name: string): Promise<JobNodes> => {
    const object = parts.find(({ browseName }) => browseName.name === name)?.nodeId
    if (!object) throw new MillraceError('server-refused', `${management.toString()} has no ${name}`)
    const [children = []] = await childrenOf(server, [object.toString()])
    return {
      object,
      child(wanted) {
        const node = children.find(({ browseName }) => browseName.name === wanted)?.nodeId
        if (node) return node
        throw new MillraceError('server-refused', `${object.toString()} has no ${wanted}`)
      },
    }
  }
  const [control, results] = await Promise.all([nodesOf('JobOrderControl'), nodesOf('JobOrderResults')])
  return { path: /^eq\/([^.]*)/.exec(String(management.value))?.[1] ?? '', control, results }
}

/** What stands below each of these nodes. */
async function childrenOf(
  server: ServerSession,
  nodes: readonly string[],
): Promise<readonly (readonly ReferenceDescription[])[]> {
  const children: (readonly ReferenceDescription[])[] = []
  for (let from = 0; from < nodes.length; from += browsedAtOnce) {
    const asked = nodes.slice(from, from + browsedAtOnce).map((nodeId) => ({
      nodeId,
      referenceTypeId: hierarchical,
      browseDirection: BrowseDirection.Forward,
      includeSubtypes: true,
      nodeClassMask: NodeClassMask.Object | NodeClassMask.Variable | NodeClassMask.Method,
      resultMask: ResultMask.BrowseName,
    }))
    const results = await server.ask('browsing the plant', browseAll(server.session, asked))
    children.push(...results.map(({ references }) => references ?? []))
  }
  return children
}
