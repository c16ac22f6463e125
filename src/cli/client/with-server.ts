import type { Terminal } from '../terminal.ts'
import type { ClientOptions } from './options.ts'
import { targetOf } from './options.ts'
import { passwordOf } from './password.ts'
import type { ServerSession } from './session.ts'

/**
 * Logs in to a server over OPC UA, lets `work` use the session, and closes it, whatever happens.
 *
 * The connection is signed and encrypted. Rejects with `server-unreachable`, `server-untrusted`, `client-untrusted`,
 * `server-insecure`, `login-refused`, `server-refused` or `certificate-unusable`, and with what `work` throws; throws UsageError
 * when the options make no sense or a password is missing.
 */
export async function withServer<T>(
  options: ClientOptions,
  terminal: Terminal,
  work: (server: ServerSession) => Promise<T>,
): Promise<T> {
  const target = targetOf(options, terminal)
  const password = target.user === undefined ? undefined : await passwordOf(target.user, terminal)
  // The stack takes half a second to load, which no other command has to wait for.
  const { openSession } = await import('./session.ts')
  const server = await openSession({ ...target, password, tell: (message) => terminal.err(`${message}\n`) })
  try {
    return await work(server)
  } finally {
    await server.close()
  }
}
