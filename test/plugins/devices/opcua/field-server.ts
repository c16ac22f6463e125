import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AccessLevelFlag,
  DataType,
  type ISessionContext,
  MessageSecurityMode,
  type Namespace,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  type OPCUAServerOptions,
  SecurityPolicy,
  StatusCodes,
  type UAObject,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua'

/** A plain node-opcua server that stands for a PLC; it can be stopped and started again on the same port. */
export interface FieldServer {
  readonly url: string
  readonly port: number
  readonly folder: string
  /** The server that runs now. */
  readonly server: OPCUAServer
  /** Variables of the device by name, as they are now. */
  variable(name: string): UAVariable
  /** Gives a variable another number. */
  change(name: string, value: number): void
  /** Counts `counter` up every few milliseconds, from where it was; 0 stops it. */
  count(everyMs: number): void
  /** The last value of `counter`. */
  readonly counted: number
  stop(): Promise<void>
  start(): Promise<void>
  remove(): Promise<void>
}

/** How a field server is made. */
export interface FieldServerOptions {
  readonly server?: OPCUAServerOptions
  /** Namespaces that come before the one of the device. */
  readonly namespacesBefore?: () => readonly string[]
  /** Whether it has a small address space and no variables but `counter` and `temperature`, so that it starts quickly. */
  readonly isSmall?: boolean
  /** Number of variables `t0`, `t1`, ... besides the named ones. */
  readonly tags?: number
}

/** The namespace of the device. */
export const deviceUri = 'urn:acme:plc'

/** The stack's own small address space: types, and the Server object. */
const smallNodeset = createRequire(import.meta.url).resolve('node-opcua-address-space/nodesets/mini.Nodeset2.xml')

/** The stack samples at most every 100 ms unless it is told that values are pushed. */
const pushed = { minSupportedSampleRate: 0 } as never

/** The settings that let clients in that nobody has seen before, with and without security. */
const open: OPCUAServerOptions = {
  serverCapabilities: pushed,
  securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
  securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss],
  userManager: { isValidUser: (user: string, password: string) => user === 'operator' && password === 'pump-7' },
}

/** Starts a server on a free loopback port. */
export async function startFieldServer(options: FieldServerOptions = {}): Promise<FieldServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-field-'))
  let port = 0
  let server: OPCUAServer
  let counted = 0
  let timer: NodeJS.Timeout | undefined
  let everyMs = 0
  const variables = new Map<string, UAVariable>()
  const tick = () => {
    counted += 1
    variables.get('counter')?.setValueFromSource({ dataType: DataType.UInt32, value: counted })
  }
  const start = async (): Promise<void> => {
    const store = new OPCUACertificateManager({
      rootFolder: join(folder, 'server'),
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    })
    server = new OPCUAServer({
      ...{ port, host: '127.0.0.1', hostname: 'localhost', alternateHostname: ['127.0.0.1'] },
      ...{
        nodeset_filename: [options.isSmall ? smallNodeset : nodesets.standard],
        serverCertificateManager: store,
        userCertificateManager: store,
      },
      ...open,
      ...options.server,
    })
    await server.initialize()
    const { addressSpace } = server.engine
    for (const uri of options.namespacesBefore?.() ?? []) addressSpace!.registerNamespace(uri)
    const namespace = addressSpace!.registerNamespace(deviceUri)
    addDevice(namespace, variables, options.isSmall ? ['counter', 'temperature'] : Object.keys(kinds))
    for (let index = 0; index < (options.tags ?? 0); index++) addTag(namespace, variables, index)
    // What the counter begins with was never sent before, so that a value that comes twice is a mistake.
    tick()
    await server.start()
    port = (server.endpoints[0] as unknown as { port: number }).port
    if (everyMs > 0) timer = setInterval(tick, everyMs)
  }
  const stop = async (): Promise<void> => {
    clearInterval(timer)
    await server.shutdown(0)
    server.dispose()
  }
  await start()
  return {
    folder,
    start,
    stop,
    get server() {
      return server
    },
    get port() {
      return port
    },
    get url() {
      return `opc.tcp://127.0.0.1:${port}`
    },
    get counted() {
      return counted
    },
    variable(name) {
      const found = variables.get(name)
      if (!found) throw new Error(`the field server has no ${name}`)
      return found
    },
    change(name, value) {
      variables.get(name)?.setValueFromSource({ dataType: DataType.Double, value })
    },
    count(ms) {
      clearInterval(timer)
      everyMs = ms
      if (ms > 0) timer = setInterval(tick, ms)
    },
    async remove() {
      await stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

type Kind = { readonly dataType: keyof typeof DataType | string; readonly value: Variant; readonly rank?: number }

const scalar = (dataType: DataType, value: unknown) =>
  new Variant({ dataType, arrayType: VariantArrayType.Scalar, value })

const kinds: Readonly<Record<string, Kind>> = {
  counter: { dataType: 'UInt32', value: scalar(DataType.UInt32, 0) },
  temperature: { dataType: 'Double', value: scalar(DataType.Double, 21.5) },
  level: { dataType: 'Int16', value: scalar(DataType.Int16, -3) },
  total: { dataType: 'Int64', value: scalar(DataType.Int64, [0x7fffffff, 0xfffffffe]) },
  valve: { dataType: 'Boolean', value: scalar(DataType.Boolean, true) },
  title: { dataType: 'LocalizedText', value: scalar(DataType.LocalizedText, { text: 'Kessel', locale: 'de' }) },
  serial: { dataType: 'Guid', value: scalar(DataType.Guid, '72962B91-FA75-4AE6-8D28-B404DC7DAF63') },
  started: { dataType: 'DateTime', value: scalar(DataType.DateTime, new Date(1_700_000_000_000)) },
  cycle: { dataType: 'Duration', value: scalar(DataType.Double, 12.5) },
  state: { dataType: 'ServerState', value: scalar(DataType.Int32, 3) },
  anything: { dataType: 'Number', value: scalar(DataType.Byte, 7) },
  curve: {
    dataType: 'Float',
    value: new Variant({ dataType: DataType.Float, arrayType: 1, value: new Float32Array([1, 2, 3]) }),
    rank: 1,
  },
  structure: { dataType: 'BuildInfo', value: new Variant({ dataType: DataType.Null }) },
  setpoint: { dataType: 'Int32', value: scalar(DataType.Int32, 5) },
}

function addDevice(namespace: Namespace, variables: Map<string, UAVariable>, names: readonly string[]): void {
  const device = namespace.addObject({
    organizedBy: namespace.addressSpace.rootFolder.objects,
    browseName: 'Device.1',
    nodeId: 's=Device',
  })
  for (const name of names) {
    const { dataType, value, rank } = kinds[name] as Kind
    const variable = namespace.addVariable({
      componentOf: device,
      browseName: name,
      nodeId: `s=Device.${name}`,
      dataType: dataType as never,
      valueRank: rank ?? -1,
      accessLevel: AccessLevelFlag.CurrentRead | AccessLevelFlag.CurrentWrite,
      minimumSamplingInterval: 0,
    })
    variable.setValueFromSource(value)
    variables.set(name, variable)
  }
  if (names.length === Object.keys(kinds).length) addMethod(namespace, device)
}

function addMethod(namespace: Namespace, device: UAObject): void {
  const argument = (name: string, dataType: DataType) => ({ name, dataType, description: name })
  const method = namespace.addMethod(device, {
    browseName: 'scale',
    nodeId: 's=Device.scale',
    inputArguments: [argument('factor', DataType.Int32), argument('label', DataType.String)],
    outputArguments: [argument('scaled', DataType.Double), argument('echo', DataType.String)],
  })
  method.bindMethod(async (inputs: Variant[], _context: ISessionContext) => {
    const [factor, label] = inputs
    if (factor?.value === 0) return { statusCode: StatusCodes.BadOutOfRange }
    return {
      statusCode: StatusCodes.Good,
      outputArguments: [
        { dataType: DataType.Double, value: factor?.value / 2 },
        { dataType: DataType.String, value: `${label?.value}!` },
      ],
    }
  })
}

function addTag(namespace: Namespace, variables: Map<string, UAVariable>, index: number): void {
  const variable = namespace.addVariable({
    componentOf: `ns=${namespace.index};s=Device`,
    browseName: `t${index}`,
    nodeId: `i=${1000 + index}`,
    dataType: 'Double',
    minimumSamplingInterval: 0,
  })
  variable.setValueFromSource({ dataType: DataType.Double, value: index })
  variables.set(`t${index}`, variable)
}
