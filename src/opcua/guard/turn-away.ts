import type { Socket } from 'node:net'
import { packTcpMessage, StatusCodes2, TCPErrorMessage } from 'node-opcua-transport'

/** How long a client has to take the message before its connection is cut. */
const lingerMs = 500

/** Ends a connection with the error message BadTcpNotEnoughResources (Part 6 §7.1.2.5); what still comes is not looked at. */
export function turnAway(socket: Socket, reason: string): void {
  const message = new TCPErrorMessage({ statusCode: StatusCodes2.BadTcpNotEnoughResources, reason })
  socket.removeAllListeners('data')
  socket.on('error', () => undefined)
  socket.end(packTcpMessage('ERR', message))
  socket.resume()
  setTimeout(() => socket.destroy(), lingerMs).unref()
}
