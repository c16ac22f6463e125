import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { XmlDocument, XmlLibError, XsdValidator } from 'libxml2-wasm'
import { nodesets } from 'node-opcua'

/** Messages of the schema of NodeSet2 (UANodeSet.xsd) about a document, with their lines; none when it is valid. */
export function schemaFaults(xml: string): string[] {
  const schema = XmlDocument.fromBuffer(readFileSync(join(dirname(nodesets.standard), 'UANodeSet.xsd')))
  const validator = XsdValidator.fromDoc(schema)
  try {
    const document = XmlDocument.fromString(xml)
    try {
      validator.validate(document)
      return []
    } finally {
      document.dispose()
    }
  } catch (error) {
    if (!(error instanceof XmlLibError)) throw error
    return error.details.map(({ line, message }) => `${line}: ${message.trim()}`)
  } finally {
    validator.dispose()
    schema.dispose()
  }
}
