import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { dryRunAndTell } from '../../../../src/cli/dry-run.ts'
import { recordedTerminal } from '../../../cli/recorded-terminal.ts'
import { plantFolder, removePlantFolders } from '../../../config/plant-folder.ts'
import { type FieldServer, startFieldServer } from './field-server.ts'

const plantText = (url: string) => `plant: acme
server: { port: 0 }
equipment: { Acme: { level: Enterprise } }
devices:
  plc1:
    type: opcua
    equipment: Acme
    timeout: 20s
    config:
      url: ${url}
      tags:
        - { name: temperature, node: nsu=urn:acme:plc;s=Device.temperature, unit: °C }
        - { name: counter, node: nsu=urn:acme:plc;s=Device.counter }
        - { name: absent, node: nsu=urn:acme:plc;s=Device.absent }
`

describe('dry-run of a server of OPC UA', () => {
  let server: FieldServer
  before(async () => {
    server = await startFieldServer({ isSmall: true })
  })
  after(async () => {
    await server.remove()
    await removePlantFolders()
  })

  it('tells why it is not trusted, keeping its keys where it is told, and what it reads when it is', async () => {
    const folder = await plantFolder({ 'plant.yaml': plantText(server.url) })
    const certificates = join(folder, 'pki')
    const run = async () => {
      const terminal = recordedTerminal()
      const code = await dryRunAndTell(folder, { deadline: 60_000, tags: true, certificates }, terminal)
      return { code, ...terminal.written }
    }
    const refused = await run()
    expect(refused.code).to.equal(1)
    const thumbprint = /[0-9a-f]{40}/.exec(refused.out)?.[0]
    expect(thumbprint, refused.out).to.be.a('string')
    expect(existsSync(join(certificates, 'client'))).to.equal(true)
    const pinned = await plantFolder({
      'plant.yaml': plantText(`${server.url}\n      serverThumbprint: ${thumbprint}`),
    })
    const terminal = recordedTerminal()
    const code = await dryRunAndTell(pinned, { deadline: 60_000, tags: true, certificates }, terminal)
    const { out } = terminal.written
    expect(out).to.match(new RegExp(`plc1 +opcua +${server.url} +connected`))
    expect(out).to.match(
      /\nplc1\.temperature +[\d.]+ +°C +Good\nplc1\.counter +\d+ +Good\nplc1\.absent +BadNodeIdUnknown\n/,
    )
    expect(code).to.equal(0)
  })
})
