import { AddressSpace, type BaseNode, generateAddressSpace } from 'node-opcua'
import { messageOf } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import { serverNodesets } from './nodesets.ts'
import { receiveStackMessages } from './stack-messages.ts'

/**
 * Loads NodeSets on top of those of the server, in an address space of their own that is thrown away, and tells what is wrong
 * with them. `fileByModel` has the file that defines each model.
 *
 * It finds what a look at a file alone cannot: that they cannot be loaded, and references to nodes that do not exist.
 */
export async function checkNodesetLoad(fileByModel: ReadonlyMap<string, string>): Promise<readonly Finding[]> {
  const files = [...new Set(fileByModel.values())]
  const forget = receiveStackMessages(() => undefined)
  const addressSpace = AddressSpace.create()
  try {
    await generateAddressSpace(addressSpace, [...serverNodesets, ...files])
    return [...fileByModel].flatMap(([uri, file]) => danglingIn(addressSpace, uri, file))
  } catch (error) {
    const { file, reason } = loadFault(error, files)
    return [findingAt(file, 'error', `it cannot be loaded: ${reason}`, 'mend it, or leave it out')]
  } finally {
    addressSpace.dispose()
    forget()
  }
}

/** The file that an error of the stack's loader is about, and what it says, on one line. */
export function loadFault(error: unknown, files: readonly string[]): { file: string; reason: string } {
  const message = messageOf(error)
  const file = files.find((candidate) => message.includes(candidate)) ?? files[0] ?? ''
  const reason = message.replace(/^generateAddressSpace: loading nodeset .* failed: /, '').replace(/\s+/g, ' ')
  return { file, reason: reason.trim().slice(0, 200) }
}

/** The stack keeps references to nodes that do not exist; a client that follows one gets BadNodeIdUnknown. */
function danglingIn(addressSpace: AddressSpace, uri: string, file: string): Finding[] {
  const nodes = [...(addressSpace.getNamespace(uri)?.nodeIterator() ?? [])]
  const dangling = nodes.flatMap((node: BaseNode) =>
    node
      .allReferences()
      .filter(({ nodeId }) => !addressSpace.findNode(nodeId))
      .map(({ nodeId }) => `${node.browseName.name} to ${nodeId.toString({ addressSpace })}`),
  )
  const [first] = dangling
  if (first === undefined) return []
  const others = dangling.length === 1 ? '' : `, and ${dangling.length - 1} more`
  const message = `it has references to nodes that do not exist: ${first}${others}`
  return [findingAt(file, 'warning', message, 'add the nodes, or take out the references')]
}

function findingAt(file: string, severity: Finding['severity'], message: string, remedy: string): Finding {
  return { code: 'nodeset-invalid', severity, file, path: [], message, remedy, line: 1, column: 1 }
}
