import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect } from 'chai'
import modbusSerial from 'modbus-serial'
import { dryRunAndTell } from '../../src/cli/dry-run.ts'
import { UsageError } from '../../src/cli/exit-code.ts'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { rawServer, sleep } from '../plugins/devices/modbus-kit.ts'
import { recorded, recordedTerminal } from './recorded-terminal.ts'

type Answer = 'present' | 'slow' | 'silent' | 'partly' | 'gateway'

/** A Modbus TCP server with 20 holding registers, which are their address, for unit 1; it counts what it is asked by function code. */
async function serverOf(answer: Answer) {
  const asked = new Map<number, number>()
  const server = await rawServer('tcp', (request, { frame }) => {
    const [unit = 0, code = 0] = request
    asked.set(code, (asked.get(code) ?? 0) + 1)
    const [address, count] = [request.readUInt16BE(2), request.readUInt16BE(4)]
    const exception = (number: number) => frame(Buffer.from([unit, code | 0x80, number]))
    if (answer === 'silent' || (answer !== 'gateway' && unit !== 1)) return
    if (unit !== 1) return exception(11)
    if (code !== 3) return exception(1)
    if (address + count > (answer === 'partly' ? 5 : 20)) return exception(2)
    const values = Buffer.alloc(3 + 2 * count)
    values.set([unit, code, 2 * count])
    for (let index = 0; index < count; index++) values.writeUInt16BE(address + index, 3 + 2 * index)
    if (answer === 'slow') setTimeout(() => frame(values), 120)
    else frame(values)
  })
  return { server, port: server.port, asked, stop: () => server.stop() }
}

const registers = `
        - { name: a, address: 0, unit: bar }
        - { name: b, address: 4 }
        - { name: c, address: 10, access: readWrite }
        - { name: d, address: 12, scale: 0.1, access: write }`

const deviceText = (id: string, port: number, more = '', config = '') => `
  ${id}:
    type: modbus
    equipment: Acme
    timeout: 500ms
    ${more}
    config:
      { host: 127.0.0.1, port: ${port}, gap: 0, responseTimeout: 300${config}, registers: [${registers
        .trim()
        .split('\n')
        .map((line) => line.trim().slice(2))
        .join(', ')}] }`

const plantText = (...devices: readonly string[]) => `plant: acme
server: { port: 0 }
equipment: { Acme: { level: Enterprise } }
devices:${devices.join('')}
`

/** A pipeline that would write at once, and every 10 ms, if it were started. */
const writing = `pipeline: writing
equipment: Acme
run: { every: 10ms }
start: auto
steps:
  one: { function: ADD, in: { a: 1, b: 2 } }
writes:
  present.d: { from: one.result }
`

async function run(files: Readonly<Record<string, string>>, options: object = {}) {
  const folder = await plantFolder(files)
  const terminal = recordedTerminal()
  const begun = performance.now()
  const code = await dryRunAndTell(folder, { deadline: 20_000, ...options }, terminal)
  return { code, folder, ...terminal.written, tookMs: performance.now() - begun }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

describe('dry-run', () => {
  after(removePlantFolders)

  it('tells which devices answered and why the others did not, and writes nothing', async () => {
    const servers = {
      present: await serverOf('present'),
      slow: await serverOf('slow'),
      silent: await serverOf('silent'),
      partly: await serverOf('partly'),
      wrongUnit: await serverOf('present'),
      gateway: await serverOf('gateway'),
      disabled: await serverOf('present'),
    }
    const absent = await freePort()
    const { code, out, err, folder } = await run({
      'plant.yaml': plantText(
        deviceText('present', servers.present.port),
        deviceText('slow', servers.slow.port),
        deviceText('silent', servers.silent.port),
        deviceText('partly', servers.partly.port),
        deviceText('wrongUnit', servers.wrongUnit.port, '', ', unitId: 9'),
        deviceText('behind', servers.gateway.port, '', ', unitId: 9'),
        deviceText('disabled', servers.disabled.port, 'enabled: false'),
        deviceText('absent', absent),
      ),
      'pipelines/writing.yaml': writing,
    })
    expect(err).to.equal('')
    expect(code).to.equal(1)
    const line = (id: string) => out.split('\n').find((each) => each.startsWith(`${id} `)) ?? ''
    expect(line('present')).to.match(/^present +modbus +127\.0\.0\.1:\d+ unit 1 +connected +[\d.]+ ms +3 Good$/)
    expect(line('slow')).to.match(/connected +\d{3} ms +3 Good$/)
    expect(line('partly')).to.match(/connected .* 2 Good, 1 BadConfigurationError$/)
    for (const id of ['silent', 'wrongUnit', 'behind', 'absent']) expect(line(id), id).to.match(/ not connected$/)
    expect(line('disabled')).to.equal('')
    expect(out).to.match(
      /\nsilent: unit 1 on 127\.0\.0\.1:\d+ did not answer within 300 ms\n {4}remedy: check its address and unit/,
    )
    expect(out).to.match(/\nbehind: .*gateway.*\n {4}remedy: check the device behind its gateway/)
    expect(out).to.match(/\nabsent: .*ECONNREFUSED.*\n {4}remedy: nothing listens there: check host and port/)
    expect(out).to.match(/\npartly\.c +BadConfigurationError\n/)
    expect(out).to.match(/\n3 of 7 devices answered\n$/)
    // Reads of holding registers (function 3) are all that anybody was asked for.
    await sleep(30)
    for (const [name, { asked }] of Object.entries(servers)) {
      expect([...asked.keys()], name).to.deep.equal(name === 'disabled' ? [] : [3])
    }
    expect(servers.present.server.open, 'connections left').to.equal(0)
    expect(servers.disabled.server.accepted).to.equal(0)
    expect(readdirSync(folder).toSorted()).to.deep.equal(['pipelines', 'plant.yaml'])
    for (const { stop } of Object.values(servers)) await stop()
  })

  it('reads a server of another make and tells every tag', async () => {
    const port = await freePort()
    let writeCount = 0
    const vector = {
      getHoldingRegister: (address: number) => 100 + address,
      setRegister: () => {
        writeCount++
      },
    }
    const server = new modbusSerial.ServerTCP(vector, { host: '127.0.0.1', port, unitID: 1 })
    await new Promise((resolve) => server.once('initialized', resolve))
    const plant = { 'plant.yaml': plantText(deviceText('plc1', port)) }
    const { code, out } = await run(plant, { tags: true })
    expect(code).to.equal(0)
    expect(out).to.match(/\nplc1\.a +100 +bar +Good\nplc1\.b +104 +Good\nplc1\.c +110 +Good\n/)
    expect(out).to.match(/\n1 of 1 device answered\n$/)
    const { devices } = JSON.parse((await run(plant, { json: true })).out)
    expect(devices).to.have.length(1)
    expect(devices[0]).to.deep.include({ device: 'plc1', type: 'modbus', outcome: 'read', isSimulated: false })
    expect(devices[0].tags[0]).to.deep.include({
      tag: 'plc1.a',
      value: 100,
      unit: 'bar',
      status: 'Good',
      statusCode: 0,
    })
    expect(devices[0].roundTripMs).to.be.a('number')
    expect(writeCount).to.equal(0)
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })

  it('reads chosen devices only, also disabled ones, and refuses an unknown id', async () => {
    const server = await serverOf('present')
    const other = await serverOf('present')
    const files = {
      'plant.yaml': plantText(deviceText('one', server.port, 'enabled: false'), deviceText('two', other.port)),
    }
    const { code, out } = await run(files, { device: ['one'] })
    expect(code).to.equal(0)
    expect(out)
      .to.match(/\none .* connected/)
      .and.to.match(/1 of 1 device answered/)
    expect(other.server.accepted).to.equal(0)
    const error = await run(files, { device: ['ome'] }).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(UsageError)
    expect((error as Error).message).to.equal('there is no device ome; did you mean one?')
    await server.stop()
    await other.stop()
  })

  it('reads many at a time: twenty that are silent cost little more than one', async () => {
    const silent = await Promise.all(Array.from({ length: 20 }, () => serverOf('silent')))
    const devices = silent.map(({ port }, index) => deviceText(`d${index}`, port))
    const { code, tookMs, out } = await run({ 'plant.yaml': plantText(...devices) })
    expect(code).to.equal(1)
    expect(out).to.include('0 of 20 devices answered')
    expect(tookMs).to.be.lessThan(20 * 300)
    for (const { stop } of silent) await stop()
  })

  it('asks devices on one line one after the other, so that none fails for another', async () => {
    const server = await serverOf('present')
    const ids = [9, 8, 7, 1]
    const devices = ids.map((unitId) => deviceText(`u${unitId}`, server.port, '', `, unitId: ${unitId}`))
    const { out } = await run({ 'plant.yaml': plantText(...devices) })
    expect(out).to.match(/\nu1 .* connected .* 3 Good/)
    expect(out).to.include('1 of 4 devices answered')
    await server.stop()
  })

  it('ends at the deadline, and says what had no time', async () => {
    const silent = await serverOf('silent')
    const devices = [1, 2, 3].map((unitId) => deviceText(`u${unitId}`, silent.port, '', `, unitId: ${unitId}`))
    const { code, out } = await run({ 'plant.yaml': plantText(...devices) }, { deadline: 450 })
    expect(code).to.equal(1)
    expect(out)
      .to.match(/\nu1 .* not connected/)
      .and.to.match(/\nu3 .* no time left/)
    expect(out).to.include('remedy: raise --deadline, or choose devices with --device')
    await silent.stop()
  })

  it('starts the simulators that it needs, and ends them', async () => {
    const { code, out } = await recorded(['dry-run', 'test/plants/demo', '--device', 'plc1'])
    expect(code).to.equal(0)
    expect(out).to.match(/plc1 +modbus +127\.0\.0\.1:\d+ unit 1 \(simulator\) +connected/)
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(out)?.[1])
    const again = createServer()
    await new Promise<void>((resolve, reject) => again.once('error', reject).listen(port, '127.0.0.1', resolve))
    await new Promise((resolve) => again.close(resolve))
  })

  it('ends with 78 for a plant with errors, and says so when nothing is enabled', async () => {
    const broken = await run({ 'plant.yaml': 'plant: acme\ndevices: { d: { type: nope, equipment: X } }\n' })
    expect(broken.code).to.equal(78)
    expect(broken.err).to.include('plugin-unknown')
    expect(broken.out).to.equal('')
    const { code, out } = await run({ 'plant.yaml': plantText(deviceText('d', 1, 'enabled: false')) })
    expect([code, out]).to.deep.equal([0, 'no device is enabled\n'])
  })

  it('refuses a deadline that is none', async () => {
    const { code, err } = await recorded(['dry-run', '--deadline', 'soon'])
    expect(code).to.equal(2)
    expect(err).to.include('a duration is written 500ms, 30s or 5m')
  })
})
