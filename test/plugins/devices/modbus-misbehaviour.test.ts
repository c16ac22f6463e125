import { connect } from 'node:net'
import { AssertionError, expect } from 'chai'
import { withCrc } from '../../../plugins/devices/modbus/framing.ts'
import { answerOf, exception, tablesOf } from '../../../plugins/simulators/meter-bus/slave.ts'
import { connected, failureOf, type Handler, mbap, type Reply, rawServer, sleep } from './modbus-kit.ts'

/** Each register holds its own address, so that an answer to another request is seen. */
const tables = tablesOf(200)
for (let address = 0; address < 200; address++) tables.holding[address] = address + 1

/** Two tags far from each other: two requests of the same form. */
const tags = [
  { name: 'a', address: 10 },
  { name: 'b', address: 100 },
]
const good = { a: 11, b: 101 }
const timeouts = { responseTimeout: 60 }

type Trick = (request: Buffer, reply: Reply) => void

/** A server that plays a trick on the requests for which `isTricked` holds, by their number, and answers the others. */
async function tricky(kind: 'tcp' | 'rtu', isTricked: (number: number) => boolean, trick: Trick) {
  const requests: Buffer[] = []
  const handler: Handler = (request, reply) => {
    requests.push(Buffer.from(request))
    if (isTricked(requests.length)) trick(request, reply)
    else reply.frame(answerOf(request, tables))
  }
  const server = await rawServer(kind, handler)
  const transport = kind === 'tcp' ? {} : { transport: 'rtu-over-tcp' }
  return { server, requests, others: { ...timeouts, ...transport, port: server.port } }
}

/** Requests 1 is the greeting, so 2 is the first of the first poll. */
const second = (number: number) => number === 2

describe('modbus: a server that misbehaves, over TCP', () => {
  const tricks: [string, Trick, RegExp, string][] = [
    ['does not answer', () => {}, /did not answer within 60 ms/, 'TimedOut'],
    [
      'answers with another function',
      (_, { frame }) => frame(Buffer.from([1, 4, 2, 0, 9])),
      /function code 4/,
      'Error',
    ],
    ['answers for another unit', (_, { frame }) => frame(Buffer.from([9, 3, 2, 0, 9])), /unit 9 answered/, 'Error'],
    ['answers too little', (_, { frame }) => frame(Buffer.from([1, 3, 1, 9])), /4 bytes and not those 5/, 'Error'],
    ['answers too much', (_, { frame }) => frame(Buffer.from([1, 3, 4, 0, 9, 0, 9])), /7 bytes and not/, 'Error'],
    ['lies about its byte count', (_, { frame }) => frame(Buffer.from([1, 3, 4, 0, 9])), /asked for/, 'Error'],
    [
      'sends garbage',
      (_, { socket }) => socket.write('HTTP/1.1 400 Bad Request\r\n'),
      /not Modbus TCP/,
      'NotConnected',
    ],
    [
      'breaks off in its answer',
      (_, { socket, transaction }) => socket.write(mbap(Buffer.from([1, 3, 2, 0, 9]), transaction).subarray(0, 9)),
      /did not answer/,
      'TimedOut',
    ],
    [
      'answers under another transaction id',
      (r, { frame, transaction }) => frame(answerOf(r, tables), transaction + 1),
      /did not answer/,
      'TimedOut',
    ],
    ['resets the connection', (_, { socket }) => socket.resetAndDestroy(), /ECONNRESET|closed/, 'NotConnected'],
    ['closes the connection', (_, { socket }) => socket.end(), /closed the connection/, 'NotConnected'],
  ]
  for (const [what, trick, message, name] of tricks) {
    it(`${what}: the poll fails, and the next connection reads right`, async () => {
      const { server, others } = await tricky('tcp', second, trick)
      const device = await connected(tags, others)
      const error = await failureOf(device.read())
      expect(error?.name, error?.message).to.equal(name)
      expect(error?.message).to.match(message)
      await device.close()
      const again = await connected(tags, others)
      expect(await again.read()).to.deep.equal(good)
      await again.close()
      await server.stop()
    })
  }

  it('answers late: the answer is dropped, whatever is asked next over the same connection', async () => {
    const { server, others } = await tricky('tcp', second, (request, { frame }) => {
      setTimeout(() => frame(answerOf(request, tables)), 90)
    })
    const device = await connected(tags, others)
    expect((await failureOf(device.read()))?.name).to.equal('TimedOut')
    for (let poll = 0; poll < 5; poll++) {
      expect(await device.read()).to.deep.equal(good)
      await sleep(15)
    }
    expect(server.accepted).to.equal(1)
    await device.close()
    await server.stop()
  })

  it('sends answers in pieces, or two at once with a stale one before: they are put together and sorted out', async () => {
    const { server, others } = await tricky(
      'tcp',
      () => true,
      (request, { socket, transaction }) => {
        const stale = mbap(Buffer.from([1, 3, 2, 0xde, 0xad]), transaction - 1)
        const bytes = Buffer.concat([stale, mbap(answerOf(request, tables), transaction)])
        for (const byte of bytes) socket.write(Buffer.from([byte]))
      },
    )
    const device = await connected(tags, others)
    expect(await device.read()).to.deep.equal(good)
    await device.close()
    await server.stop()
  })

  it('echoes a write wrongly: the writer is told, and does not believe it', async () => {
    const { server, others } = await tricky('tcp', second, (request, { frame }) => {
      const echo = Buffer.from(request)
      echo.writeUInt16BE(7, 4)
      frame(echo)
    })
    const device = await connected([{ name: 'a', address: 10, access: 'readWrite' }], others)
    expect((await failureOf(device.write({ a: 5 })))?.message).to.match(/asked for|bytes/)
    await device.close()
    await server.stop()
  })
})

describe('modbus: a unit that misbehaves, on RTU over TCP', () => {
  const crc = (frame: number[]) => withCrc(Buffer.from(frame))
  const oneAttempt: [string, Trick][] = [
    ['a wrong checksum', (_, { socket }) => socket.write(Buffer.from([1, 3, 2, 0, 9, 0, 0]))],
    ['half an answer', (_, { socket }) => socket.write(crc([1, 3, 2, 0, 9]).subarray(0, 4))],
    ['another function', (_, { socket }) => socket.write(crc([1, 4, 2, 0, 9]))],
    ['another unit', (_, { socket }) => socket.write(crc([9, 3, 2, 0, 9]))],
    ['garbage', (_, { socket }) => socket.write(Buffer.alloc(900, 0xa5))],
  ]
  for (const [what, trick] of oneAttempt) {
    it(`${what} in place of an answer: a read is asked once more`, async () => {
      const { server, requests, others } = await tricky('rtu', second, trick)
      const device = await connected(tags, others)
      expect(await device.read()).to.deep.equal(good)
      // The same again, then a probe of another length because the first answer might still come.
      expect(requests[2]).to.deep.equal(requests[1])
      expect(requests[3]?.readUInt16BE(4)).to.equal(2)
      await device.close()
      await server.stop()
    })
  }

  it('garbage around an answer: the answer is found', async () => {
    const { server, others } = await tricky(
      'rtu',
      () => true,
      (request, { socket }) => {
        // An echo of the request, noise, and another unit's answer come before it.
        socket.write(Buffer.concat([withCrc(request), Buffer.from([0xff, 1, 3]), crc([9, 3, 2, 1, 2])]))
        socket.write(withCrc(answerOf(request, tables)))
      },
    )
    const device = await connected(tags, others)
    expect(await device.read()).to.deep.equal(good)
    await device.close()
    await server.stop()
  })

  it('silence: it is told after the timeout, and asked what has another length before anything else', async () => {
    const { server, requests, others } = await tricky('rtu', second, () => {})
    const device = await connected(tags, others)
    expect(await failureOf(device.read())).to.have.property('name', 'TimedOut')
    expect(await device.read()).to.deep.equal(good)
    expect(requests.map((request) => [request.readUInt16BE(2), request.readUInt16BE(4)])).to.deep.equal([
      ...[
        [10, 1],
        [10, 1],
        [10, 2],
      ],
      ...[
        [10, 1],
        [100, 1],
      ],
    ])
    await device.close()
    await server.stop()
  })

  it('late answers, in the order of the requests: none is taken for another, also after the line was closed', async () => {
    // From the second request on everything is late by several timeouts, and nothing is lost.
    let free = 0
    const { server, others } = await tricky(
      'rtu',
      (number) => number > 1,
      (request, { frame }) => {
        free = Math.max(free, performance.now()) + (performance.now() - begun < 500 ? 100 : 0)
        setTimeout(() => frame(answerOf(request, tables)), Math.max(0, free - performance.now()))
      },
    )
    const begun = performance.now()
    let device = await connected(tags, others)
    let [successes, failures] = [0, 0]
    while (successes < 3 && performance.now() - begun < 8000) {
      try {
        expect(await device.read()).to.deep.equal(good)
        successes++
      } catch (error) {
        if (error instanceof AssertionError) throw error
        // Every third time the line is closed and opened again, as the runtime does it.
        if (++failures % 3 === 0) {
          await device.close()
          device = await connected(tags, others).catch(() => device)
        }
      }
    }
    expect(successes).to.equal(3)
    expect(failures).to.be.greaterThan(3)
    await device.close()
    await server.stop()
  })

  it('an exception in doubt: the line is left alone until it is quiet, then believed', async () => {
    const { server, requests, others } = await tricky(
      'rtu',
      (number) => number === 2 || number === 3,
      (request, { frame }) => {
        if (requests.length === 3) frame(exception(request, 2))
      },
    )
    const device = await connected(tags, others)
    await failureOf(device.read())
    const before = performance.now()
    expect(await device.read()).to.deep.equal(good)
    expect(performance.now() - before).to.be.at.least(55)
    await device.close()
    await server.stop()
  })
})

describe('modbus: connecting', () => {
  it('is refused when the device accepts and says nothing', async () => {
    const { server, others } = await tricky(
      'tcp',
      () => true,
      () => {},
    )
    expect(await failureOf(connected(tags, others))).to.have.property('name', 'TimedOut')
    await sleep(20)
    expect(server.open).to.equal(0)
    await server.stop()
  })

  it('holds when the device answers with an exception, and is refused when a gateway cannot reach it', async () => {
    let code = 2
    const { server, others } = await tricky(
      'tcp',
      () => true,
      (request, { frame }) => frame(exception(request, code)),
    )
    const device = await connected(tags, others)
    expect(await device.read()).to.have.nested.property('a.name', 'ReadingFailed')
    await device.close()
    code = 11
    const error = await failureOf(connected(tags, others))
    expect(error).to.have.property('name', 'NotConnected')
    expect(error?.message).to.match(/gateway target does not answer/)
    await sleep(20)
    expect(server.open).to.equal(0)
    await server.stop()
  })

  it('leaves no socket when nobody listens', async () => {
    const server = await rawServer('tcp', () => {})
    await server.stop()
    const error = await failureOf(connected(tags, { port: server.port }))
    expect(error?.message).to.match(/ECONNREFUSED/)
    expect(await failureOf(new Promise((_, reject) => connect(server.port, '127.0.0.1').on('error', reject)))).to.be.an(
      'error',
    )
  })
})
