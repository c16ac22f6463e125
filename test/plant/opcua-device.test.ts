import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pino } from 'pino'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import { packageRoot } from '../../src/package-root.ts'
import { type RunningPlant, startPlant } from '../../src/plant.ts'
import { until } from '../kit/demo-plant.ts'
import { type Client, connect } from '../opcua/bench.ts'
import { type FieldServer, startFieldServer } from '../plugins/devices/opcua/field-server.ts'

describe('the example plant with a PLC on OPC UA', () => {
  let folder: string
  let server: FieldServer
  let plant: RunningPlant
  let client: Client
  const lines: string[] = []
  const value = async (identifier: string): Promise<unknown> => (await read(identifier)).value.value
  const read = (identifier: string) => client.session.read({ nodeId: nodeId(identifier), attributeId: 13 })
  let index = 0
  const nodeId = (identifier: string) => `ns=${index};s=${identifier}`

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-boiler-'))
    server = await startFieldServer()
    const trusted = join(folder, 'server/client/trusted/certs')
    await mkdir(trusted, { recursive: true })
    await writeFile(join(trusted, 'plc.der'), server.server.getCertificate())
    const environment = { PLC_URL: server.url, PLC_PASSWORD: 'pump-7' }
    const loaded = await loadPlant(join(packageRoot, 'test/plants/opcua'), { environment })
    if (!isRunnable(loaded)) throw new Error(JSON.stringify(loaded.findings))
    plant = await startPlant({
      ...{ plant: loaded, port: 0, certificatesFolder: join(folder, 'server'), watchCertificates: false },
      log: pino({ level: 'debug' }, { write: (line) => lines.push(line) }),
    })
    client = await connect(plant.urls[0]!, join(folder, 'client'), {})
    index = (await client.session.readNamespaceArray()).indexOf('urn:millrace:plant:boiler-house')
    await until('the PLC is there', async () => (await read('dev/plc1.setpoint')).statusCode.isGood())
  })
  after(async () => {
    await client?.close()
    await plant?.stop()
    await server?.remove()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  it('shows the PLC as an OpcUaDevice, with the values and the source times of the PLC', async () => {
    const [type] = (
      await client.session.browse({ nodeId: nodeId('dev/plc1'), referenceTypeId: 'HasTypeDefinition', resultMask: 63 })
    ).references!
    expect(type?.browseName.name).to.equal('OpcUaDeviceType')
    expect(await value('dev/plc1.title')).to.equal('Kessel')
    expect(await value('dev/plc1.running')).to.equal(true)
    const shown = await read('dev/plc1.temperature')
    expect(shown.value.value).to.equal(21.5)
    expect(shown.sourceTimestamp).to.deep.equal(server.variable('temperature').readValue().sourceTimestamp)
  })

  it('shows where the PLC is, and never who logs in there', async () => {
    expect(await value('dev/plc1.Configuration.url')).to.equal(server.url)
    for (const secret of ['user', 'password']) {
      expect((await read(`dev/plc1.Configuration.${secret}`)).statusCode.name).to.equal('BadNodeIdUnknown')
    }
    expect(lines.join()).not.to.match(/pump-7/)
  })

  it('lets a client call a method of the PLC and write to it', async () => {
    const { statusCode, outputArguments } = await client.session.call({
      objectId: nodeId('dev/plc1.MethodSet'),
      methodId: nodeId('dev/plc1.MethodSet.scale'),
      inputArguments: [
        { dataType: 'Double', value: 9 },
        { dataType: 'String', value: 'nine' },
      ],
    })
    expect(statusCode.name).to.equal('Good')
    expect(outputArguments?.map((each) => each.value)).to.deep.equal([4.5, 'nine!'])
    const write = (number: number) =>
      client.session.write({
        nodeId: nodeId('dev/plc1.setpoint'),
        attributeId: 13,
        value: { value: { dataType: 'Double', value: number } },
      })
    expect((await write(60)).name).to.equal('Good')
    expect(server.variable('setpoint').readValue().value.value).to.equal(60)
    expect((await write(60.5)).name).to.equal('BadOutOfRange')
  })

  it('lets a pipeline call the PLC and write what it answered', async () => {
    plant.pipelines.byId('prepare')!.start({ initiator: 'test' })
    await until('the setpoint has arrived', () => server.variable('setpoint').readValue().value.value === 80)
    await until('the outputs are there', async () => (await value('pipe/prepare.Outputs.echo')) === 'boiler!')
    expect(await value('pipe/prepare.Outputs.scaled')).to.equal(80)
  })
})
