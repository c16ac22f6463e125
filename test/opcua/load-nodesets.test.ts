import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { readNodesetHeader } from '../../src/config/nodeset-header.ts'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import { checkNodesetLoad } from '../../src/opcua/load-nodesets.ts'
import { builtInModels } from '../../src/opcua/model-uris.ts'
import { serverNodesets } from '../../src/opcua/nodesets.ts'
import { nodesetText } from '../config/nodeset-text.ts'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from '../config/plant-folder.ts'
import { startBench } from './bench.ts'

const object = (nodeId: string, reference: string): string => `<UAObject NodeId="${nodeId}" BrowseName="1:Other">
  <DisplayName>Other</DisplayName>
  <References>
    <Reference ReferenceType="HasTypeDefinition">i=58</Reference>
    <Reference ReferenceType="i=35" IsForward="false">i=85</Reference>
    ${reference}
  </References>
</UAObject>`

describe('nodesets of a plant', () => {
  after(removePlantFolders)

  async function fileWith(text: string): Promise<string> {
    return join(await plantFolder({ 'pumps.xml': text }), 'pumps.xml')
  }

  it('may require every model that the server brings', async () => {
    const models: string[] = []
    for (const file of serverNodesets) {
      const header = readNodesetHeader(await readFile(file, 'utf8'))
      if ('models' in header) models.push(...header.models.map(({ uri }) => uri))
    }
    expect(models).to.have.members([...builtInModels])
  })

  it('are served besides those of the server', async () => {
    const bench = await startBench({ nodesets: [await fileWith(nodesetText())] })
    try {
      const { session } = await bench.connect()
      const namespaces = (await session.readNamespaceArray()) as string[]
      const index = namespaces.indexOf('urn:test:pumps')
      const name = await session.read({ nodeId: `ns=${index};i=2`, attributeId: 4 })
      expect(name.value.value.text).to.equal('Pump & motor')
      expect(namespaces).to.include('urn:millrace:plant:demo')
    } finally {
      await bench.stop()
    }
  })

  it('that cannot be loaded are named, and nothing is left running', async () => {
    const file = await fileWith(nodesetText('urn:a', { body: object('ns=1;i=2', '') }))
    const error = await startBench({ nodesets: [file] }).then(
      (bench) => bench.stop(),
      (cause: unknown) => cause,
    )
    expect(error).to.include({ code: 'nodeset-invalid' })
    expect((error as Error).message)
      .to.include(`${file} cannot be loaded: node`)
      .and.include('already registered')
  })

  const doubtful: Readonly<Record<string, readonly [body: string, says: RegExp]>> = {
    'a node that stands twice': [object('ns=1;i=2', ''), /^error it cannot be loaded: .*already registered/],
    'a node of the standard': [object('i=85', ''), /^error it cannot be loaded: .*already registered/],
    'a namespace that is not listed': [object('ns=7;i=1', ''), /^error it cannot be loaded: /],
    'an alias that is not listed': [
      object('ns=1;i=9', '<Reference ReferenceType="Nope">i=85</Reference>'),
      /^error it cannot be loaded: .*Nope/,
    ],
    'a reference into nothing': [
      object('ns=1;i=9', '<Reference ReferenceType="HasComponent">ns=1;i=99</Reference>'),
      /^warning it has references to nodes that do not exist: Other to /,
    ],
  }
  for (const [what, [body, says]] of Object.entries(doubtful)) {
    it(`are told to have ${what}`, async () => {
      const file = await fileWith(nodesetText('urn:a', { body }))
      const findings = await checkNodesetLoad(new Map([['urn:a', file]]))
      expect(findings.map(({ severity, message }) => `${severity} ${message}`).join()).to.match(says)
      expect(findings.map((finding) => finding.file)).to.deep.equal([file])
    })
  }

  describe('in a plant folder', () => {
    async function load(nodeset: string) {
      const folder = await plantFolder({
        'plant.yaml': validPlant,
        'pipelines/watch.yaml': validPipeline,
        'nodesets/pumps.xml': nodeset,
      })
      return { folder, plant: await loadPlant(folder, { environment: {} }) }
    }

    it('are checked with it and handed to the server', async () => {
      const { folder, plant } = await load(nodesetText())
      expect(plant.findings).to.deep.equal([])
      expect(plant.nodesets).to.deep.equal([join(folder, 'nodesets', 'pumps.xml')])
      expect(isRunnable(plant)).to.equal(true)
    })

    it('keep the plant from running, when a model is missing', async () => {
      const { plant } = await load(nodesetText('urn:a', { requires: ['urn:b'] }))
      expect(plant.findings.map(({ code }) => code)).to.deep.equal(['nodeset-missing'])
      expect(isRunnable(plant)).to.equal(false)
    })

    it('may not define the namespace of the plant itself', async () => {
      const { plant } = await load(nodesetText('urn:millrace:plant:acme'))
      expect(plant.findings.map(({ code }) => code)).to.deep.equal(['nodeset-duplicate'])
    })
  })
})
