import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AccessLevelFlag,
  type AddressSpace,
  DataType,
  DataValue,
  MessageSecurityMode,
  type Namespace,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  StatusCodes,
  type UAObject,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { systemClock } from '../../src/model/clock.ts'
import {
  type Guard,
  type GuardOptions,
  guardedServerOptions,
  installGuard,
  routeStackLog,
} from '../../src/opcua/guard/index.ts'

/** A server with nodes that misbehave, for defensive tests. */
export interface RawServer {
  readonly server: OPCUAServer
  readonly port: number
  readonly guard: Guard | undefined
  /** What the guard let through of the stack's log. */
  readonly log: readonly string[]
  stop(): Promise<void>
}

/**
 * Starts a server on a free loopback port whose nodes throw, are large, or are many.
 *
 * Without a guard it is the stack as it comes; such a one belongs into a process of its own, because it ends.
 */
export async function startRawServer(options: GuardOptions & { readonly isBare?: boolean } = {}): Promise<RawServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-guard-'))
  const log: string[] = []
  if (!options.isBare) routeStackLog((level, message) => log.push(`${level} ${message}`), systemClock)
  const storeIn = (name: string) =>
    new OPCUACertificateManager({ rootFolder: join(folder, name), disableFileWatchers: true })
  const stores = { serverCertificateManager: storeIn('own'), userCertificateManager: storeIn('users') }
  const { serverCertificateManager, userCertificateManager } = stores
  const block = guardedServerOptions({ ...stores, buildInfo: BUILD_INFO })
  const server = new OPCUAServer({
    port: 0,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    nodeset_filename: [nodesets.standard],
    securityModes: [MessageSecurityMode.None],
    securityPolicies: [SecurityPolicy.None],
    allowAnonymous: true,
    ...(options.isBare ? { serverCertificateManager, userCertificateManager } : block),
    unresolvedPermissionPolicy: 'allow',
  } as never)
  await server.initialize()
  addMisbehavingNodes(server.engine.addressSpace as AddressSpace)
  const guard = options.isBare ? undefined : installGuard(server, options)
  await server.start()
  return {
    server,
    guard,
    log,
    port: server.endpoints[0]!.port,
    async stop() {
      await server.shutdown(0)
      guard?.uninstall()
      await serverCertificateManager?.dispose()
      await userCertificateManager?.dispose()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const BUILD_INFO = {
  productName: 'test',
  productUri: 'urn:test',
  manufacturerName: 'test',
  softwareVersion: '0',
  buildNumber: '0',
  buildDate: new Date(0),
}

/** How many children the large folder has. */
export const MANY = 6_000

function addMisbehavingNodes(addressSpace: AddressSpace): void {
  const namespace = addressSpace.getOwnNamespace()
  const plant = namespace.addObject({
    browseName: 'Plant',
    organizedBy: addressSpace.rootFolder.objects,
    nodeId: 's=plant',
  })
  addValues(namespace, plant)
  addThrowers(namespace, plant)
  const many = namespace.addObject({ browseName: 'Many', organizedBy: plant, nodeId: 's=many' })
  for (let index = 0; index < MANY; index += 1) {
    namespace.addObject({ browseName: `c${index}`, organizedBy: many })
  }
}

function addValues(namespace: Namespace, plant: UAObject): void {
  const level = { accessLevel: 'CurrentRead | CurrentWrite', componentOf: plant } as const
  namespace.addVariable({
    ...level,
    browseName: 'Level',
    nodeId: 's=level',
    dataType: 'Double',
    value: { dataType: DataType.Double, value: 1 },
  })
  namespace.addVariable({
    ...level,
    browseName: 'Array',
    nodeId: 's=array',
    dataType: 'Double',
    valueRank: 1,
    value: { dataType: DataType.Double, arrayType: VariantArrayType.Array, value: Float64Array.of(1, 2, 3, 4) },
  })
  namespace.addVariable({
    ...level,
    browseName: 'Large',
    nodeId: 's=large',
    dataType: 'ByteString',
    value: { dataType: DataType.ByteString, value: Buffer.alloc(1_000_000) },
  })
}

function addThrowers(namespace: Namespace, plant: UAObject): void {
  const readable = { accessLevel: AccessLevelFlag.CurrentRead, dataType: 'Double', componentOf: plant } as const
  const fuse = { isBlown: false }
  const sync = namespace.addVariable({ ...readable, browseName: 'SyncGetter', nodeId: 's=sync-getter' })
  sync.bindVariable({
    timestamped_get: () => {
      if (fuse.isBlown) throw new Error('this getter throws')
      return new DataValue({ value: { dataType: DataType.Double, value: 1 }, statusCode: StatusCodes.Good })
    },
  })
  const later = namespace.addVariable({ ...readable, browseName: 'AsyncGetter', nodeId: 's=async-getter' })
  later.bindVariable({
    refreshFunc: (callback: (error: Error) => void) => setImmediate(() => callback(new Error('no'))),
  })
  const nonsense = namespace.addVariable({ ...readable, browseName: 'Unencodable', nodeId: 's=unencodable' })
  nonsense.bindVariable({
    timestamped_get: () => {
      const value = new DataValue({ value: { dataType: DataType.Double, value: 1 }, statusCode: StatusCodes.Good })
      if (fuse.isBlown) value.value.value = Symbol('no number')
      return value
    },
  })
  fuse.isBlown = true
  const bad = (name: string, body: () => unknown) => {
    const method = namespace.addMethod(plant, { browseName: name, nodeId: `s=${name}` })
    method.bindMethod((async (_inputs: unknown, _context: unknown) => body()) as never)
  }
  bad('async-method', () => Promise.reject(new Error('this method rejects')))
  bad('good-method', () => ({ statusCode: StatusCodes.Good, outputArguments: [] }))
  bad('unencodable-output', () => ({
    statusCode: StatusCodes.Good,
    outputArguments: [{ dataType: DataType.UInt64, value: 'x' }],
  }))
  bad('bad-output', () => ({
    statusCode: StatusCodes.Good,
    outputArguments: [new Variant({ dataType: DataType.UInt32, value: 1 }), { dataType: 99 }],
  }))
  const syncMethod = namespace.addMethod(plant, { browseName: 'sync-method', nodeId: 's=sync-method' })
  syncMethod.bindMethod(((_inputs: unknown, _context: unknown, _callback: unknown) => {
    throw new Error('this method throws')
  }) as never)
}
