import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../config/duration.ts'
import { packageRoot } from '../../package-root.ts'
import { ExitCode, type Finish } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { type CertOptions, storeByParty } from './parties.ts'

/** Adds `millrace cert ...`: whom the server trusts, and who it is. The commands work on the folder; a plant that runs follows it. */
export function certCommand(program: Command, terminal: Terminal, finish: Finish): void {
  const cert = program.command('cert').description('tell and change whom the server trusts, and who it is')
  const add = (name: string, description: string): Command =>
    cert
      .command(name)
      .description(description)
      .option('--certificates <folder>', 'folder of the certificates (MILLRACE_CERTIFICATES)')
  const withParty = (command: Command): Command =>
    command.addOption(
      new Option('--for <whom>', 'of clients of the server, of people who log in, or of servers of devices').choices(
        Object.keys(storeByParty),
      ),
    )
  const folderOf = ({ certificates }: CertOptions): string =>
    certificates || terminal.environment.MILLRACE_CERTIFICATES || join(packageRoot, 'certificates')
  // Reading certificates takes a library that no other command needs.
  const lists = () => import('./lists.ts')
  const own = () => import('./own.ts')
  const done = (text: string): void => {
    terminal.out(text)
    finish(ExitCode.ok)
  }

  withParty(add('list', 'list the certificates: trusted, rejected, and of authorities'))
    .option('--json', 'write JSON for other programs')
    .action(async (options: CertOptions & { json?: boolean }) => {
      done(await (await lists()).list(folderOf(options), options))
    })
  withParty(add('show', 'tell everything about a certificate'))
    .argument('<certificate>', 'thumbprint, or the beginning of one, or a file')
    .action(async (which: string, options: CertOptions) => {
      done(await (await lists()).show(folderOf(options), which, options))
    })
  withParty(add('trust', 'accept a client that was refused, or the certificate or revocation list in a file'))
    .argument('<certificates...>', 'thumbprints, or beginnings of them, or files')
    .option('--issuer', 'know it as an authority, without trusting everything that it issues')
    .action(async (which: readonly string[], options: CertOptions & { issuer?: boolean }) => {
      done(await (await lists()).trust(folderOf(options), which, options))
    })
  withParty(add('reject', 'trust a certificate no more; its channels are closed'))
    .argument('<certificates...>', 'thumbprints, or beginnings of them')
    .action(async (which: readonly string[], options: CertOptions) => {
      done(await (await lists()).reject(folderOf(options), which, options))
    })
  withParty(add('remove', 'take a certificate out of every list'))
    .argument('<certificates...>', 'thumbprints, or beginnings of them')
    .action(async (which: readonly string[], options: CertOptions) => {
      done(await (await lists()).remove(folderOf(options), which, options))
    })
  add('own', 'tell who the server is: the certificate that clients have to trust').action(
    async (options: CertOptions) => done(await (await own()).tellOwn(folderOf(options))),
  )
  add('renew', 'make the server another certificate, with the names that this machine has now')
    .option('--new-key', 'with another private key too')
    .addOption(
      new Option('--valid-for <duration>', 'how long it is valid, from 2d to 20y; 10y when absent').argParser(
        validityOf,
      ),
    )
    .option('--host <name...>', 'more host names or addresses by which clients reach it')
    .action(async (options: CertOptions & { newKey?: boolean; validFor?: number; host?: readonly string[] }) => {
      done(await (await own()).renew(folderOf(options), options))
    })
  add('request', 'write a request for a certificate, to be signed by an authority (PKCS #10)')
    .requiredOption('-o, --output <file>', 'file for the request, PEM')
    .action(async (options: CertOptions & { output: string }) => {
      done(await (await own()).request(folderOf(options), options.output))
    })
  add('use', 'use the certificate that an authority has signed')
    .argument('<file>', 'the certificate, PEM or DER, with the authorities above it behind it')
    .action(async (file: string, options: CertOptions) => done(await (await own()).use(folderOf(options), file)))
}

/** The validity of a certificate, in milliseconds. */
function validityOf(text: string): number {
  const ms = parseDuration(text) ?? 0
  const [min, max] = ['2d', '20y'].map(parseDuration) as [number, number]
  if (ms < min || ms > max) throw new InvalidArgumentError('give a duration from 2d to 20y, such as 1y.')
  return ms
}
