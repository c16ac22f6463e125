/**
 * The clients of the soak, in a process of their own: `clients.ts URL COUNT FOLDER`, whose certificates are in that folder. Every client
 * does one thing again and again; what went wrong, and what was lost, is told every second as a message.
 */
import {
  AttributeIds,
  BrowseDirection,
  type ClientSession,
  DataType,
  HistoryReadRequest,
  type HistoryReadResponse,
  OPCUACertificateManager,
  OPCUAClient,
  ReadRawModifiedDetails,
  resolveNodeId,
  type StatusCode,
  TimestampsToReturn,
} from 'node-opcua'

const [url = '', count = '50', certificates = ''] = process.argv.slice(2)
const clientCertificateManager = new OPCUACertificateManager({
  rootFolder: certificates,
  automaticallyAcceptUnknownCertificate: true,
  disableFileWatchers: true,
})
await clientCertificateManager.initialize()

/** What is told every second; counts are those since the start. */
export interface SoakReport {
  readonly operations: number
  readonly notifications: number
  readonly lost: number
  readonly errors: readonly string[]
}

const tally = { operations: 0, notifications: 0, lost: 0 }
const errors: string[] = []
let isEnding = false

function failed(what: string, error: unknown): void {
  if (!isEnding && errors.length < 20) errors.push(`${what}: ${String(error)}`)
}

function expectGood(what: string, status: StatusCode, ...allowed: readonly string[]): void {
  tally.operations += 1
  if (!status.isGood() && !allowed.includes(status.name)) failed(what, status.name)
}

type Work = (session: ClientSession, id: (identifier: string) => string) => Promise<void>

/** Counts the waves of a pipeline: each number comes once, in order, or something was lost. */
const subscribe: Work = async (session, id) => {
  const subscription = await session.createSubscription2({
    ...{ requestedPublishingInterval: 200, requestedLifetimeCount: 600, requestedMaxKeepAliveCount: 20 },
    ...{ maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 1 },
  })
  const item = await subscription.monitor(
    { nodeId: id('pipe/count.Outputs.count'), attributeId: AttributeIds.Value },
    { samplingInterval: 0, queueSize: 1000, discardOldest: true },
    TimestampsToReturn.Both,
  )
  let last: number | undefined
  item.on('changed', ({ value }) => {
    const next = value.value as number | null
    if (next === null) return
    tally.notifications += 1
    if (last !== undefined && next !== last + 1) {
      tally.lost += Math.abs(next - last - 1)
      failed('subscription', `${next} came after ${last}`)
    }
    last = next
  })
  subscription.on('terminated', () => failed('subscription', 'it was ended by the server'))
  while (!isEnding) await pause(500)
}

const read: Work = async (session, id) => {
  const tags = ['dev/boiler1.level', 'dev/boiler1.pressure', 'pipe/count.Outputs.count', 'dev/meter1.power']
  const nodes = tags.map((tag) => ({ nodeId: id(tag), attributeId: AttributeIds.Value }))
  while (!isEnding) {
    const values = await session.read(nodes)
    // A device that is away says so, and so does one that has just been configured anew.
    for (const [index, { statusCode }] of values.entries()) {
      if (index === 3) tally.operations += 1
      else expectGood(`read of ${tags[index]}`, statusCode)
    }
    await pause(200)
  }
}

const browse: Work = async (session) => {
  while (!isEnding) {
    const waiting = ['i=85']
    for (let visited = 0; visited < 60 && waiting.length > 0 && !isEnding; visited += 1) {
      const result = await session.browse({
        nodeId: waiting.shift() ?? 'i=85',
        browseDirection: BrowseDirection.Forward,
        referenceTypeId: 'HierarchicalReferences',
        includeSubtypes: true,
        resultMask: 63,
      })
      // A pipeline that is replaced meanwhile is gone for a moment.
      expectGood('browse', result.statusCode, 'BadNodeIdUnknown', 'BadNodeIdInvalid')
      const found = (result.references ?? []).map(({ nodeId }) => nodeId.toString())
      waiting.push(...found.filter((each) => !each.startsWith('ns=0')))
    }
    await pause(300)
  }
}

const call: Work = async (session, id) => {
  for (let round = 0; !isEnding; round += 1) {
    const value = { value: { dataType: DataType.Double, value: 20 + (round % 80) } }
    const written = await session.write({ nodeId: id('dev/boiler1.setpoint'), attributeId: AttributeIds.Value, value })
    expectGood('write', written)
    const methodId = id(`pipe/batch.${round % 2 === 0 ? 'Start' : 'Stop'}`)
    const { statusCode } = await session.call({ objectId: id('pipe/batch'), methodId })
    // Ten of them start and stop the same pipeline.
    expectGood('call', statusCode, 'BadInvalidState', 'GoodCompletesAsynchronously')
    await pause(500)
  }
}

const history: Work = async (session, id) => {
  while (!isEnding) {
    const endTime = new Date()
    const details = { startTime: new Date(endTime.getTime() - 60_000), endTime, numValuesPerNode: 100 }
    const historyReadDetails = new ReadRawModifiedDetails({ ...details, isReadModified: false })
    let continuationPoint: Buffer | undefined
    do {
      const nodesToRead = [{ nodeId: resolveNodeId(id('pipe/count.Outputs.count')), continuationPoint }]
      const request = new HistoryReadRequest({
        historyReadDetails,
        nodesToRead,
        timestampsToReturn: TimestampsToReturn.Both,
      } as never)
      const { results } = await performed(session, request)
      const [result] = results ?? []
      if (!result) throw new Error('a history read without a result')
      expectGood('history', result.statusCode, 'GoodNoData', 'GoodMoreData')
      const point = result.continuationPoint as Buffer | null
      continuationPoint = point && point.length > 0 ? point : undefined
    } while (continuationPoint && !isEnding)
    await pause(1000)
  }
}

/** A request with details of its own; the class of the session has the method, its interface has not. */
function performed(session: ClientSession, request: HistoryReadRequest): Promise<HistoryReadResponse> {
  return (
    session as never as { performMessageTransaction(r: object): Promise<HistoryReadResponse> }
  ).performMessageTransaction(request)
}

/** Of fifty clients: twenty subscribe, and ten each browse or read, call, and read history. */
const works: readonly (readonly [string, Work])[] = [
  ['subscribe', subscribe],
  ['read', read],
  ['subscribe', subscribe],
  ['browse', browse],
  ['call', call],
  ['history', history],
]

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

async function runClient(index: number): Promise<void> {
  const [name, work] = works[index % works.length] as readonly [string, Work]
  const client = OPCUAClient.create({
    endpointMustExist: false,
    clientCertificateManager,
    clientName: `soak ${index}`,
    connectionStrategy: { maxRetry: 0, initialDelay: 100 },
    requestedSessionTimeout: 60_000,
    keepSessionAlive: true,
  })
  client.on('backoff', () => undefined)
  try {
    await client.connect(url)
    const session = await client.createSession()
    const plant = (await session.readNamespaceArray()).findIndex((uri) => uri.startsWith('urn:millrace:plant:'))
    await work(session, (identifier) => `ns=${plant};s=${identifier}`)
    await session.close()
  } catch (error) {
    failed(`${name} ${index}`, error)
  }
  await client.disconnect().catch(() => undefined)
}

process.on('unhandledRejection', (error) => failed('unhandled rejection in the clients', error))
process.on('message', () => {
  isEnding = true
})
// Whoever has started this has gone.
process.on('disconnect', () => process.exit(1))
const telling = setInterval(() => process.send?.({ ...tally, errors: errors.splice(0) } satisfies SoakReport), 1000)
const running: Promise<void>[] = []
for (let index = 0; index < Number(count); index += 1) {
  running.push(runClient(index))
  await pause(50)
}
await Promise.all(running)
clearInterval(telling)
process.send?.({ ...tally, errors: errors.splice(0) } satisfies SoakReport, () => process.exit(0))
