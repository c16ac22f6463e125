import { NotConnected, ReadingFailed, Rejected, Status } from 'millrace/plugin'

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

const nameByException: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledge',
  6: 'device busy',
  10: 'gateway path unavailable',
  11: 'gateway target does not answer',
}

/** The exception code with which a device answered, or undefined when something else went wrong. */
export function exceptionOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'modbusCode' in error ? error.modbusCode : undefined
  return typeof code === 'number' ? code : undefined
}

/** A refused reading as a value of its ports; anything else is thrown on. A gateway that cannot reach the device means NotConnected. */
export function readingFailed(error: unknown, what: string): ReadingFailed {
  const code = exceptionOf(error)
  if (code === undefined) throw error
  const message = messageOf(code, what)
  if (code === 10 || code === 11) throw new NotConnected(message, { cause: error })
  return new ReadingFailed(message, { status: statusOf(code), cause: error })
}

/** A refused write as the fact that the runtime understands; anything else is thrown on. */
export function writeRefused(error: unknown, what: string): Error {
  const code = exceptionOf(error)
  if (code === undefined) throw error
  return new Rejected(messageOf(code, what), { status: statusOf(code), cause: error })
}

function messageOf(code: number, what: string): string {
  const name = nameByException[code]
  return `the device answered exception ${code}${name ? ` (${name})` : ''} for ${what}`
}

function statusOf(code: number): number {
  return statusByException[code] ?? Status.BadDeviceFailure
}
