/** A small NodeSet with one object type, one object and one variable, in a namespace of its own. */
export function nodesetText(
  uri = 'urn:test:pumps',
  { requires = ['http://opcfoundation.org/UA/'], body = '', head = '' }: NodesetParts = {},
): string {
  const required = requires.map((model) => `      <RequiredModel ModelUri="${model}"/>\n`).join('')
  return `<?xml version="1.0" encoding="utf-8"?>
${head}<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
  <NamespaceUris><Uri>${uri}</Uri></NamespaceUris>
  <Models>
    <Model ModelUri="${uri}" Version="1.0.0" PublicationDate="2026-01-01T00:00:00Z">
${required}    </Model>
  </Models>
  <Aliases><Alias Alias="HasComponent">i=47</Alias><Alias Alias="HasTypeDefinition">i=40</Alias></Aliases>
  <UAObjectType NodeId="ns=1;i=1" BrowseName="1:PumpType">
    <DisplayName>PumpType</DisplayName>
    <References><Reference ReferenceType="HasSubtype" IsForward="false">i=58</Reference></References>
  </UAObjectType>
  <UAObject NodeId="ns=1;i=2" BrowseName="1:Pump">
    <DisplayName>Pump &amp; motor</DisplayName>
    <References>
      <Reference ReferenceType="HasTypeDefinition">ns=1;i=1</Reference>
      <Reference ReferenceType="Organizes" IsForward="false">i=85</Reference>
    </References>
  </UAObject>
${body}</UANodeSet>
`
    .replaceAll('"HasSubtype"', '"i=45"')
    .replaceAll('"Organizes"', '"i=35"')
}

/** Parts of the text that a test changes. */
export interface NodesetParts {
  readonly requires?: readonly string[]
  /** More nodes. */
  readonly body?: string
  /** What stands before the root element. */
  readonly head?: string
}
