import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { AddressSpace, generateAddressSpace, type Namespace, nodesetFileToImage } from 'node-opcua'
import { namespaceOf, namespaceUris } from '../namespaces.ts'
import { companionNodesets, typesFiles } from '../nodesets.ts'
import { buildTypes, type IdRow } from './build-types.ts'

/** The NodeSet of our types, its table of ids, and the same table as TypeScript constants; all as text. */
export interface BuiltNodeset {
  readonly xml: string
  readonly ids: string
  readonly constants: string
}

/** Builds the types anew; building twice gives the same text. Numbers are taken from the committed table. */
export async function buildNodeset(): Promise<BuiltNodeset> {
  const addressSpace = AddressSpace.create()
  try {
    await generateAddressSpace(addressSpace, [...companionNodesets])
    const known = existsSync(typesFiles.ids) ? (JSON.parse(readFileSync(typesFiles.ids, 'utf8')) as IdRow[]) : []
    const ids = buildTypes(addressSpace, known)
    const namespace = namespaceOf(addressSpace, namespaceUris.types) as Namespace
    return { xml: namespace.toNodeset2XML(), ids: tableOf(ids), constants: constantsOf(ids) }
  } finally {
    addressSpace.dispose()
  }
}

/** One row a line, by number, so that a change of the types is a small diff. */
function tableOf(ids: readonly IdRow[]): string {
  const rows = [...ids].sort((a, b) => a[1] - b[1]).map((row) => `  ${JSON.stringify(row)}`)
  return `[\n${rows.join(',\n')}\n]\n`
}

/** The module with the numbers of the types; those of their members are in the table alone. */
function constantsOf(ids: readonly IdRow[]): string {
  const rows = ids.filter(([name]) => /^[A-Za-z]\w*$/.test(name) && !name.includes('_')).sort((a, b) => a[1] - b[1])
  return `${constantsHead}${rows.map(([name, id]) => `  ${name}: ${id},\n`).join('')}} as const\n`
}

const constantsHead = `/**
 * Numbers of the NodeIds of our types by symbolic name, in the namespace \`urn:millrace:ua:types\`.
 *
 * Made by \`build-nodeset.ts\` from \`nodesets/Millrace.NodeIds.json\`; a number never changes.
 */
export const typeIds = {
`

if (import.meta.main) {
  const { xml, ids, constants } = await buildNodeset()
  const isCurrent = existsSync(typesFiles.image) && readFileSync(typesFiles.xml, 'utf8') === xml
  writeFileSync(typesFiles.xml, xml)
  writeFileSync(typesFiles.ids, ids)
  writeFileSync(typesFiles.constants, constants)
  // The image carries the time of its making, so an image that still fits is left alone.
  if (!isCurrent) writeFileSync(typesFiles.image, await nodesetFileToImage(typesFiles.xml))
  console.log(`${isCurrent ? 'kept' : 'wrote'} ${typesFiles.xml}`)
}
