import { rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  coerceLocalizedText,
  DataType,
  type ISessionContext,
  MessageSecurityMode,
  makeEUInformation,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  StatusCodes,
  type UAVariable,
  type Variant,
} from 'node-opcua'
import { defaultLimits } from '../../src/model/limits.ts'
import { startServer } from '../../src/opcua/server.ts'
import { BenchPlant, type TagKind } from './opcua-plant.ts'

/** What to serve: our server, or a bare one of the stack as it comes. */
export interface TargetOptions {
  readonly who: 'ours' | 'bare'
  readonly count: number
  readonly kind: TagKind
  /** File of the client's certificate, which is trusted from the start. */
  readonly trusted?: string
}

/** A server under test. */
export interface Target {
  readonly port: number
  readonly certificateFile: string
  change(from: number, to: number, value: number): void
  happen(): void
}

/** Serves so many variables `dev/bench.t0`, `dev/bench.t1`, ... and the method `dev/bench.MethodSet.echo`. */
export async function startTarget(options: TargetOptions): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return options.who === 'ours' ? startOurs(options, folder) : startBare(options, folder)
}

async function startOurs({ count, kind, trusted }: TargetOptions, folder: string): Promise<Target> {
  const certificates = join(folder, 'own', 'trusted', 'certs')
  await mkdir(certificates, { recursive: true })
  if (trusted) await cp(trusted, join(certificates, 'bench.pem'))
  const plant = new BenchPlant(count, kind)
  const server = await startServer({
    view: plant.view(),
    port: 0,
    bind: '127.0.0.1',
    name: 'Bench',
    certificatesFolder: folder,
    anonymous: 'operate',
    allowUnsecured: true,
    watchCertificates: false,
    log: () => undefined,
    // As many clients as the bare one takes, all without a login and from one address.
    limits: { ...defaultLimits, sessions: 100, sessionsPerUser: 100, connectionsPerAddress: 100 },
  })
  return {
    port: server.port,
    certificateFile: server.certificateFile,
    change: (from, to, value) => plant.change(from, to, value),
    happen: () => plant.happen(),
  }
}

async function startBare({ count, kind }: TargetOptions, folder: string): Promise<Target> {
  const server = new OPCUAServer({
    port: 0,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    nodeset_filename: [nodesets.standard],
    serverCertificateManager: new OPCUACertificateManager({
      rootFolder: folder,
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    }),
    // As it comes, it takes ten clients.
    maxConnectionsPerEndpoint: 100,
    serverCapabilities: { maxSessions: 100 } as never,
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
  })
  await server.initialize()
  const { addressSpace } = server.engine
  if (!addressSpace) throw new Error('the bare server has no address space')
  const variables = addVariables(server, count, kind)
  await server.start()
  return {
    port: server.endpoints[0]?.port ?? 0,
    certificateFile: server.certificateFile,
    change(from, to, value) {
      for (let index = from; index < to; index++) {
        variables[index]?.setValueFromSource({ dataType: DataType.Double, value })
      }
    },
    happen() {
      addressSpace.rootFolder.objects.server.raiseEvent('DeviceFailureEventType', {
        message: { dataType: DataType.LocalizedText, value: coerceLocalizedText('Bench is connected') },
        severity: { dataType: DataType.UInt16, value: 100 },
      } as never)
    },
  }
}

/** What a tutorial would write: an object with variables and a method, in the server's own namespace. */
function addVariables(server: OPCUAServer, count: number, kind: TagKind): UAVariable[] {
  const namespace = server.engine.addressSpace?.getOwnNamespace()
  if (!namespace) throw new Error('the bare server has no namespace')
  const bench = namespace.addObject({ browseName: 'Bench', nodeId: 's=dev/bench', organizedBy: 'ObjectsFolder' })
  const methods = namespace.addObject({ browseName: 'MethodSet', nodeId: 's=dev/bench.MethodSet', componentOf: bench })
  const method = namespace.addMethod(methods, {
    browseName: 'echo',
    nodeId: 's=dev/bench.MethodSet.echo',
    inputArguments: [{ name: 'value', dataType: DataType.Double }],
    outputArguments: [{ name: 'value', dataType: DataType.Double }],
  })
  method.bindMethod(async (inputs: Variant[], _context: ISessionContext) => ({
    statusCode: StatusCodes.Good,
    outputArguments: [{ dataType: DataType.Double, value: inputs[0]?.value }],
  }))
  return Array.from({ length: count }, (_, index) => {
    const name = { browseName: `t${index}`, nodeId: `s=dev/bench.t${index}`, componentOf: bench }
    const variable =
      kind === 'analog'
        ? namespace.addAnalogDataItem({
            ...name,
            dataType: 'Double',
            engineeringUnitsRange: { low: 0, high: 50 },
            engineeringUnits: makeEUInformation('LTR', 'l', 'litre'),
          } as never)
        : namespace.addVariable({ ...name, dataType: 'Double', minimumSamplingInterval: 0 })
    variable.setValueFromSource({ dataType: DataType.Double, value: 0 })
    return variable as UAVariable
  })
}
