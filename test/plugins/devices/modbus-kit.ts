import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { withCrc } from '../../../plugins/devices/modbus/framing.ts'
import { type Register, type RegisterEntry, registersOf } from '../../../plugins/devices/modbus/registers.ts'
import { settings } from '../../../plugins/devices/modbus/settings.ts'
import modbus from '../../../plugins/devices/modbus.ts'
import { RtuRequests } from '../../../plugins/simulators/meter-bus/rtu-stream.ts'
import { parseConfig } from '../../../src/plugin/describe.ts'

/** Configuration of a device as the plugin receives it; throws what the plant file's reader would tell. */
export function configOf(entries: readonly object[], others: object = {}) {
  const parsed = parseConfig(settings, { host: '127.0.0.1', ...others, registers: entries })
  if (parsed.issues) throw new Error(parsed.issues.map(({ message }) => message).join('; '))
  return parsed.values as never as Parameters<typeof modbus.connect>[0]['config']
}

/** One entry of `registers` with its defaults. */
export function entry(written: object): RegisterEntry {
  return configOf([{ name: 'tag', address: 0, ...written }]).registers[0] as RegisterEntry
}

/** One register with its place. */
export function register(written: object): Register {
  return registersOf([entry(written)], 'zeroBased')[0] as Register
}

/** A connection as a test uses it. */
export interface Connected {
  read(): Promise<Record<string, unknown>>
  readonly groups: readonly { everyMs: number; outputs: string[]; read(): Promise<Record<string, unknown>> }[]
  write(setpoints: Record<string, unknown>): Promise<unknown>
  close(): Promise<void>
}

const log = { debug: () => {}, info: () => {}, warn: () => {} }

/** Connects to a device. */
export async function connected(
  entries: readonly object[],
  others: object = {},
  signal: AbortSignal = AbortSignal.timeout(10_000),
): Promise<Connected> {
  const connection: unknown = await modbus.connect({ config: configOf(entries, others), log, signal })
  return connection as Connected
}

/** What something is rejected with. */
export function failureOf(work: Promise<unknown>): Promise<Error | undefined> {
  return work.then(
    () => undefined,
    (error: Error) => error,
  )
}

/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** What a raw server does with a request: unit, function code and data; the frame comes as the client sent it. */
export type Handler = (request: Buffer, reply: Reply) => void

/** Ways to answer. */
export interface Reply {
  readonly socket: Socket
  /** The transaction id of the request; 0 for RTU. */
  readonly transaction: number
  /** Sends a frame (unit, function code, data) as the transport has it. */
  frame(frame: Buffer, transaction?: number): void
}

/** A server that does what it is told to, which no library would: it answers late, wrong, or not at all. */
export async function rawServer(kind: 'tcp' | 'rtu', handler: Handler) {
  const sockets = new Set<Socket>()
  let accepted = 0
  const server = createServer({ noDelay: true }, (socket) => {
    accepted++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    const rtu = new RtuRequests()
    let buffer: Buffer = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      if (kind === 'rtu') {
        for (const request of rtu.take(bytes)) {
          handler(request, { socket, transaction: 0, frame: (frame) => socket.write(withCrc(frame)) })
        }
        return
      }
      buffer = Buffer.concat([buffer, bytes])
      while (buffer.length > 6 && buffer.length >= 6 + buffer.readUInt16BE(4)) {
        const transaction = buffer.readUInt16BE(0)
        const request = buffer.subarray(6, 6 + buffer.readUInt16BE(4))
        buffer = buffer.subarray(6 + request.length)
        handler(request, {
          socket,
          transaction,
          frame: (frame, id = transaction) => socket.write(mbap(frame, id)),
        })
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted
    },
    get open() {
      return sockets.size
    },
    hangUp() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A frame with the header of Modbus TCP. */
export function mbap(frame: Buffer, transaction: number): Buffer {
  const header = Buffer.alloc(6)
  header.writeUInt16BE(transaction, 0)
  header.writeUInt16BE(frame.length, 4)
  return Buffer.concat([header, frame])
}

/** Sockets, serial ports and timers that the process holds: what a leak would add to. */
export function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) {
    if (/TCP|Timeout|FSReq|Poller/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}
