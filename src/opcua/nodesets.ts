import { dirname, join } from 'node:path'
import { nodesets } from 'node-opcua'

/** Folder of the NodeSets that belong to this program. */
const ownFolder = join(import.meta.dirname, '..', '..', 'nodesets')

/** The committed NodeSet of our types, and the table of the numbers that its NodeIds keep for ever, twice: as data and as TypeScript. */
export const typesFiles = {
  xml: join(ownFolder, 'Millrace.NodeSet2.xml'),
  image: join(ownFolder, 'Millrace.NodeSet2.ndjson.gz'),
  ids: join(ownFolder, 'Millrace.NodeIds.json'),
  constants: join(import.meta.dirname, 'types', 'ids.ts'),
} as const

/**
 * The standard NodeSets that our types stand on, in the order that gives them their usual indexes.
 *
 * OPC 10030 is shipped with the stack but missing in its catalogue, so it is found beside another one.
 */
export const companionNodesets: readonly string[] = [
  nodesets.standard,
  nodesets.di,
  nodesets.ia,
  nodesets.machinery,
  nodesets.isa95JobControl,
  nodesets.machineryJobs,
  join(dirname(nodesets.di), 'Opc.ISA95.NodeSet2.xml'),
]

/** Everything that a server loads. A precompiled image lies beside each file and is used instead of the XML. */
export const serverNodesets: readonly string[] = [...companionNodesets, typesFiles.xml]
