import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPCUACertificateManager, OPCUAClient } from 'node-opcua'
import type { Value } from '../../../src/model/value.ts'
import { Child } from '../../bench/opcua-process.ts'
import { type WireAnswer, WireClient } from '../../kit/wire/client.ts'
import { wireIdentity } from '../../kit/wire/security.ts'
import { arrangedTime, type Served, startServed } from './served.ts'

/** Tags with values that JSON can carry, and what they may become. */
export const changingTags: readonly (readonly [string, readonly Value[]])[] = [
  ['plc1.Level', [1, 2, 2.5, 40]],
  ['plc1.aDouble', [0, 1, 1.25, 100]],
  ['plc1.aInt32', [-1, 0, 7]],
  ['plc1.aString', ['a', 'b', '']],
  ['plc1.aBoolean', [true, false]],
  ['plc1.lDouble', [[1, 2], [1, 2, 3], []]],
]

/** Who asks; `none` is a client without security and without a login. */
export const askers = ['none', 'anonymous', 'Observer', 'Operator', 'Engineer', 'ConfigureAdmin'] as const

/** A client of each of the two servers, with the same rights. */
export interface Pair {
  readonly hot: WireClient
  readonly stock: WireClient
}

/** The same plant served twice: in our quick ways by this process, and by the stack alone in another one. */
export interface Both {
  readonly hot: Served
  readonly stock: Child
  /** NodeIds of what both serve. */
  readonly nodeIds: readonly string[]
  pair(asker: (typeof askers)[number]): Pair
  /** Connects once more; messages of the servers may have so many bytes, or any number. */
  another(asker: (typeof askers)[number], messageBytes?: number): Promise<Pair>
  stop(): Promise<void>
}

/** The diagnostics of a Program hold times of the process within a structure; what the guard has found is told later. */
const ofProcess = /\.ProgramDiagnostic$|;s=guard\./

/** Starts both, and connects one client for each asker. */
export async function startBoth(): Promise<Both> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-wire-'))
  const files = await clientCertificate(folder)
  const hot = await startServed({ isHot: true, trusted: [files.certificate] })
  const stock = new Child('../opcua/hot/served-process.ts')
  const other = await stock.ask<Pick<Served, 'port' | 'certificateFile' | 'nodeIds'>>('start', {
    trusted: [files.certificate],
  })
  const connected: Pair[] = []
  const another: Both['another'] = async (asker, messageBytes = 0) => {
    const connect = ({ port, certificateFile }: Pick<Served, 'port' | 'certificateFile'>): Promise<WireClient> => {
      if (asker === 'none') return WireClient.open(port, { messageBytes })
      const identity = wireIdentity({ ...files, server: certificateFile })
      const user = asker === 'anonymous' ? {} : { user: { name: asker, password: asker } }
      return WireClient.open(port, { identity, messageBytes, ...user })
    }
    const pair = { hot: await connect(hot), stock: await connect(other) }
    connected.push(pair)
    return pair
  }
  const pairs = new Map<string, Pair>()
  for (const asker of askers) pairs.set(asker, await another(asker))
  return {
    hot,
    stock,
    nodeIds: other.nodeIds.filter((nodeId) => hot.nodeIds.includes(nodeId) && !ofProcess.test(nodeId)),
    pair(asker) {
      const pair = pairs.get(asker)
      if (!pair) throw new Error(`${asker} is not connected`)
      return pair
    },
    another,
    async stop() {
      for (const { hot: ours, stock: theirs } of connected) await Promise.all([ours.close(), theirs.close()])
      await stock.ask('stop')
      await stock.end()
      await hot.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Makes a certificate with the tools of the stack; what it is used for is done by hand. */
async function clientCertificate(folder: string) {
  const store = new OPCUACertificateManager({ rootFolder: folder, disableFileWatchers: true })
  await store.initialize()
  const client = OPCUAClient.create({ applicationName: 'Wire', clientCertificateManager: store })
  await client.createDefaultCertificate()
  const { certificateFile: certificate, privateKeyFile: privateKey } = client
  await store.dispose()
  return { certificate, privateKey }
}

/** Hundreds of nanoseconds since 1601 of the year after the arranged one. */
const madeByProcess = BigInt(arrangedTime + 11_644_473_600_000 + 366 * 86_400_000) * 10_000n

/** From this status on the stack gives the value itself away, and what one reader leaves out is lost to all later ones. */
const notGoodish = 0x1000_0000

/**
 * What has to be equal of two answers, as text: everything but times that each process made by its own clock, of which it
 * has to be equal that they are there.
 */
export function comparable(answer: unknown): string {
  return JSON.stringify(answer, function (key, value: unknown) {
    const { status } = this as { readonly status?: number }
    if (key.endsWith('Picoseconds')) return undefined
    if (key === 'sourceTime' && (status ?? 0) >= notGoodish) return undefined
    if (typeof value !== 'bigint') return value
    if (key === 'serverTime' || value > madeByProcess) return 'then'
    return value.toString()
  })
}

/** What two answers to the same request do not agree on: the statuses of the service, or what was asked and the answers. */
export function differences(
  items: readonly unknown[],
  ours: WireAnswer<unknown>,
  theirs: WireAnswer<unknown>,
): readonly unknown[] {
  const [ourCount, theirCount] = [ours.results.length, theirs.results.length]
  if (ours.status !== theirs.status || ourCount !== theirCount) {
    return [{ ours: ours.status, theirs: theirs.status, ourCount, theirCount }]
  }
  return items
    .map((item, index) => ({
      item: JSON.stringify(item),
      ours: comparable(ours.results[index]),
      theirs: comparable(theirs.results[index]),
    }))
    .filter((each) => each.ours !== each.theirs)
}

/** Bits of a seeded row of numbers, so that a failure can be repeated. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** An integer from 0 below `limit` (the generator of Marsaglia, xorshift32). */
  below(limit: number): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) % limit
  }

  one<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }
}
