import { AttributeIds, type ClientSession, OPCUAClient } from 'node-opcua'
import type { GuardOptions } from '../../src/opcua/guard/index.ts'
import { type RawServer, startRawServer } from './raw-server.ts'

/** A server for a group of tests, and an honest client that must be served whatever the others do. */
export interface Bench {
  readonly port: number
  /** Undefined when the tests are pointed at a server in another process. */
  readonly raw: RawServer | undefined
  /** Reads a variable as an honest client does; gives the status and how long it took. */
  readHonestly(): Promise<{ status: string; tookMs: number }>
  stop(): Promise<void>
}

/**
 * Starts a guarded server and connects the honest client.
 *
 * Two ways show that a test fails without a guard: MILLRACE_RAW_PORT sends it to a server in another process, and
 * MILLRACE_RAW_BARE=1 leaves the guard out in this one.
 */
export async function startBench(options: GuardOptions = {}): Promise<Bench> {
  const elsewhere = Number(process.env.MILLRACE_RAW_PORT ?? 0)
  const raw = elsewhere
    ? undefined
    : await startRawServer({ ...options, isBare: process.env.MILLRACE_RAW_BARE === '1' })
  const port = raw?.port ?? elsewhere
  const client = OPCUAClient.create({
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
    clientName: 'honest',
    requestedSessionTimeout: 60_000,
  })
  await client.connect(`opc.tcp://127.0.0.1:${port}`)
  const session: ClientSession = await client.createSession()
  return {
    port,
    raw,
    async readHonestly() {
      const startedMs = performance.now()
      const value = await session.read({ nodeId: 'ns=1;s=level', attributeId: AttributeIds.Value })
      return { status: value.statusCode.name, tookMs: performance.now() - startedMs }
    },
    async stop() {
      await session.close()
      await client.disconnect()
      await raw?.stop()
    },
  }
}
