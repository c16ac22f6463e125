import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { AccessLevelFlag, AddressSpace, generateAddressSpace, NodeClass, type UAVariable } from 'node-opcua'
import { namespaceOf, namespaceUris } from '../../src/opcua/namespaces.ts'
import { companionNodesets, serverNodesets, typesFiles } from '../../src/opcua/nodesets.ts'
import { buildNodeset } from '../../src/opcua/types/build-nodeset.ts'
import { buildTypes, type IdRow } from '../../src/opcua/types/build-types.ts'

describe('nodeset of our types', () => {
  it('is what the build script makes, byte for byte', async () => {
    const built = await buildNodeset()
    expect(built.xml === (await readFile(typesFiles.xml, 'utf8')), 'run src/opcua/types/build-nodeset.ts').to.equal(
      true,
    )
    expect(built.ids).to.equal(await readFile(typesFiles.ids, 'utf8'))
    expect(built.constants).to.equal(await readFile(typesFiles.constants, 'utf8'))
  })

  it('keeps every number, when the table knows it', async () => {
    const rows = JSON.parse(await readFile(typesFiles.ids, 'utf8')) as IdRow[]
    const moved = rows.map(([name, id, nodeClass]): IdRow => [name, id + 4_000, nodeClass])
    const addressSpace = AddressSpace.create()
    await generateAddressSpace(addressSpace, [...companionNodesets])
    const again = buildTypes(addressSpace, moved)
    addressSpace.dispose()
    expect(again).to.deep.equal(moved)
  })

  describe('loaded', () => {
    let addressSpace: AddressSpace

    before(async () => {
      addressSpace = AddressSpace.create()
      await generateAddressSpace(addressSpace, [...serverNodesets])
    })
    after(() => addressSpace.dispose())

    function nodes() {
      return [...namespaceOf(addressSpace, namespaceUris.types).nodeIterator()]
    }

    it('has a node for every row of the table, under the same name', async () => {
      const rows = JSON.parse(await readFile(typesFiles.ids, 'utf8')) as IdRow[]
      const names = new Map(rows.map(([name, id]) => [id, name]))
      expect(nodes().length).to.be.greaterThan(70)
      for (const node of nodes()) {
        const last = (node.browseName.name ?? '').replaceAll(' ', '')
        expect(names.get(node.nodeId.value as number), last).to.match(new RegExp(`(^|_)${last}$`))
      }
    })

    it('has BrowseNames in the namespaces that they were built with', async () => {
      const built = AddressSpace.create()
      await generateAddressSpace(built, [...companionNodesets])
      buildTypes(built, JSON.parse(await readFile(typesFiles.ids, 'utf8')) as IdRow[])
      const named = (space: AddressSpace): string[] =>
        [...namespaceOf(space, namespaceUris.types).nodeIterator()]
          .map(({ nodeId, browseName }) => {
            const uri = space.getNamespace(browseName.namespaceIndex).namespaceUri
            return `${String(nodeId.value)} ${uri}#${browseName.name}`
          })
          .sort()
      const expected = named(built)
      built.dispose()
      expect(named(addressSpace)).to.deep.equal(expected)
    })

    it('has no variable that can be written', () => {
      const variables = nodes().filter(({ nodeClass }) => nodeClass === NodeClass.Variable) as UAVariable[]
      const writable = variables.filter(({ accessLevel }) => accessLevel !== AccessLevelFlag.CurrentRead)
      expect(writable.map(({ browseName }) => browseName.toString())).to.deep.equal([])
    })

    // The stack's loader drops the descriptions of methods; those of instances are tested with the methods.
    it('has a description for every type and member', () => {
      const isOurs = ({ browseName, nodeClass }: { browseName: { namespaceIndex: number }; nodeClass: NodeClass }) =>
        browseName.namespaceIndex === namespaceOf(addressSpace, namespaceUris.types).index &&
        nodeClass !== NodeClass.DataType &&
        nodeClass !== NodeClass.Method
      const silent = nodes().filter((node) => isOurs(node) && !node.description?.text)
      expect(silent.map(({ browseName }) => browseName.name)).to.deep.equal(['urn:millrace:ua:types'])
    })
  })
})
