import { AttributeIds, type ClientSession, OPCUAClient, TimestampsToReturn } from 'node-opcua'
import { systemClock } from '../../src/model/clock.ts'
import { routeStackLog } from '../../src/opcua/guard/index.ts'
import { type Row, rawOf } from '../opcua/history/reading.ts'
import { instances } from './plant-files.ts'

/** The counter of the arena's plant. */
export const counter = `${instances};s=pipe/count.Outputs.count`

// The client's stack tells of each limit that a server does not have, whenever it connects.
routeStackLog(() => undefined, systemClock)

/** A client that comes back by itself, and what it was sent. */
export interface LastingClient {
  readonly client: OPCUAClient
  readonly session: ClientSession
  /** Values of the counter in the order in which they came. */
  readonly seen: readonly number[]
  /** What a variable has now. */
  read(nodeId: string): Promise<unknown>
  /** Listens to another variable of numbers; what it is sent is added to what this returns. */
  listen(nodeId: string): Promise<readonly number[]>
}

/** Connects a client that comes back by itself, and subscribes to the counter with a queue of a hundred. */
export async function lastingClient(url: string): Promise<LastingClient> {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    clientName: 'lasting',
    connectionStrategy: { maxRetry: -1, initialDelay: 100, maxDelay: 500 },
    requestedSessionTimeout: 100_000,
    keepSessionAlive: true,
  })
  client.on('backoff', () => undefined)
  await client.connect(url)
  const session = await client.createSession()
  const subscription = await session.createSubscription2({
    ...{ requestedPublishingInterval: 200, requestedLifetimeCount: 1000, requestedMaxKeepAliveCount: 5 },
    ...{ maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 1 },
  })
  const listen = async (nodeId: string): Promise<readonly number[]> => {
    const seen: number[] = []
    const item = await subscription.monitor(
      { nodeId, attributeId: AttributeIds.Value },
      { samplingInterval: 0, queueSize: 100, discardOldest: true },
      TimestampsToReturn.Both,
    )
    item.on('changed', ({ value }) => seen.push(value.value as number))
    return seen
  }
  return {
    ...{ client, session, listen },
    seen: await listen(counter),
    read: async (nodeId) => (await session.read({ nodeId, attributeId: AttributeIds.Value })).value.value,
  }
}

/** Numbers that do not follow the one before them. */
export function breaks(numbers: readonly number[]): readonly number[] {
  return numbers.filter((each, index) => index > 0 && each !== (numbers[index - 1] ?? 0) + 1)
}

/** The history of the counter, as a client of its own reads it. */
export async function historyOf(url: string, end = new Date(Date.now() + 60_000)): Promise<readonly Row[]> {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 5, initialDelay: 100 },
  })
  client.on('backoff', () => undefined)
  await client.connect(url)
  const session = await client.createSession()
  const rows = await rawOf(session, counter, { start: new Date(0), end })
  await client.disconnect()
  return rows
}
