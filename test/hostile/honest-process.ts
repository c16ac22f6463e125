/**
 * An honest client in a process of its own, so that nothing but the server can make it wait. It reads one variable ten times a
 * second over one session; it is told `stats` (what happened since the last time), `probe` (connect anew, read, leave) and `end`.
 */
import { AttributeIds, type ClientSession, OPCUAClient } from 'node-opcua'

const [url = '', nodeId = ''] = process.argv.slice(2)

/** Pause between two reads, in milliseconds. */
const everyMs = 100

let durations: number[] = []
let errors: string[] = []

async function open(name: string) {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    clientName: name,
    connectionStrategy: { maxRetry: 0, initialDelay: 100 },
    requestedSessionTimeout: 60_000,
    transportTimeout: 20_000,
  })
  client.on('backoff', () => undefined)
  await client.connect(url)
  return { client, session: await client.createSession() }
}

async function read(session: ClientSession): Promise<void> {
  const { statusCode } = await session.read({ nodeId, attributeId: AttributeIds.Value })
  if (!statusCode.isGood()) throw new Error(`${nodeId} is ${statusCode.name}`)
}

/** How long a new client needs until it has read something, in milliseconds. */
async function probe(): Promise<number> {
  const startedMs = performance.now()
  const { client, session } = await open('new')
  await read(session)
  const tookMs = performance.now() - startedMs
  await session.close()
  await client.disconnect()
  return tookMs
}

const { client, session } = await open('honest')
await read(session)

let isEnding = false
async function keepReading(): Promise<void> {
  while (!isEnding) {
    const startedMs = performance.now()
    await read(session).catch((error: unknown) => errors.push(String(error)))
    durations.push(performance.now() - startedMs)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, everyMs - (performance.now() - startedMs))))
  }
}
const reading = keepReading()

process.on('message', async (order: { id: number; what: 'stats' | 'probe' | 'end' }) => {
  const answer = (value: object) => process.send?.({ id: order.id, ...value })
  if (order.what === 'stats') {
    answer({ durations, errors })
    durations = []
    errors = []
  } else if (order.what === 'probe') {
    await probe().then(
      (tookMs) => answer({ tookMs }),
      (error: unknown) => answer({ error: String(error) }),
    )
  } else {
    isEnding = true
    await reading
    await session.close().catch(() => undefined)
    await client.disconnect()
    process.exit(0)
  }
})
// A test that ends takes this with it.
process.on('disconnect', () => process.exit(0))
process.send?.({ id: 0 })
