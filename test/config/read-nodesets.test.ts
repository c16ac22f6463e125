import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { readNodesets } from '../../src/config/read-nodesets.ts'
import { nodesetText } from './nodeset-text.ts'
import { plantFolder, removePlantFolders } from './plant-folder.ts'

const known = ['http://opcfoundation.org/UA/', 'http://opcfoundation.org/UA/DI/']

describe('read nodesets', () => {
  after(removePlantFolders)

  async function read(files: Readonly<Record<string, string | Uint8Array>>, bytesMax?: number) {
    const inFolder = Object.entries(files).map(([name, text]) => [`nodesets/${name}`, text])
    const folder = await plantFolder({ 'plant.yaml': '', ...Object.fromEntries(inFolder) })
    const { fileByModel, findings } = await readNodesets(folder, { known, ...(bytesMax ? { bytesMax } : {}) })
    return {
      models: [...fileByModel].map(([model, file]) => `${basename(file)} ${model}`),
      found: findings.map(({ file, line, column, code }) => `${basename(file)} ${line}:${column} ${code}`),
      findings,
    }
  }

  it('finds nothing, when there is no folder', async () => {
    const { fileByModel, findings } = await readNodesets(await plantFolder({ 'plant.yaml': '' }), { known })
    expect([...fileByModel, ...findings]).to.deep.equal([])
  })

  it('takes every .xml, by name, and nothing else', async () => {
    const { models, found } = await read({
      'b.XML': nodesetText('urn:b', { requires: ['urn:a', known[1]!] }),
      'a.xml': nodesetText('urn:a'),
      '.hidden.xml': 'x',
      'notes.txt': 'x',
    })
    expect(found).to.deep.equal([])
    expect(models).to.deep.equal(['a.xml urn:a', 'b.XML urn:b'])
  })

  it('names a missing model by its URI, at the line that requires it, with the one that was probably meant', async () => {
    const { found, findings } = await read({
      'a.xml': nodesetText('urn:a', { requires: ['http://vendor.example/UA/Pumps/'] }),
      'b.xml': nodesetText('urn:b', { requires: ['http://opcfoundation.org/UA/Dl/'] }),
    })
    expect(found).to.deep.equal(['a.xml 6:7 nodeset-missing', 'b.xml 6:7 nodeset-missing'])
    expect(findings[0]).to.include({
      message: 'the model http://vendor.example/UA/Pumps/ is missing; urn:a requires it',
      remedy: 'put the NodeSet of that model beside this file',
    })
    expect(findings[1]?.remedy).to.equal('did you mean http://opcfoundation.org/UA/DI/?')
  })

  it('refuses a model that the server or another file defines', async () => {
    const { found, findings } = await read({
      'a.xml': nodesetText('urn:a'),
      'b.xml': nodesetText('urn:a'),
      'c.xml': nodesetText('http://opcfoundation.org/UA/DI/'),
    })
    expect(found).to.deep.equal(['b.xml 5:5 nodeset-duplicate', 'c.xml 5:5 nodeset-duplicate'])
    expect(findings[0]?.message).to.match(/^the model urn:a is defined by .*a\.xml too$/)
    expect(findings[1]?.remedy).to.equal('remove the file; the server brings this model itself')
  })

  it('takes the first namespace for the model, when there are no models', async () => {
    const { models } = await read({ 'a.xml': nodesetText('urn:a').replace(/<Models>[\s\S]*<\/Models>/, '') })
    expect(models).to.deep.equal(['a.xml urn:a'])
  })

  const broken: Readonly<Record<string, readonly [string | Uint8Array, string]>> = {
    'is cut off': [nodesetText().slice(0, 400), '8:3 nodeset-invalid'],
    'names an external entity': [
      nodesetText('urn:a', { head: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n' }),
      '2:1 nodeset-invalid',
    ],
    'is no NodeSet': ['<html/>', '1:1 nodeset-invalid'],
    'is of another schema': [nodesetText().replace('UANodeSet.xsd', 'Other.xsd'), '1:1 nodeset-invalid'],
    'says nothing of itself': [
      '<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd"/>',
      '1:1 nodeset-invalid',
    ],
    'has a model without a name': [nodesetText().replace(/<Model ModelUri="[^"]*"/, '<Model'), '5:5 nodeset-invalid'],
    'is UTF-16': [Buffer.from(`\ufeff${nodesetText()}`, 'utf16le'), '1:1 nodeset-invalid'],
    'is empty': ['', '1:1 nodeset-invalid'],
  }
  for (const [what, [text, finding]] of Object.entries(broken)) {
    it(`refuses a file that ${what}`, async () => {
      const { found, models, findings } = await read({ 'a.xml': text })
      expect(found[0]).to.match(
        new RegExp(`^a\\.xml ${finding.includes('8:3') ? '\\d+:\\d+ nodeset-invalid' : finding}$`),
      )
      expect(models).to.deep.equal([])
      expect(JSON.stringify(findings)).not.to.include('root:')
    })
  }

  it('refuses what is larger than the limit, together', async () => {
    const text = nodesetText('urn:a')
    const { found } = await read({ 'a.xml': text, 'b.xml': nodesetText('urn:b') }, text.length + 10)
    expect(found).to.deep.equal(['b.xml 1:1 file-too-large'])
  })

  it('refuses a folder in place of a file', async () => {
    const folder = await plantFolder({ 'nodesets/a.txt': '' })
    await mkdir(join(folder, 'nodesets', 'a.xml'))
    const { findings } = await readNodesets(folder, { known })
    expect(findings.map(({ code }) => code)).to.deep.equal(['file-unreadable'])
  })

  it('refuses a file in place of the folder', async () => {
    const { findings } = await readNodesets(await plantFolder({ nodesets: 'x' }), { known })
    expect(findings.map(({ code }) => code)).to.deep.equal(['file-unreadable'])
  })
})
