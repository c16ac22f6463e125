import { readXml, type XmlFault } from './xml.ts'

/** A model that a NodeSet defines. */
export interface NodesetModel {
  readonly uri: string
  readonly offset: number
  /** Models that have to be there too. */
  readonly requires: readonly { readonly uri: string; readonly offset: number }[]
}

/** What a NodeSet says about itself. */
export type NodesetHeader = { readonly models: readonly NodesetModel[] } | { readonly fault: XmlFault }

const schemaUri = 'http://opcfoundation.org/UA/2011/03/UANodeSet.xsd'

/**
 * Reads which models a NodeSet defines and requires (Part 6 Annex F), and looks through the rest for whether it is well-formed.
 *
 * Without `Models`, the first namespace is the model that it defines, as in NodeSets of before 1.02.
 */
export function readNodesetHeader(text: string): NodesetHeader {
  const models: { uri: string; offset: number; requires: { uri: string; offset: number }[] }[] = []
  const namespaces: { uri: string; offset: number }[] = []
  const path: string[] = []
  let root: { name: string; namespace: string | undefined } | undefined
  const fault = readXml(text, {
    open(name, attributes, offset) {
      path.push(name)
      root ??= { name, namespace: namespaceOf(attributes) }
      const uri = attributes.get('ModelUri') ?? ''
      switch (path.join('/')) {
        case 'UANodeSet/Models/Model':
          models.push({ uri, offset, requires: [] })
          break
        case 'UANodeSet/Models/Model/RequiredModel':
          models.at(-1)?.requires.push({ uri, offset })
          break
        case 'UANodeSet/NamespaceUris/Uri':
          namespaces.push({ uri: '', offset })
          break
      }
    },
    text(words) {
      const last = path.length === 3 && path[2] === 'Uri' ? namespaces.at(-1) : undefined
      if (last) last.uri = (last.uri + words).trim()
    },
    close() {
      path.pop()
    },
  })
  if (fault) return { fault }
  if (root?.name !== 'UANodeSet' || root.namespace !== schemaUri) {
    return { fault: { message: 'it is no NodeSet: its root element is not UANodeSet', offset: 0 } }
  }
  const [first] = namespaces
  if (models.length === 0 && first) return { models: [{ ...first, requires: [] }] }
  const nameless = models.flatMap((model) => [model, ...model.requires]).find(({ uri }) => uri === '')
  if (nameless) return { fault: { message: 'a model has no ModelUri', offset: nameless.offset } }
  if (models.length === 0) return { fault: { message: 'it says neither its models nor its namespaces', offset: 0 } }
  return { models }
}

/** The namespace of the root element, whatever prefix it has. */
function namespaceOf(attributes: ReadonlyMap<string, string>): string | undefined {
  const isSchema = ([name, value]: [string, string]): boolean => name.startsWith('xmlns') && value === schemaUri
  return [...attributes].find(isSchema)?.[1]
}
