import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { typesFiles } from '../../../src/opcua/nodesets.ts'
import { schemaFaults } from '../../kit/nodeset-schema.ts'

describe('nodeset of our types, against UANodeSet.xsd', () => {
  it('is valid', async () => {
    expect(schemaFaults(await readFile(typesFiles.xml, 'utf8'))).to.deep.equal([])
  })

  it('would not be, if a type said that it notifies of events', async () => {
    const xml = await readFile(typesFiles.xml, 'utf8')
    const broken = xml.replace('<UAObjectType ', '<UAObjectType EventNotifier="1" ')
    expect(schemaFaults(broken).join()).to.include('EventNotifier')
  })

  it('would not be, if it were cut off', async () => {
    const xml = await readFile(typesFiles.xml, 'utf8')
    expect(schemaFaults(xml.slice(0, xml.length / 2))).to.not.deep.equal([])
  })
})
