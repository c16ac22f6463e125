import { type AddressSpace, DataType, type Namespace, type UAVariable } from 'node-opcua'

/** What a namespace says about itself (Part 5 §6.3.13). */
export interface Metadata {
  readonly version: string
  readonly publicationDate: Date
}

/**
 * Adds the metadata object of a namespace below `Server/Namespaces`, as a node of that namespace.
 *
 * The stack's own function would create it in namespace 1, with a version and date of its own.
 */
export function addNamespaceMetadata(
  addressSpace: AddressSpace,
  namespace: Namespace,
  metadata: Metadata & { readonly nodeId?: string },
): void {
  const type = addressSpace.findObjectType('NamespaceMetadataType')
  const parent = addressSpace.findNode('i=11715')
  if (!type || !parent) throw new Error('namespace 0 lacks NamespaceMetadataType or Server.Namespaces')
  const node = type.instantiate({
    browseName: namespace.namespaceUri,
    namespace,
    componentOf: parent,
    ...(metadata.nodeId === undefined ? {} : { nodeId: metadata.nodeId }),
  })
  const set = (name: string, dataType: DataType, value: unknown, isArray = false): void => {
    const variable = node.getChildByName(name) as UAVariable | null
    if (!variable) throw new Error(`NamespaceMetadataType lacks ${name}`)
    variable.setValueFromSource({ dataType, value, ...(isArray ? { arrayType: 1 } : {}) })
  }
  // Numbers of IdType (Part 3 §8.2.3): Numeric 0, String 1.
  const isString = metadata.nodeId !== undefined
  set('NamespaceUri', DataType.String, namespace.namespaceUri)
  set('NamespaceVersion', DataType.String, metadata.version)
  set('NamespacePublicationDate', DataType.DateTime, metadata.publicationDate)
  set('IsNamespaceSubset', DataType.Boolean, false)
  set('StaticNodeIdTypes', DataType.Int32, [isString ? 1 : 0], true)
  set('StaticNumericNodeIdRange', DataType.String, isString ? [] : ['1000:9999'], true)
  set('StaticStringNodeIdPattern', DataType.String, '')
}
