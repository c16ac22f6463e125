/** A plugin throws it when the connection is gone: the runtime reconnects at once. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected'
}

/**
 * A plugin throws it when the device did not answer in the time that its protocol allows: BadTimeout, and the connection is
 * made anew. A plugin whose requests share a line knows that time; anywhere else the runtime's own deadline is enough.
 */
export class TimedOut extends Error {
  override readonly name = 'TimedOut'
}

/**
 * A plugin throws it when the device refuses what was written or called; the connection stays.
 *
 * `status` is the OPC UA status code for the caller (BadInvalidArgument when absent).
 */
export class Rejected extends Error {
  override readonly name = 'Rejected'
  readonly status: number | undefined

  /** `message` names what was refused and why. */
  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** A plugin throws it, or returns it as a port's value, when one reading failed with a status of its own: the connection stays. */
export class ReadingFailed extends Error {
  override readonly name = 'ReadingFailed'
  readonly status: number

  /** `status` is the OPC UA status code of the reading. */
  constructor(message: string, options: { status: number; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}
