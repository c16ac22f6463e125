import type { IAddressSpace, Namespace } from 'node-opcua'

/**
 * URIs of the namespaces that our nodes refer to. Indexes differ between servers, so a client finds them in `NamespaceArray`.
 */
export const namespaceUris = {
  devices: 'http://opcfoundation.org/UA/DI/',
  machinery: 'http://opcfoundation.org/UA/Machinery/',
  isa95: 'http://www.OPCFoundation.org/UA/2013/01/ISA95',
  jobControl: 'http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/',
  machineryJobs: 'http://opcfoundation.org/UA/Machinery/Jobs/',
  types: 'urn:millrace:ua:types',
} as const

/** The namespace of all instances of a plant; it does not name the host, so that clients' tags survive a move of the server. */
export function instancesUri(plantId: string): string {
  return `urn:millrace:plant:${plantId}`
}

/** Finds a namespace by its URI; that it is missing is an error of the program, because the server loads every NodeSet itself. */
export function namespaceOf(addressSpace: IAddressSpace, uri: string): Namespace {
  const index = addressSpace.getNamespaceIndex(uri)
  if (index < 0) throw new Error(`namespace ${uri} is not loaded`)
  return addressSpace.getNamespace(index) as Namespace
}
