import { connect, type Socket } from 'node:net'
import type { SerialPort } from 'serialport'
import { type LineAddress, nameOfLine, type SerialAddress } from './address.ts'

/** A line that carries bytes both ways: a serial port, or a TCP connection to a device or a serial server. */
export interface Line {
  /** What people call it: `10.0.4.21:502`, `/dev/ttyUSB0`. */
  readonly name: string
  /** Hears all bytes from now on, in place of the listener before. Bytes that come while there is none are dropped. */
  listen(listener: (bytes: Buffer) => void): void
  /** Sends bytes; does nothing when the line is lost. */
  write(bytes: Uint8Array): void
  /** Bytes that were written and not taken by the system yet. */
  readonly pendingLength: number
  /** Resolves with the reason when the line is lost or closed; it never rejects. */
  readonly lost: Promise<string>
  /** Closes it and resolves when the system has let go of it; may be called again. */
  close(): Promise<void>
}

/** What a serial port and a socket have in common, and what they have not. */
interface Ends {
  readonly stream: Socket | SerialPort
  close(): void
  isClosed(): boolean
}

/** Opens a line; rejects when that is not possible, or with the reason of `signal` when it is aborted. */
export async function openLine(address: LineAddress, signal: AbortSignal): Promise<Line> {
  signal.throwIfAborted()
  const ends = address.kind === 'tcp' ? await openSocket(address, signal) : await openSerial(address, signal)
  return lineOver(ends, nameOfLine(address))
}

function lineOver({ stream, close, isClosed }: Ends, name: string): Line {
  let listener: ((bytes: Buffer) => void) | undefined
  let reason = `${name} was closed`
  stream.on('data', (bytes: Buffer) => listener?.(bytes))
  // An error is followed by 'close', which tells it.
  stream.on('error', (error: Error) => {
    reason = `${name}: ${error.message}`
    close()
  })
  stream.on('end', () => {
    reason = `${name} closed the connection`
    close()
  })
  const closed = new Promise<void>((resolve) => {
    if (isClosed()) resolve()
    stream.once('close', (error: unknown) => {
      if (error instanceof Error) reason = `${name}: ${error.message}`
      resolve()
    })
  })
  return {
    name,
    listen(next) {
      listener = next
    },
    write(bytes) {
      if (!isClosed()) stream.write(bytes)
    },
    get pendingLength() {
      return stream.writableLength
    },
    lost: closed.then(() => reason),
    async close() {
      if (!isClosed()) close()
      await closed
    },
  }
}

function openSocket({ host, port }: { host: string; port: number }, signal: AbortSignal): Promise<Ends> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true })
    const abort = (): void => {
      socket.destroy()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once('close', () => signal.removeEventListener('abort', abort))
    socket.on('error', reject)
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      resolve({ stream: socket, close: () => socket.destroy(), isClosed: () => socket.closed })
    })
  })
}

async function openSerial(address: SerialAddress, signal: AbortSignal): Promise<Ends> {
  // Loaded when it is needed: a machine on which its native part does not load can still speak TCP.
  const serialport = await import('serialport')
  const { path, baudRate, parity, flowControl } = address
  const port = new serialport.SerialPort({
    ...{ path, baudRate, parity, autoOpen: false },
    dataBits: address.dataBits === 7 ? 7 : 8,
    stopBits: address.stopBits === 2 ? 2 : 1,
    ...(flowControl === 'hardware' ? { rtscts: true } : {}),
    ...(flowControl === 'software' ? { xon: true, xoff: true } : {}),
  })
  let isClosed = false
  port.once('close', () => {
    isClosed = true
  })
  const close = (): void => {
    // A port that cannot be closed is gone all the same: it was unplugged.
    if (port.isOpen && !port.closing) port.close((error) => error && port.emit('close', error))
  }
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
  if (!signal.aborted) return { stream: port, close, isClosed: () => isClosed }
  await new Promise<void>((resolve) => port.close(() => resolve()))
  throw signal.reason
}
