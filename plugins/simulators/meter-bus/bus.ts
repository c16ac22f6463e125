import { createServer, type Server, type Socket } from 'node:net'
import { withCrc } from '../../devices/modbus/framing.ts'
import { RtuRequests } from './rtu-stream.ts'
import { answerOf, type Tables } from './slave.ts'

/** A unit on the bus: its tables as they are now. */
export type Unit = () => Tables

/** A serial bus behind a serial server on loopback: units that answer RTU frames over TCP. */
export class RtuBus {
  readonly #units = new Map<number, Unit>()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#accept(socket))
  }

  /** Listens at a free port. */
  static listen(): Promise<RtuBus> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true })
      const bus = new RtuBus(server)
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => resolve(bus))
    })
  }

  /** The port at which it listens. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** How many units are on the bus. */
  get unitCount(): number {
    return this.#units.size
  }

  /** Puts a unit on the bus; false when its number is taken. */
  add(number: number, unit: Unit): boolean {
    if (this.#units.has(number)) return false
    this.#units.set(number, unit)
    return true
  }

  /** Takes a unit off the bus: it does not answer any more. */
  remove(number: number): void {
    this.#units.delete(number)
  }

  /** Breaks all connections and listens no more. */
  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    const requests = new RtuRequests()
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (bytes) => {
      for (const request of requests.take(bytes)) {
        const tables = this.#units.get(request.readUInt8(0))?.()
        if (tables) socket.write(withCrc(answerOf(request, tables)))
      }
    })
  }
}
