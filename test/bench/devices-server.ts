import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { answerParent } from './opcua-process.ts'

/**
 * Many Modbus TCP devices in a process of their own. An answer is a buffer that is there already, with the transaction of the
 * request written into it, so that this is not what is measured.
 */

const headerLength = 7
const requestLength = 12

/** Requests that were answered. */
let count = 0
const servers: Server[] = []

async function listen({ devices, registers }: { devices: number; registers: number }): Promise<number[]> {
  for (let device = 0; device < devices; device++) {
    const server = createServer({ noDelay: true }, (socket) => serve(socket, registers))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
  }
  return servers.map((server) => (server.address() as AddressInfo).port)
}

function serve(socket: Socket, registers: number): void {
  const byteCount = 2 * registers
  const answer = Buffer.alloc(headerLength + 2 + byteCount)
  answer.writeUInt16BE(3 + byteCount, 4)
  for (let register = 0; register < registers; register++)
    answer.writeUInt16BE(register, headerLength + 2 + 2 * register)
  answer.writeUInt8(3, headerLength)
  answer.writeUInt8(byteCount, headerLength + 1)
  let rest: Buffer = Buffer.alloc(0)
  let turn = 0
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    let received = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    for (; received.length >= requestLength; received = received.subarray(requestLength)) {
      const asked = received.readUInt16BE(10)
      received.copy(answer, 0, 0, 2)
      received.copy(answer, 6, 6, 7)
      // The first value is another one each time; a first request may ask for it alone.
      answer.writeUInt16BE(turn++ & 0xffff, headerLength + 2)
      answer.writeUInt16BE(3 + 2 * asked, 4)
      answer.writeUInt8(2 * asked, headerLength + 1)
      socket.write(Buffer.from(answer.subarray(0, headerLength + 2 + 2 * asked)))
      count++
    }
    rest = received
  })
}

answerParent({ listen, count: () => count })
