import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { MessageSecurityMode, OPCUACertificateManager, OPCUAClient, OPCUAServer, SecurityPolicy } from 'node-opcua'
import { exportNodeset } from '../../src/opcua/export-nodeset.ts'
import { serverNodesets } from '../../src/opcua/nodesets.ts'
import { type DumpedNode, dumpInstances } from '../kit/address-space-dump.ts'
import { schemaFaults } from '../kit/nodeset-schema.ts'
import { type Bench, startBench } from './bench.ts'
import { JobPlant } from './jobs/job-plant.ts'

const date = new Date('2026-01-02T03:04:05Z')
const uri = 'urn:millrace:plant:demo'

describe('exported nodeset of a plant', () => {
  let xml: string

  before(async () => {
    xml = await exportNodeset(new JobPlant(), { date, anonymous: 'operate' })
  })

  it('is valid against UANodeSet.xsd', () => {
    expect(schemaFaults(xml)).to.deep.equal([])
  })

  it('is the same text, when the same plant is exported again', async () => {
    expect((await exportNodeset(new JobPlant(), { date, anonymous: 'operate' })) === xml).to.equal(true)
    expect(xml).to.include('PublicationDate="2026-01-02T03:04:05.000Z"')
  })

  describe('loaded by a bare server', () => {
    let bench: Bench
    let folder: string
    let original: DumpedNode[]
    let copy: DumpedNode[]

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'millrace-export-'))
      const file = join(folder, 'plant.xml')
      await writeFile(file, xml)
      bench = await startBench({ view: new JobPlant() })
      original = await dumpInstances((await bench.connect()).session, uri)
      copy = await dumpFrom(file, folder)
    })
    after(async () => {
      await bench.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    })

    it('has the same NodeIds', () => {
      expect(original.length).to.be.greaterThan(200)
      expect(copy.map(({ nodeId }) => nodeId)).to.deep.equal(original.map(({ nodeId }) => nodeId))
    })

    for (const part of ['path', 'type', 'dataType', 'references'] as const) {
      it(`has the same ${part} of every node`, () => {
        const of = (nodes: readonly DumpedNode[]) => nodes.map((node) => `${node.nodeId} ${String(node[part])}`)
        expect(of(copy)).to.deep.equal(of(original))
      })
    }
  })
})

/** The instances as a server without any code of ours shows them. */
async function dumpFrom(file: string, folder: string): Promise<DumpedNode[]> {
  const store = () =>
    new OPCUACertificateManager({ rootFolder: join(folder, 'pki'), automaticallyAcceptUnknownCertificate: true })
  const stores = [store(), store()] as const
  const server = new OPCUAServer({
    port: 0,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    nodeset_filename: [...serverNodesets, file],
    serverCertificateManager: stores[0],
    securityPolicies: [SecurityPolicy.None],
    securityModes: [MessageSecurityMode.None],
  })
  await server.start()
  const client = OPCUAClient.create({ endpointMustExist: false, clientCertificateManager: stores[1] })
  try {
    await client.connect(`opc.tcp://127.0.0.1:${server.endpoints[0]!.port}`)
    const session = await client.createSession()
    const nodes = await dumpInstances(session, uri)
    await session.close()
    return nodes
  } finally {
    await client.disconnect()
    await server.shutdown(0)
    await Promise.all(stores.map((each) => each.dispose()))
  }
}
