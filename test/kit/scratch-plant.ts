import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type ClientSession, UserTokenType } from 'node-opcua'
import { pino } from 'pino'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import type { RoleName } from '../../src/opcua/roles.ts'
import { type RunningPlant, startPlant } from '../../src/plant.ts'
import { type Client, type ConnectOptions, connect } from '../opcua/bench.ts'

/** A plant in a folder of its own that runs, and can be changed by its files and by clients. */
export interface ScratchPlant {
  readonly plant: RunningPlant
  readonly folder: string
  readonly certificatesFolder: string
  readonly lines: string[]
  /** Connects as a user of that role. */
  connect(role?: RoleName | 'SecurityAdmin'): Promise<Client>
  /** Connects in a way of its own. */
  connectAs(how: ConnectOptions): Promise<Client>
  /** Writes a file of the plant, or removes it. */
  put(file: string, text: string | undefined): Promise<void>
  /** Writes a file and applies it. Resolves to the codes of the errors. */
  apply(file: string, text: string | undefined): Promise<readonly string[]>
  /** Ends it and starts it again from what is on the disk. */
  restart(): Promise<void>
  /** Ends it, lets something be done to what is on the disk, and starts it again. */
  stopAnd(work: () => Promise<unknown>): Promise<void>
  /** What stands in the folder of the data. */
  dataFiles(): Promise<readonly string[]>
  stop(): Promise<void>
}

/** How a scratch plant runs. */
export interface ScratchOptions {
  readonly watchFiles?: boolean
  /** Where the databases are, instead of a folder that is removed with the plant. */
  readonly dataFolder?: string
  /** Users as they are kept with the data, instead of one for each role whose password is its name. */
  readonly areUsersKept?: boolean
  /** Whether certificates that are moved by hand are noticed. */
  readonly watchCertificates?: boolean
}

/** Starts a plant made of these files. */
export async function startScratch(
  files: Readonly<Record<string, string>>,
  options: ScratchOptions = {},
): Promise<ScratchPlant> {
  const root = await mkdtemp(join(tmpdir(), 'millrace-scratch-'))
  const folder = join(root, 'plant')
  const lines: string[] = []
  const clients: Client[] = []
  const certificatesFolder = join(root, 'server')
  const data = options.dataFolder ?? join(root, 'data')
  const put = async (file: string, text: string | undefined): Promise<void> => {
    const path = join(folder, file)
    if (text === undefined) return rm(path, { force: true })
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  for (const [file, text] of Object.entries(files)) await put(file, text)
  const start = async (): Promise<RunningPlant> => {
    const loaded = await loadPlant(folder)
    if (!isRunnable(loaded)) throw new Error(`the plant has findings: ${JSON.stringify(loaded.findings)}`)
    return startPlant({
      ...{ plant: loaded, port: 0, certificatesFolder, dataFolder: data },
      ...(options.areUsersKept ? {} : { users: everyRole }),
      ...{ watchFiles: options.watchFiles ?? false, watchCertificates: options.watchCertificates ?? false },
      log: pino({ level: 'debug' }, { write: (line) => lines.push(line) }),
    })
  }
  let plant = await start()
  const stopAnd = async (work: () => Promise<unknown>): Promise<void> => {
    await closeClients()
    await plant.stop()
    await work()
    plant = await start()
  }
  const connectAs = async (how: ConnectOptions): Promise<Client> => {
    const client = await connect(plant.urls[0]!, join(root, 'client'), how)
    const index = (await client.session.readNamespaceArray()).findIndex((uri) => uri.startsWith('urn:millrace:plant:'))
    const made = { ...client, ...readersOf(client.session, index) }
    clients.push(made)
    return made
  }
  const closeClients = () => Promise.all(clients.splice(0).map((client) => client.close()))
  return {
    get plant() {
      return plant
    },
    folder,
    certificatesFolder,
    lines,
    connect(role) {
      const user = role && ({ type: UserTokenType.UserName, userName: role, password: role } as const)
      return connectAs(user ? { user } : {})
    },
    connectAs,
    put,
    async apply(file, text) {
      await put(file, text)
      const findings = await plant.reload('test')
      return findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)
    },
    restart: () => stopAnd(async () => undefined),
    stopAnd,
    dataFiles: async () => (await readdir(data, { recursive: true })).sort(),
    async stop() {
      await closeClients()
      await plant.stop()
      await rm(root, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Every user's name is a role, and the password is the name. */
const everyRole = {
  check: async (user: string, password: string) => user === password,
  rolesOf: (user: string) => [user as RoleName],
}

function readersOf(session: ClientSession, index: number): Pick<Client, 'id' | 'read' | 'write'> {
  const id = (identifier: string): string => `ns=${index};s=${identifier}`
  return {
    id,
    read: (identifier) => session.read({ nodeId: id(identifier), attributeId: 13 }),
    async write(identifier, value) {
      return (await session.write({ nodeId: id(identifier), attributeId: 13, value: { value } })).name
    },
  }
}
