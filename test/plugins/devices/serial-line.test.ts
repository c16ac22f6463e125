import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect } from 'chai'
import { ReadingFailed, Rejected, Status } from 'millrace/plugin'
import { complaintsAbout } from 'millrace/testing'
import type { Observable } from 'rxjs'
import { SerialPort } from 'serialport'
import { checksumBytes } from '../../../plugins/devices/serial-line/checksum.ts'
import serialLine from '../../../plugins/devices/serial-line.ts'
import { parseConfig } from '../../../src/plugin/describe.ts'
import { failureOf, resources, sleep } from './modbus-kit.ts'
import { canMakePairs, lineServer, ptyPair, scale } from './serial-kit.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }

interface Polled {
  read(): Promise<Record<string, unknown>>
  readonly groups: readonly { everyMs: number; read(): Promise<Record<string, unknown>> }[]
  readonly readings?: Observable<Record<string, unknown>>
  write(setpoints: Record<string, unknown>): Promise<unknown>
  close(): Promise<void>
}

async function connected(written: object): Promise<Polled> {
  const parsed = parseConfig(serialLine.config, written)
  if (parsed.issues) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  const told = serialLine.check?.(parsed.values as never) ?? []
  if (told.length > 0) throw new Error(told.join('; '))
  const connection: unknown = await serialLine.connect({
    ...{ config: parsed.values as never, log, signal: AbortSignal.timeout(5000) },
  })
  return connection as Polled
}

/** A scale; `weight` is what it shows, and it takes limits up to 50. */
function scaleServer(weight: () => string) {
  const commands: string[] = []
  const server = lineServer((command, send) => {
    commands.push(command)
    if (command === 'S') send(`S S ${weight()} kg\r\n`)
    if (command === 'I') send('I "4711"\r\n')
    if (command.startsWith('SP ')) send(Number(command.slice(3)) > 50 ? 'SP L\r\n' : 'SP A\r\n')
  })
  return server.then((each) => Object.assign(each, { commands }))
}

describe('serial-line: a device that is asked', () => {
  it('answers with texts in which patterns find the tags, each group with its period', async () => {
    const server = await scaleServer(() => '  12.50')
    const device = await connected({ ...server.others, ...scale })
    expect(await device.read()).to.deep.equal({ weight: 12.5, stable: true })
    expect(device.groups.map(({ everyMs }) => everyMs)).to.deep.equal([1000])
    expect(await device.groups[0]!.read()).to.deep.equal({ serial: '4711' })
    await device.close()
    await server.stop()
  })

  it('writes numbers with a comma or a blank after the sign, and texts in place of a number', async () => {
    const shown = ['-  3,25', '1000.5', 'OVER']
    const server = await scaleServer(() => shown.shift() ?? '')
    const device = await connected({ ...server.others, ...scale })
    expect(await device.read()).to.include({ weight: -3.25 })
    expect(await device.read()).to.include({ weight: 1000.5 })
    const { weight } = await device.read()
    expect(weight).to.be.instanceOf(ReadingFailed).with.property('status', Status.BadOutOfRange)
    await device.close()
    await server.stop()
  })

  it('takes what is written and acknowledges it, refuses, or says nothing where nothing is waited for', async () => {
    const server = await scaleServer(() => '1')
    const device = await connected({ ...server.others, ...scale })
    await device.write({ limit: 12.34 })
    await device.write({ beep: true })
    const refused = await failureOf(device.write({ limit: 55 }))
    expect(refused).to.be.instanceOf(Rejected).with.property('status', Status.BadOutOfRange)
    expect(refused?.message).to.match(/answered 'SP L' for limit/)
    expect(server.commands).to.deep.equal(['SP 12.3', 'B1', 'SP 55.0'])
    await device.close()
    await server.stop()
  })

  it('is asked one thing at a time, writes first', async () => {
    let underWay = 0
    const commands: string[] = []
    const server = await lineServer((command, send) => {
      commands.push(command)
      expect(++underWay).to.equal(1)
      setTimeout(() => {
        underWay--
        send(command === 'I' ? 'I "1"\r\n' : command === 'S' ? 'S S 1 kg\r\n' : 'SP A\r\n')
      }, 3)
    })
    const device = await connected({ ...server.others, ...scale })
    await Promise.all([device.read(), device.groups[0]!.read(), device.read(), device.write({ limit: 1 })])
    expect(commands).to.deep.equal(['S', 'SP 1.0', 'I', 'S'])
    await device.close()
    await server.stop()
  })

  it('is silent, sends something else, or hangs up: the read fails in time, and says why', async () => {
    let answer = ''
    const server = await lineServer((_, send) => (answer === 'hang up' ? server.hangUp() : send(answer)))
    const device = await connected({ ...server.others, ...scale })
    for (const nonsense of ['', 'ES\r\n', 'x'.repeat(5000), 'S S 1']) {
      answer = nonsense
      const error = await failureOf(device.read())
      expect(error?.name, nonsense.slice(0, 9)).to.equal('TimedOut')
      expect(error?.message).to.match(/did not answer 'S\\r' within 100 ms/)
    }
    answer = 'S S 7 kg\r\n'
    await sleep(110)
    expect(await device.read()).to.include({ weight: 7 })
    answer = 'hang up'
    expect(await failureOf(device.read())).to.have.property('name', 'NotConnected')
    expect(await failureOf(device.read())).to.have.property('name', 'NotConnected')
    await device.close()
    await server.stop()
  })

  it('is asked in binary frames with a length and a checksum, over a line that echoes', async () => {
    const form = { checksum: 'crc16-modbus', checksumAs: 'binary', checksumOrder: 'little' } as const
    const request = Buffer.from([2, 1, 0x10])
    const payload = Buffer.alloc(9)
    payload.writeUInt8(0, 0)
    payload.writeUInt8(0b101, 1)
    payload.writeFloatLE(-2.5, 2)
    payload.writeInt16BE(-7, 6)
    const frame = Buffer.concat([Buffer.from([2, payload.length - 1]), payload.subarray(1)])
    const answer = Buffer.concat([frame, checksumBytes(frame, form)])
    const sent: Buffer[] = []
    const server = createServer((socket) => {
      socket.on('data', (bytes) => {
        sent.push(bytes)
        socket.write(Buffer.concat([bytes, answer]))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const device = await connected({
      ...{ transport: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port, echo: true },
      ...{ framing: 'length', start: 'hex:02', lengthAt: 1, lengthAdds: 4, ...form },
      messages: [
        {
          ask: 'hex:02 01 10 {checksum}',
          fields: [
            { name: 'alarm', at: 1, type: 'uint8', bit: 2 },
            { name: 'flags', at: 1, type: 'uint8' },
            { name: 'pressure', at: 2, type: 'float32', order: 'little' },
            { name: 'level', at: 6, type: 'int16', scale: 0.1 },
            { name: 'beyond', at: 40, type: 'uint8' },
          ],
        },
      ],
    })
    const { beyond, ...values } = await device.read()
    expect(values).to.deep.equal({ alarm: true, flags: 5, pressure: -2.5, level: -0.7 })
    expect(beyond).to.be.instanceOf(ReadingFailed)
    expect(sent[0]).to.deep.equal(Buffer.concat([request, checksumBytes(request, form)]))
    await device.close()
    server.close()
  })
})

describe('serial-line: a device that sends by itself', () => {
  const gps = {
    ...{ start: '$', checksum: 'xor', checksumAs: 'hex', checksumFrom: 1, checksumSeparator: '*' },
    messages: [
      { pattern: '^GPVTG,(?<course>[0-9.]+),T', fields: [{ name: 'course', unit: '°' }] },
      { pattern: '^GPGGA,(?<time>\\d+)', fields: [{ name: 'time', type: 'text' }] },
    ],
    writes: [{ name: 'rate', type: 'integer', command: '$R,{value:%d}*{checksum}\\r\\n', acknowledge: '^OK' }],
  }
  const sentence = (text: string) =>
    `$${text}*${checksumBytes(Buffer.from(text), { checksum: 'xor', checksumAs: 'hex', checksumOrder: 'big' })}\r\n`

  it('is listened to, through noise and damaged frames, and written to meanwhile', async () => {
    const server = await lineServer((command, send) => {
      if (command.trim().startsWith('$R')) send(sentence('GPVTG,9.5,T') + sentence('OK'))
    })
    const device = await connected({ ...server.others, ...gps })
    const seen: unknown[] = []
    const subscription = device.readings?.subscribe((values) => seen.push(values))
    await server.connection()
    server.send(`noise${sentence('GPVTG,1.5,T')}$GPVTG,7,T*00\r\n$GPVTG,8`)
    server.send(sentence('GPGGA,1200') + sentence('GPXXX,1'))
    await device.write({ rate: 5 })
    await sleep(20)
    expect(seen).to.deep.equal([{ course: 1.5 }, { time: '1200' }, { course: 9.5 }])
    subscription?.unsubscribe()
    await device.close()
    await server.stop()
  })

  it('is lost when it hangs up, and when it is silent for too long', async () => {
    for (const hangsUp of [true, false]) {
      const server = await lineServer(() => {})
      const device = await connected({ ...server.others, ...gps, ...(hangsUp ? {} : { expectEvery: 60 }) })
      const error = new Promise<Error>((resolve) => device.readings?.subscribe({ error: resolve }))
      await server.connection()
      if (hangsUp) server.hangUp()
      expect((await error).name).to.equal(hangsUp ? 'NotConnected' : 'TimedOut')
      await device.close()
      await server.stop()
    }
  })

  it('with a pattern that explodes is given up, and the process goes on', async () => {
    const server = await lineServer(() => {})
    const messages = [{ pattern: '^(?<a>a*)a*a*a*a*a*a*a*a*b$', fields: [{ name: 'a', type: 'text' }] }]
    const device = await connected({ ...server.others, messages })
    const error = new Promise<Error>((resolve) => device.readings?.subscribe({ error: resolve }))
    await server.connection()
    server.send(`${'a'.repeat(1000)}\r\n`)
    expect((await error).message).to.match(/takes longer than 50 ms/)
    await device.close()
    await server.stop()
  })
})

describe('serial-line: on a serial port', () => {
  it('is asked and closed, again and again, and leaves nothing behind', async function () {
    if (!canMakePairs()) this.skip()
    const pair = await ptyPair()
    const port = new SerialPort({ path: pair.far, baudRate: 9600, autoOpen: false })
    await new Promise<void>((resolve) => port.open(() => resolve()))
    port.on('data', (bytes: Buffer) => bytes.includes(0x0d) && port.write('S S 4.5 kg\r\n'))
    await sleep(1)
    const before = resources()
    for (let attempt = 0; attempt < 5; attempt++) {
      const device = await connected({ path: pair.near, ...scale })
      expect(await device.read()).to.deep.equal({ weight: 4.5, stable: true })
      await device.close()
      await device.close()
    }
    await sleep(20)
    expect(resources()).to.deep.equal(before)
    await new Promise<void>((resolve) => port.close(() => resolve()))
    await pair.stop()
  })

  it('conforms while it is connected', async () => {
    const server = await scaleServer(() => '1')
    expect(await complaintsAbout(serialLine, { config: { ...server.others, ...scale }, connect: true })).to.deep.equal(
      [],
    )
    await server.stop()
  })
})
