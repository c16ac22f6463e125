import type { Connection, Connections } from './connections.ts'
import type { FindingKind, Report } from './findings.ts'
import { GUARD_BOUNDS, limitsInUse } from './limits.ts'

/** Closes connections that hold something for too long: no session, half a message, or answers they do not take. */
export function sweepConnections(connections: Connections, nowMs: number, report: Report): void {
  for (const connection of connections.all) {
    noteProgress(connection, nowMs)
    const overdue = overdueOf(connection, nowMs)
    if (!overdue) continue
    report(overdue, 'transport', `closed the connection of channel ${connection.channel.channelId}`)
    connection.socket.destroy()
  }
}

function noteProgress(connection: Connection, nowMs: number): void {
  const { socket, channel } = connection
  connection.sessionlessSinceMs = channel.hasSession ? undefined : (connection.sessionlessSinceMs ?? nowMs)
  const takenBytes = socket.bytesWritten - socket.writableLength
  const isStalled = socket.writableLength > 0 && takenBytes === connection.takenBytes
  connection.stalledSinceMs = isStalled ? (connection.stalledSinceMs ?? nowMs) : undefined
  connection.takenBytes = takenBytes
}

function overdueOf(connection: Connection, nowMs: number): FindingKind | undefined {
  const lasts = (sinceMs: number | undefined, limitMs: number): boolean =>
    sinceMs !== undefined && nowMs - sinceMs > limitMs
  if (lasts(connection.sessionlessSinceMs, limitsInUse().handshakeTimeout)) return 'handshakeTimeout'
  if (lasts(connection.messageSinceMs, GUARD_BOUNDS.messageTimeoutMs)) return 'messageTimeout'
  if (lasts(connection.stalledSinceMs, GUARD_BOUNDS.slowReaderTimeoutMs)) return 'slowReader'
  return undefined
}
