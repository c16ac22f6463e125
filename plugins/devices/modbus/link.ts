import { connect, type Socket } from 'node:net'
import { NotConnected, ReadingFailed, Rejected, Status } from 'millrace/plugin'
import modbusSerial from 'modbus-serial'

/** A client of modbus-serial. */
export type Modbus = InstanceType<typeof modbusSerial.default>

/** A Modbus TCP connection that answers one request after the other and fails what is pending the moment it is lost. */
export interface Link {
  /** Sends a request when those before it are answered. */
  request<T>(send: (modbus: Modbus) => Promise<T>): Promise<T>
  close(): void
}

/** Opens a Modbus TCP connection; rejects when the device does not answer or `signal` is aborted. */
export async function openLink(options: {
  host: string
  port: number
  unitId: number
  signal: AbortSignal
}): Promise<Link> {
  const socket = await connected(options)
  const modbus = new modbusSerial.default()
  modbus.on('error', () => {})
  await modbus.linkTCP(socket, { port: options.port })
  modbus.setID(options.unitId)

  const lost = new Promise<never>((_, reject) => {
    socket.once('close', () => reject(new NotConnected(`${options.host}:${options.port} closed the connection`)))
  })
  lost.catch(() => {})
  let last: Promise<unknown> = Promise.resolve()

  return {
    request(send) {
      const answer = last.then(() => {
        if (socket.destroyed) return lost
        return Promise.race([send(modbus), lost])
      })
      last = answer.catch(() => {})
      return answer
    },
    close: () => socket.destroy(),
  }
}

function connected({ host, port, signal }: { host: string; port: number; signal: AbortSignal }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect({ host, port, noDelay: true, keepAlive: true })
    const abort = (): void => {
      socket.destroy()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    // It stays for the life of the socket: an error is followed by 'close', which fails what is pending.
    socket.on('error', reject)
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort)
      resolve(socket)
    })
  })
}

/** Status codes of Modbus exceptions (Modbus Application Protocol 1.1b3 §7). */
const statusByException: Readonly<Record<number, number>> = {
  1: Status.BadNotSupported,
  2: Status.BadConfigurationError,
  3: Status.BadOutOfRange,
  4: Status.BadDeviceFailure,
  5: Status.BadResourceUnavailable,
  6: Status.BadResourceUnavailable,
  10: Status.BadNoCommunication,
  11: Status.BadNoCommunication,
}

/** The exception code with which a device answered, or undefined when something else went wrong. */
export function exceptionOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'modbusCode' in error ? error.modbusCode : undefined
  return typeof code === 'number' ? code : undefined
}

/** A refused reading as a value of its ports; anything else is thrown on. */
export function readingFailed(error: unknown, what: string): ReadingFailed {
  const code = exceptionOf(error)
  if (code === undefined) throw error
  return new ReadingFailed(`the device answered exception ${code} for ${what}`, {
    status: statusByException[code] ?? Status.BadDeviceFailure,
    cause: error,
  })
}

/** A refused write as the fact that the runtime understands; anything else is thrown on. */
export function writeRefused(error: unknown, what: string): Rejected {
  const code = exceptionOf(error)
  if (code === undefined) throw error
  return new Rejected(`the device answered exception ${code} for ${what}`, {
    status: statusByException[code] ?? Status.BadDeviceFailure,
    cause: error,
  })
}
