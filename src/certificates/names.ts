import { createHash } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'

/**
 * The URI by which this server on this machine is known (Part 4 §7.2): `urn:<host>:millrace`, of at most 64 characters, since
 * other stacks bound it.
 */
export function applicationUriOf(host: string = hostname()): string {
  const uri = `urn:${host}:millrace`
  if (uri.length < 64) return uri
  return `urn:${createHash('sha256').update(host).digest('hex').slice(0, 16)}:millrace`
}

/** The names and addresses of this machine under which clients on others, or on itself, may reach it. */
export function machineHosts(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  return [...new Set([hostname(), 'localhost', '127.0.0.1', ...addresses.map(({ address }) => address)])]
}
