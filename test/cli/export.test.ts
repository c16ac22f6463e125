import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { nodesetText } from '../config/nodeset-text.ts'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from '../config/plant-folder.ts'
import { schemaFaults } from '../kit/nodeset-schema.ts'
import { recorded } from './recorded-terminal.ts'

describe('export nodeset', () => {
  after(removePlantFolders)

  const files = {
    'plant.yaml': validPlant,
    'pipelines/watch.yaml': validPipeline,
    'nodesets/pumps.xml': nodesetText(),
  }

  it('writes the instances of a plant to standard output', async () => {
    const { code, out, err } = await recorded(['export', 'nodeset', await plantFolder(files)])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(schemaFaults(out)).to.deep.equal([])
    for (const id of ['dev/plc1.level', 'pipe/watch/smooth', 'eq/Acme/Line1']) expect(out).to.include(`"ns=1;s=${id}"`)
    expect(out).to.include('<Uri>urn:millrace:plant:acme</Uri>')
  })

  it('writes them to a file', async () => {
    const folder = await plantFolder(files)
    const output = join(folder, 'acme.xml')
    const { code, out } = await recorded(['export', 'nodeset', folder, '--output', output])
    expect({ code, out }).to.deep.equal({ code: 0, out: '' })
    expect(schemaFaults(await readFile(output, 'utf8'))).to.deep.equal([])
  })

  it('says why the file cannot be written', async () => {
    const folder = await plantFolder(files)
    const { code, err } = await recorded(['export', 'nodeset', folder, '-o', join(folder, 'none', 'x.xml')])
    expect(code).to.equal(69)
    expect(err).to.match(/^error: file-unreadable .*none.x\.xml cannot be written: ENOENT/)
  })

  it('tells what is wrong with the plant, and writes nothing', async () => {
    const folder = await plantFolder({ ...files, 'pipelines/watch.yaml': 'pipeline: [' })
    const { code, out, err } = await recorded(['export', 'nodeset', folder])
    expect({ code, out }).to.deep.equal({ code: 78, out: '' })
    expect(err).to.include('yaml-invalid')
  })
})
