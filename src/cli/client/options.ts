import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { packageRoot } from '../../package-root.ts'
import { UsageError } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

/** Options of every command that talks to a server. */
export interface ClientOptions {
  readonly url?: string
  readonly user?: string
  readonly certificates?: string
  /** SHA-1 thumbprint of the server's certificate, in lower-case hexadecimal. */
  readonly serverThumbprint?: string
}

/** Which server is meant, who asks, and where the certificates are. */
export interface Target {
  readonly url: string
  readonly user: string | undefined
  readonly certificatesFolder: string
  readonly serverThumbprint: string | undefined
}

/** Adds the options that {@link targetOf} reads. */
export function withClientOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--url <url>',
        'OPC UA server: opc.tcp://host:port; this machine at MILLRACE_PORT or 4840 without it (MILLRACE_URL)',
      ).argParser(urlOf),
    )
    .option('--user <name>', 'who logs in; the password is in MILLRACE_PASSWORD or asked for (MILLRACE_USER)')
    .option('--certificates <folder>', 'folder of the certificates (MILLRACE_CERTIFICATES)')
    .addOption(
      new Option(
        '--server-thumbprint <hex>',
        'trust the server whose certificate has this SHA-1 thumbprint, now and later',
      ).argParser(thumbprintOf),
    )
}

/** Options before the environment, the environment before what `millrace run` does without any. Throws UsageError. */
export function targetOf(options: ClientOptions, { environment }: Pick<Terminal, 'environment'>): Target {
  const { MILLRACE_URL: url, MILLRACE_USER: user, MILLRACE_CERTIFICATES: certificates } = environment
  return {
    url: options.url ?? (url ? environmentUrl(url) : `opc.tcp://localhost:${portOf(environment.MILLRACE_PORT)}`),
    user: options.user ?? (user || undefined),
    certificatesFolder: options.certificates ?? (certificates || join(packageRoot, 'certificates')),
    serverThumbprint: options.serverThumbprint,
  }
}

function portOf(text: string | undefined): number {
  if (!text) return 4840
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw new UsageError(`MILLRACE_PORT is '${text}', which is no port of a server; tell the server with --url`)
}

function environmentUrl(text: string): string {
  try {
    return urlOf(text)
  } catch (error) {
    throw new UsageError(`MILLRACE_URL is '${text}'; ${error instanceof Error ? error.message : ''}`)
  }
}

function urlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'opc.tcp:' || url.hostname === '') {
    throw new InvalidArgumentError('a URL of a server is written opc.tcp://host:4840.')
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('a URL holds no login; use --user and MILLRACE_PASSWORD.')
  }
  return text
}

function thumbprintOf(text: string): string {
  const thumbprint = text.replaceAll(/[:\s]/g, '').toLowerCase()
  if (!/^[0-9a-f]{40}$/.test(thumbprint))
    throw new InvalidArgumentError('a SHA-1 thumbprint has 40 hexadecimal digits.')
  return thumbprint
}
