/**
 * What an MES does with Millrace, written with a plain OPC UA client and the standard types of OPC 10031-4 V2 and OPC 40001-3 only:
 * it finds a machine, reads what can be ordered, orders one bottle, follows the job order by its events, reads what has come of
 * it and clears it.
 *
 *     npm start                                             # the demo plant, in one terminal
 *     node test/examples/mes.ts opc.tcp://localhost:4840    # in another, with Node.js 22.18 or newer
 *
 * The demo plant lets anybody in without encryption. For a real plant, log in with a user that holds the role Supervisor (Clear
 * asks for it; Operator is enough for the rest) and let the client use SignAndEncrypt.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import {
  AttributeIds,
  type ClientSession,
  ClientSubscription,
  coerceLocalizedText,
  constructEventFilter,
  DataType,
  makeBrowsePath,
  type NodeId,
  OPCUAClient,
  ofType,
  resolveNodeId,
  TimestampsToReturn,
  Variant,
  VariantArrayType,
} from 'node-opcua-client'

const uris = {
  machinery: 'http://opcfoundation.org/UA/Machinery/',
  jobs: 'http://opcfoundation.org/UA/Machinery/Jobs/',
  jobControl: 'http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/',
} as const

type Indexes = Readonly<Record<keyof typeof uris, number>>

/** A parameter (ISA95ParameterDataType), as far as it is used here. */
interface Parameter {
  readonly ID: string
  readonly value: Variant | null
  readonly engineeringUnits?: { readonly displayName: { readonly text: string } }
}

interface WorkMaster {
  readonly ID: string
  readonly parameters?: readonly Parameter[] | null
}

interface State {
  readonly stateText: { readonly text: string }
}

interface Response {
  readonly jobResponseID: string
  readonly jobState: readonly State[]
  readonly startTime: Date
  readonly endTime: Date
  readonly jobResponseData: readonly Parameter[]
}

/** What to order, and where to write what happens. */
export interface Order {
  readonly url: string
  readonly jobOrderId: string
  readonly workMasterId: string
  /** Value of the parameter `targetVolume` in litres. */
  readonly volume: number
  print(line: string): void
}

/** Orders one bottle, waits until it is filled, and resolves to the state in which the job order has ended. */
export async function orderBottle(order: Order): Promise<string> {
  const certificates = new OPCUACertificateManager({
    rootFolder: join(tmpdir(), 'millrace-mes-example'),
    disableFileWatchers: true,
  })
  const client = OPCUAClient.create({
    applicationName: 'MES',
    clientCertificateManager: certificates,
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 1 },
  })
  await client.connect(order.url)
  const session = await client.createSession()
  try {
    // Indexes of namespaces differ between servers and restarts: they are looked up by URI.
    const namespaces = await session.readNamespaceArray()
    const ns = Object.fromEntries(Object.entries(uris).map(([name, uri]) => [name, namespaces.indexOf(uri)])) as Indexes
    // Structures can be read once their types are known.
    await session.extractNamespaceDataType()
    return await ordered(session, ns, order)
  } finally {
    await session.close()
    await client.disconnect()
    await certificates.dispose()
  }
}

async function ordered(session: ClientSession, ns: Indexes, order: Order): Promise<string> {
  const { jobOrderId, print } = order
  const machine = await firstMachine(session, ns)
  const [control, results] = await Promise.all(
    ['JobOrderControl', 'JobOrderResults'].map((name) =>
      nodeAt(session, machine.nodeId, `/${ns.jobs}:JobManagement/${ns.jobs}:${name}`),
    ),
  )
  if (!control || !results) throw new Error('the machine takes no job orders')
  const masters = await workMasters(session, control, ns)
  print(`${machine.name} can be ordered to do`)
  for (const { ID, parameters } of masters) print(`  ${[ID, ...(parameters ?? []).map(textOf)].join(', ')}`)

  // Events of the machine tell each state of its job orders.
  const { subscription, heard } = await follow(session, { machine: machine.nodeId, jobOrderId, ns })

  // The same order twice: the second one has to be refused.
  const calls = { session, ns, print }
  const master = masters.find(({ ID }) => ID === order.workMasterId)
  const structure = await jobOrder(session, ns, order, master)
  await call(calls, control, 'StoreAndStart', [structure, comment('ordered by the MES')])
  await call(calls, control, 'StoreAndStart', [structure, comment('ordered twice')])

  // What has come of it stands in the last event, and can be asked for whenever it is wanted.
  const ended = await toEnd(heard, { jobOrderId, print })
  await subscription.terminate()
  const id = new Variant({ dataType: DataType.String, value: jobOrderId })
  const [answer] = await call(calls, results, 'RequestJobResponseByJobOrderID', [id])
  tell(answer?.value as Response, print)

  // It stays in the list until the MES has what it wants.
  await call(calls, control, 'Clear', [id, comment('')])
  return ended
}

/** What can be ordered: pipelines, and their parameters with defaults, units and limits. */
async function workMasters(session: ClientSession, control: NodeId, ns: Indexes): Promise<readonly WorkMaster[]> {
  const nodeId = await nodeAt(session, control, `.${ns.jobControl}:WorkMaster`)
  return (await session.read({ nodeId, attributeId: AttributeIds.Value })).value.value ?? []
}

/** An ISA95JobOrderDataType; its parameter is in the unit that the machine has told for it. */
async function jobOrder(
  session: ClientSession,
  ns: Indexes,
  { jobOrderId, workMasterId, volume }: Order,
  master: WorkMaster | undefined,
): Promise<Variant> {
  const declared = master?.parameters?.find(({ ID }) => ID === 'targetVolume')
  const value = await session.constructExtensionObject(resolveNodeId(`ns=${ns.jobControl};i=3008`), {
    jobOrderID: jobOrderId,
    workMasterID: [{ ID: workMasterId }],
    priority: 5,
    jobOrderParameters: [
      {
        ID: 'targetVolume',
        value: new Variant({ dataType: DataType.Double, value: volume }),
        engineeringUnits: declared?.engineeringUnits,
      },
    ],
  })
  return new Variant({ dataType: DataType.ExtensionObject, value })
}

interface Calls {
  readonly session: ClientSession
  readonly ns: Indexes
  print(line: string): void
}

/** Calls a method of job control. Uncertain, with a ReturnStatus other than 1, says why something was refused. */
async function call(
  { session, ns, print }: Calls,
  objectId: NodeId,
  name: string,
  inputs: Variant[],
): Promise<Variant[]> {
  const methodId = await nodeAt(session, objectId, `.${ns.jobControl}:${name}`)
  const { statusCode, outputArguments } = await session.call({ objectId, methodId, inputArguments: inputs })
  const outputs = outputArguments ?? []
  // The stack gives a UInt64 as its two halves.
  const [high, low] = outputs.at(-1)?.value ?? [0, 0]
  print(`${name} -> ${statusCode.name}, ReturnStatus ${(BigInt(high) << 32n) | BigInt(low)}`)
  return outputs
}

function tell(response: Response, print: Order['print']): void {
  print(`  run ${response.jobResponseID}, ${response.jobState[0]?.stateText.text}`)
  print(`  from ${response.startTime.toISOString()} to ${response.endTime.toISOString()}`)
  for (const data of response.jobResponseData) print(`  ${textOf(data)}`)
}

/** The first of the machines in Objects/Machines (OPC 40001-1): equipment with a nameplate. */
async function firstMachine(session: ClientSession, ns: Indexes): Promise<{ nodeId: NodeId; name: string }> {
  const { references } = await session.browse({ nodeId: `ns=${ns.machinery};i=1001`, resultMask: 63, nodeClassMask: 1 })
  const machine = references?.[0]
  if (!machine) throw new Error('there is no machine in Objects/Machines')
  return { nodeId: machine.nodeId, name: machine.displayName.text ?? '' }
}

/** The node at a browse path from another one. */
async function nodeAt(session: ClientSession, from: NodeId, path: string): Promise<NodeId> {
  const { statusCode, targets } = await session.translateBrowsePath(makeBrowsePath(from, path))
  const target = targets?.[0]
  if (!target) throw new Error(`${path} of ${from.toString()}: ${statusCode.name}`)
  return target.targetId
}

interface Following {
  readonly machine: NodeId
  readonly jobOrderId: string
  readonly ns: Indexes
}

/** A state that a job order has come to, with what has come of it so far. */
interface Heard {
  readonly state: string
  readonly response: Response | null
}

/** Subscribes to the events of the machine that are about job orders, whatever subtype the server sends. */
async function follow(
  session: ClientSession,
  { machine, jobOrderId, ns: { jobControl } }: Following,
): Promise<{ readonly subscription: ClientSubscription; readonly heard: Heard[] }> {
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: 100,
    requestedLifetimeCount: 600,
    requestedMaxKeepAliveCount: 50,
    publishingEnabled: true,
  })
  const fields = ['JobOrder', 'JobState', 'JobResponse'].map((name) => `${jobControl}:${name}`)
  const filter = constructEventFilter(fields, ofType(resolveNodeId(`ns=${jobControl};i=1006`)))
  const item = await subscription.monitor(
    { nodeId: machine, attributeId: AttributeIds.EventNotifier },
    { queueSize: 1000, discardOldest: true, filter },
    TimestampsToReturn.Neither,
  )
  const heard: Heard[] = []
  item.on('changed', ([order, states, response]: Variant[]) => {
    if ((order?.value as { jobOrderID?: string })?.jobOrderID !== jobOrderId) return
    const [state] = (states?.value ?? []) as State[]
    heard.push({ state: state?.stateText.text ?? '', response: (response?.value ?? null) as Response | null })
  })
  return { subscription, heard }
}

/** Prints each state as it is heard, until the job order is over, and gives the last one. */
async function toEnd(heard: Heard[], { jobOrderId, print }: Pick<Order, 'jobOrderId' | 'print'>): Promise<string> {
  for (let waited = 0; waited < 600; waited += 1) {
    for (const { state, response } of heard.splice(0)) {
      print(`event: ${jobOrderId} is ${state}${response ? `, run ${response.jobResponseID}` : ''}`)
      if (state === 'Ended' || state === 'Aborted') return state
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the job order has not ended within a minute')
}

function comment(text: string): Variant {
  return new Variant({
    dataType: DataType.LocalizedText,
    arrayType: VariantArrayType.Array,
    value: [coerceLocalizedText(text)],
  })
}

function textOf({ ID, value, engineeringUnits }: Parameter): string {
  const plain = [value?.value].flat().map((each) => (each as { text?: string } | null)?.text ?? String(each))
  return [`${ID} = ${plain.join(', ')}`, engineeringUnits?.displayName.text ?? ''].join(' ').trim()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url = 'opc.tcp://localhost:4840', jobOrderId = `WO-${Date.now()}`] = process.argv.slice(2)
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  await orderBottle({ url, jobOrderId, workMasterId: 'fill', volume: 2, print })
}
