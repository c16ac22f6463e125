import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PostgresClient } from './postgres-client.ts'

const run = promisify(execFile)

/** Where the programs of the server are found, each with a folder for every version. */
const programFolders = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt']

interface Identity {
  readonly uid?: number
  readonly gid?: number
}

/** A PostgreSQL server of its own, in a temporary folder, that listens on a socket there and nowhere else. */
export class PostgresServer {
  readonly version: string
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(folder: string, version: string, child: ChildProcess) {
    this.#folder = folder
    this.version = version
    this.#process = child
  }

  /** Starts one; undefined when its programs are not installed, or nobody is there who may run them. */
  static async start(): Promise<PostgresServer | undefined> {
    const programs = await findPrograms()
    const identity = await unprivileged()
    if (!programs || !identity) return undefined
    const folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-'))
    if (identity.uid !== undefined && identity.gid !== undefined) await chown(folder, identity.uid, identity.gid)
    const data = join(folder, 'data')
    const how = ['--auth=trust', '--username=bench', '--encoding=UTF8', '--locale=C', '--no-sync']
    await run(join(programs, 'initdb'), ['-D', data, ...how], { ...identity, cwd: folder })
    const { stdout } = await run(join(programs, 'postgres'), ['--version'])
    // More memory than by default, and checkpoints as rare as ours.
    const settings = ['shared_buffers=512MB', 'max_wal_size=4GB', 'wal_compression=off', 'listen_addresses=']
    const options = settings.flatMap((setting) => ['-c', setting])
    const child = spawn(join(programs, 'postgres'), ['-D', data, '-k', folder, ...options], {
      ...identity,
      cwd: folder,
      stdio: 'ignore',
    })
    const server = new PostgresServer(folder, stdout.trim(), child)
    try {
      await server.#untilReady()
    } catch (error) {
      await server.stop()
      throw error
    }
    return server
  }

  /** Opens a connection. */
  connect(): Promise<PostgresClient> {
    return PostgresClient.connect(join(this.#folder, '.s.PGSQL.5432'))
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = new Promise((resolve) => this.#process.once('exit', resolve))
      // The fast shutdown.
      this.#process.kill('SIGINT')
      await exited
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }

  async #untilReady(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await (await this.connect()).close()
        return
      } catch (error) {
        if (attempt === 100 || this.#process.exitCode !== null) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
}

/** The programs of the newest version. */
async function findPrograms(): Promise<string | undefined> {
  for (const folder of programFolders) {
    const versions = (await readdir(folder).catch(() => [])).filter((name) => /\d/.test(name))
    versions.sort((a, b) => Number.parseFloat(b.replace(/^\D+/, '')) - Number.parseFloat(a.replace(/^\D+/, '')))
    for (const version of versions) {
      const programs = join(folder, version, 'bin')
      const names: string[] = await readdir(programs).catch(() => [])
      if (names.includes('initdb') && names.includes('postgres')) return programs
    }
  }
  return undefined
}

/** Whom the server runs as: it refuses root, for whom its own user stands in. */
async function unprivileged(): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return {}
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n')
  const [, , uid, gid] = users.find((line) => line.startsWith('postgres:'))?.split(':') ?? []
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}
