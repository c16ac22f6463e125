/** A process that is a client of {@link file://./history-server.ts}: it reads history, or counts notifications. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ClientSession,
  coerceNodeId,
  type HistoryData,
  HistoryReadRequest,
  OPCUACertificateManager,
  OPCUAClient,
  ReadProcessedDetails,
  ReadRawModifiedDetails,
  TimestampsToReturn,
} from 'node-opcua'
import { firstTime } from './history-load.ts'
import { answerParent } from './opcua-process.ts'
import { type Counter, subscribe } from './opcua-workloads.ts'

/** What a client has read. */
export interface ReadBack {
  readonly count: number
  readonly pages: number
  readonly ms: number
}

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

let connection: { readonly session: ClientSession; readonly index: number } | undefined
let counter: Counter | undefined

function connected(): { readonly session: ClientSession; readonly index: number } {
  if (!connection) throw new Error('the client is not connected')
  return connection
}

answerParent({
  async connect(port: number) {
    const client = OPCUAClient.create({
      applicationName: 'Bench',
      endpointMustExist: false,
      clientCertificateManager: new OPCUACertificateManager({ rootFolder: folder, disableFileWatchers: true }),
      connectionStrategy: { maxRetry: 0 },
      keepSessionAlive: true,
    })
    await client.connect(`opc.tcp://127.0.0.1:${port}`)
    const session = await client.createSession()
    connection = { session, index: (await session.readNamespaceArray()).indexOf('urn:millrace:plant:bench') }
  },
  async subscribe(count: number) {
    const { session, index } = connected()
    const ids = Array.from({ length: count }, (_, n) => `ns=${index};s=dev/bench.t${n}`)
    counter = await subscribe(session, ids)
  },
  notifications: () => counter?.count() ?? 0,
  /** Times between notifications since the last call, in milliseconds. */
  gaps: () => counter?.gaps() ?? [],
  /** Lets the server compute averages over the whole history, minute by minute, so many times. */
  async aggregateAll(times: number): Promise<ReadBack> {
    const { session, index } = connected()
    const nodeId = `ns=${index};s=pipe/made.Outputs.level`
    const start = performance.now()
    let [count, pages] = [0, 0]
    for (let time = 0; time < times; time++) {
      let continuationPoint: Buffer | undefined
      do {
        const request = new HistoryReadRequest({
          historyReadDetails: new ReadProcessedDetails({
            startTime: new Date(firstTime),
            endTime: new Date(firstTime + 1_000_000_000),
            // Fewer intervals than a page has, so that each answer is of all samples.
            processingInterval: 120_000,
            aggregateType: [coerceNodeId('i=2342')],
            aggregateConfiguration: { useServerCapabilitiesDefaults: true },
          }),
          nodesToRead: [{ nodeId, ...(continuationPoint ? { continuationPoint } : {}) }] as never,
          timestampsToReturn: TimestampsToReturn.Source,
        })
        const [result] = (await session.historyRead(request)).results ?? []
        if (!result?.statusCode.isGood()) throw new Error(`an aggregate is ${result?.statusCode.name}`)
        count += ((result.historyData as HistoryData).dataValues ?? []).length
        pages += 1
        continuationPoint = result.continuationPoint?.length > 0 ? result.continuationPoint : undefined
      } while (continuationPoint)
    }
    return { count, pages, ms: performance.now() - start }
  },
  /** Reads the whole history, page after page as the server gives them. */
  async readAll(): Promise<ReadBack> {
    const { session, index } = connected()
    const nodeId = `ns=${index};s=pipe/made.Outputs.level`
    const start = performance.now()
    let [count, pages, last] = [0, 0, 0]
    let continuationPoint: Buffer | undefined
    do {
      const request = new HistoryReadRequest({
        historyReadDetails: new ReadRawModifiedDetails({
          isReadModified: false,
          startTime: new Date(1_600_000_000_000),
          endTime: new Date(1_900_000_000_000),
        }),
        nodesToRead: [{ nodeId, ...(continuationPoint ? { continuationPoint } : {}) }] as never,
        timestampsToReturn: TimestampsToReturn.Source,
      })
      const [result] = (await session.historyRead(request)).results ?? []
      if (!result?.statusCode.isGood()) throw new Error(`a page is ${result?.statusCode.name}`)
      const values = (result.historyData as HistoryData).dataValues ?? []
      for (const { sourceTimestamp } of values) {
        const time = sourceTimestamp?.getTime() ?? 0
        if (time <= last) throw new Error('the samples are not in order')
        last = time
      }
      count += values.length
      pages += 1
      continuationPoint = result.continuationPoint?.length > 0 ? result.continuationPoint : undefined
    } while (continuationPoint)
    return { count, pages, ms: performance.now() - start }
  },
})
