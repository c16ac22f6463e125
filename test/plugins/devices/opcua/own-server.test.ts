import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Sample } from '../../../../src/model/sample.ts'
import { Status } from '../../../../src/model/status.ts'
import { until } from '../../../kit/demo-plant.ts'
import { type ScratchPlant, startScratch } from '../../../kit/scratch-plant.ts'
import { startTcpProxy, type TcpProxy } from '../../../kit/tcp-proxy.ts'
import { type FieldDevice, startDevice } from './field-device.ts'

const cuts = 20
const restarts = 20
const uri = 'urn:millrace:plant:source'

const files = {
  'plant.yaml': `
plant: source
server: { security: { unsecured: true } }
equipment: { Acme: { level: Enterprise } }
devices:
  servo1: { type: mock-servo, equipment: Acme, every: 50ms, config: { seed: 1 } }
`,
  'pipelines/count.yaml': `
pipeline: count
equipment: Acme
run: { every: 10ms }
parameters: { flow: { type: Double, default: 1, min: 0, max: 10 } }
steps:
  sum: { function: totalizer, in: { value: $flow }, config: { of: number } }
outputs: { total: { from: sum.total } }
`,
}

describe('opcua: another plant of ours', function () {
  this.timeout(90_000)
  let source: ScratchPlant
  let proxy: TcpProxy
  let device: FieldDevice
  /** Every value of the total that the source has had since it was last started. */
  let truth: Sample[] = []
  const follow = () => {
    truth = []
    source.plant.samples$.subscribe((samples) => {
      for (const { tag, sample } of samples) if (tag === 'count.total' && sample.value !== null) truth.push(sample)
    })
  }
  const shown = ({ value, sourceTime }: Sample) => `${String(value)} at ${sourceTime}`
  /** What arrived, where what comes again after a time without a value counts once. */
  const arrived = () => {
    const good = device.samples('total').filter(({ value }) => value !== null)
    return good.map(shown).filter((each, index, all) => each !== all[index - 1])
  }
  /** Sessions and subscriptions of the source, without the session that asks. */
  const counts = async () => {
    const client = await source.connect('ConfigureAdmin')
    const values = await client.session.read([{ nodeId: 'i=2277' }, { nodeId: 'i=2285' }])
    await client.close()
    return [Number(values[0]?.value.value) - 1, Number(values[1]?.value.value)]
  }

  before(async () => {
    source = await startScratch(files)
    follow()
    proxy = await startTcpProxy(() => Number(new URL(source.plant.urls[0]!).port))
    device = startDevice(
      {
        ...{ url: `opc.tcp://127.0.0.1:${proxy.port}`, user: 'Operator', password: 'Operator' },
        ...{ publishingInterval: 50, samplingInterval: 0, queueSize: 1000 },
        serverThumbprint: await thumbprintIn(join(source.folder, '../server/own/own/certs/certificate.pem')),
        tags: [
          { name: 'total', node: `nsu=${uri};s=pipe/count.Outputs.total` },
          { name: 'flow', node: `nsu=${uri};s=pipe/count.Parameters.flow`, access: 'readWrite' },
          { name: 'position', node: `nsu=${uri};s=dev/servo1.position`, unit: '°' },
        ],
        methods: [
          { ...servo('home'), outputs: [{ name: 'homedAt' }] },
          {
            ...servo('moveAbsolute'),
            inputs: [{ name: 'position' }, { name: 'velocity' }, { name: 'acceleration' }],
            outputs: [{ name: 'settledAt' }],
          },
        ],
      },
      source.folder,
    )
    // The source refuses a client that it has never seen; somebody has to trust it once (Part 4 §6.1.3).
    await until('the source refuses the device', () => device.log.some((line) => /cannot be reached/.test(line)))
    // While it is being trusted it must not be refused once more, which would undo that.
    await device.device.disconnect()
    const own = join(source.folder, 'certificates/client/own/certs/client_certificate.pem')
    expect(await source.plant.trust(await thumbprintIn(own))).to.equal(true)
    device.device.connect()
    await device.good('total')
  })
  after(async () => {
    await device?.close()
    await proxy?.close()
    await source?.stop()
  })

  it('writes and calls with the rights of its user', async () => {
    await device.good('position')
    expect(await device.device.write('flow', 2, { initiator: 'test' })).to.equal(0)
    await until('what was written is read', () => device.value('flow') === 2)
    const call = (method: string, inputs: Record<string, number>) =>
      device.device.call(method, inputs, { initiator: 'test' }).catch((error: { status?: number }) => error.status)
    const move = { position: 5, velocity: 90, acceleration: 720 }
    // An axis that does not know where it is refuses to go somewhere.
    expect(await call('moveAbsolute', move)).to.equal(Status.BadInvalidState)
    expect(await call('home', {})).to.have.property('homedAt')
    expect(await call('moveAbsolute', move)).to.have.property('settledAt')
  })

  it(`misses no value over ${cuts} cuts`, async () => {
    for (let round = 0; round < cuts; round++) {
      await new Promise((resolve) => setTimeout(resolve, 30 + 5 * round))
      proxy.cut()
      await until('the tags are Bad', () => device.status('total') === 'BadNoCommunication', 1000)
      proxy.mend()
      await device.good('total')
    }
    const end = truth.length
    await until('everything has arrived', () => arrived().at(-1) === shown(truth.at(-1)!) || truth.length > end + 50)
    const got = arrived()
    const from = truth.findIndex((each) => shown(each) === got[0])
    expect(from).to.be.at.least(0)
    expect(got).to.deep.equal(truth.slice(from, from + got.length).map(shown))
    expect(truth.length - from - got.length).to.be.below(20)
    expect(await counts()).to.deep.equal([1, 1])
  })

  it(`comes back after ${restarts} restarts of the plant`, async () => {
    for (let round = 0; round < restarts; round++) {
      const count = device.samples('total').length
      await source.restart()
      follow()
      expect(
        device
          .samples('total')
          .slice(count)
          .some(({ value }) => value === null),
      ).to.equal(true)
      await until('values come again', () => device.status('total') === 'Good' && truth.length > 0)
    }
    expect(await counts()).to.deep.equal([1, 1])
    const times = device.samples('total').flatMap(({ value, sourceTime }) => (value === null ? [] : [sourceTime]))
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b))
  })
})

const servo = (name: string) => ({
  ...{ name, object: `nsu=${uri};s=dev/servo1.MethodSet` },
  method: `nsu=${uri};s=dev/servo1.MethodSet.${name}`,
})

async function thumbprintIn(file: string): Promise<string> {
  return createHash('sha1')
    .update(new X509Certificate(await readFile(file)).raw)
    .digest('hex')
}
