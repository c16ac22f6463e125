/** The client of the benchmark `jobs`, in a process of its own. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ClientSession,
  DataType,
  OPCUACertificateManager,
  OPCUAClient,
  resolveNodeId,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { answerParent } from './opcua-process.ts'

/** What a side did: times in milliseconds. */
export interface Effort {
  readonly perSecond: number
  /** From the call to its answer. */
  readonly answerMs: readonly number[]
  /** From the call to the start of the run (StartTime of the job response, rounded up to a millisecond); both processes have one clock. */
  readonly runningMs: readonly number[]
}

/** A stretch of work. */
export interface Work {
  readonly orders: number
  /** Calls at the same time; with one, each order has ended before the next. */
  readonly inFlight: number
}

/** Transactions that a job order takes at least, one for each of its states: AllowedToStart, Running, Ended. */
const transactionsOfOrder = 3

const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const store = new OPCUACertificateManager({ rootFolder: folder, disableFileWatchers: true })

let made = 0
let ours: { readonly session: ClientSession; readonly plant: number; readonly types: number } | undefined
let limit: ClientSession | undefined

async function sessionTo(port: number): Promise<ClientSession> {
  const client = OPCUAClient.create({
    ...{ applicationName: 'Bench', endpointMustExist: false, clientCertificateManager: store },
    ...{ connectionStrategy: { maxRetry: 0 }, keepSessionAlive: true },
  })
  await client.connect(`opc.tcp://127.0.0.1:${port}`)
  return client.createSession()
}

function running<T>(side: T | undefined): T {
  if (!side) throw new Error('there is no connection')
  return side
}

const noComment = new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] })

/** Calls StoreAndStart; rejects when the order is not taken. */
async function order(id: string): Promise<void> {
  const { session, plant, types } = running(ours)
  const value = await session.constructExtensionObject(resolveNodeId(`ns=${types};i=3008`), {
    jobOrderID: id,
    workMasterID: [{ ID: 'empty' }],
  })
  const objectId = `ns=${plant};s=eq/Unit1.JobManagement.JobOrderControl`
  const { statusCode, outputArguments } = await session.call({
    ...{ objectId, methodId: `${objectId}.StoreAndStart` },
    inputArguments: [new Variant({ dataType: DataType.ExtensionObject, value }), noComment],
  })
  const status = String(outputArguments?.[0]?.value)
  if (status !== '0,1') throw new Error(`StoreAndStart ended with ${statusCode.name}, ReturnStatus ${status}`)
}

/** When the run of a job order was started, once it has ended; undefined before. */
async function startOf(id: string): Promise<number | undefined> {
  const { session, plant } = running(ours)
  const objectId = `ns=${plant};s=eq/Unit1.JobManagement.JobOrderResults`
  const { outputArguments } = await session.call({
    ...{ objectId, methodId: `${objectId}.RequestJobResponseByJobOrderID` },
    inputArguments: [new Variant({ dataType: DataType.String, value: id })],
  })
  const response = outputArguments?.[0]?.value as { jobState?: { stateNumber: number }[]; startTime?: Date } | null
  const state = response?.jobState?.[0]?.stateNumber ?? 0
  if (state === 6) throw new Error(`job order ${id} was aborted`)
  return state === 5 ? (response?.startTime?.getTime() ?? Number.NaN) : undefined
}

async function ended(id: string): Promise<number> {
  for (;;) {
    const start = await startOf(id)
    if (start !== undefined) return start
  }
}

async function inTurn(count: number, inFlight: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      next += 1
      await act(next - 1)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work))
}

answerParent({
  async connect({ side, port }: { side: 'ours' | 'limit'; port: number }) {
    await store.initialize()
    const session = await sessionTo(port)
    if (side === 'limit') {
      limit = session
      return
    }
    await session.extractNamespaceDataType()
    const uris = await session.readNamespaceArray()
    const indexOf = (uri: string): number => uris.indexOf(uri)
    ours = {
      session,
      plant: indexOf('urn:millrace:plant:bench'),
      types: indexOf('http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/'),
    }
  },
  async ours({ orders, inFlight }: Work): Promise<Effort> {
    const [answerMs, runningMs, ids]: [number[], number[], string[]] = [[], [], []]
    const begun = performance.now()
    await inTurn(orders, inFlight, async (index) => {
      made += 1
      const id = `WO-${made}`
      ids[index] = id
      const asked = performance.now()
      await order(id)
      answerMs.push(performance.now() - asked)
      if (inFlight === 1) runningMs.push((await ended(id)) + 1 - (performance.timeOrigin + asked))
    })
    // They are begun in the order of arrival, so that the last one of each caller is among the last to end.
    for (const id of ids.slice(-inFlight)) await ended(id)
    return { perSecond: (orders * 1000) / (performance.now() - begun), answerMs, runningMs }
  },
  async limit({ orders, inFlight }: Work): Promise<Effort> {
    const session = running(limit)
    const call = async (transactions: number): Promise<void> => {
      const inputArguments = [new Variant({ dataType: DataType.UInt32, value: transactions })]
      const { statusCode } = await session.call({ objectId: 'ns=1;s=unit', methodId: 'ns=1;s=order', inputArguments })
      if (statusCode.isNotGood()) throw new Error(`the call ended with ${statusCode.name}`)
    }
    const begun = performance.now()
    await inTurn(orders, inFlight, () => call(transactionsOfOrder))
    const perSecond = (orders * 1000) / (performance.now() - begun)
    const answerMs: number[] = []
    await inTurn(orders, inFlight, async () => {
      const asked = performance.now()
      await call(1)
      answerMs.push(performance.now() - asked)
    })
    return { perSecond, answerMs, runningMs: answerMs }
  },
})
