import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { plantFolder } from '../config/plant-folder.ts'
import { type PlantProcess, type PlantProcessOptions, startPlantProcess } from '../kit/plant-process.ts'
import { RawClient } from '../kit/raw-client.ts'
import { type HonestClient, startHonest } from './honest-client.ts'
import { findLeaks } from './leaks.ts'
import { arenaFiles, honestTag } from './plant-files.ts'

/**
 * How much longer than the rule says something may take: other work on the machine must not fail a test. MILLRACE_CALM=1 asks
 * for the rule as it is written.
 */
export const slack = process.env.MILLRACE_CALM === '1' ? 1 : 4

/** The common pass rule of the design: what must hold whatever the others do. */
const rule = {
  p99Ms: 250 * slack,
  longestMs: 1000 * slack,
  newClientDuringMs: 3000 * slack,
  newClientAfterMs: 1000 * slack,
  memoryPeakBytes: 256 * 1024 * 1024,
  memoryLeftBytes: 64 * 1024 * 1024,
  memoryBackMs: 60_000,
  logBytes: 64 * 1024,
} as const

/** How long the honest client is watched after a case, in milliseconds. */
const honestAfterMs = 500

/** The time within which whoever is hostile gets an error or is closed, in milliseconds. */
export const answeredMs = 2000 * slack

/** Where a case asks for so much at once that the rule allows it more. */
export interface Allowance {
  readonly logBytes?: number
  /** Bytes that the memory may grow by for a while, and how long it may take until they are back, in milliseconds. */
  readonly memoryPeakBytes?: number
  readonly memoryBackMs?: number
}

/** A plant in a process of its own, an honest client in another one, and cases that both must survive. */
export interface Arena {
  /** The plant's files, with its data in `d` and its certificates in `c` below. */
  readonly folder: string
  readonly plant: PlantProcess
  readonly port: number
  readonly url: string
  /** A raw client; what it receives must not leak anything. */
  raw(localAddress?: string): Promise<RawClient>
  /** A raw client with an anonymous session. */
  session(): Promise<RawClient>
  /** Lets something hostile happen, under the common pass rule. */
  suffer(attack: () => Promise<void>, options?: Allowance): Promise<void>
  stop(): Promise<void>
}

/** How the plant of an arena runs. */
export interface ArenaOptions extends PlantProcessOptions {
  /** Does something to its folder before it starts. */
  prepare?(folder: string): Promise<unknown>
}

/** Starts a plant with the heap that the rule is about (512 MB), and the honest client. */
export async function startArena(options: ArenaOptions = {}, files = arenaFiles): Promise<Arena> {
  const { NODE_OPTIONS: more = '', ...others } = options.environment ?? {}
  const environment = { ...others, NODE_OPTIONS: `--max-old-space-size=512 ${more}` }
  const folder = await plantFolder(files)
  await options.prepare?.(folder)
  const plant = await startPlantProcess(folder, { ...options, environment })
  const port = Number(/:(\d+)$/.exec(plant.url)?.[1])
  const url = `opc.tcp://127.0.0.1:${port}`
  const honest = await startHonest(url, honestTag)
  let wire: Buffer[] = []
  const tapped = (client: RawClient): RawClient => {
    client.socket.on('data', (data) => wire.push(data as Buffer))
    return client
  }
  return {
    ...{ folder, plant, port, url },
    raw: async (localAddress) => tapped(await RawClient.connect(port, localAddress)),
    async session() {
      const client = tapped(await RawClient.connect(port))
      await client.hello()
      await client.open()
      await client.login()
      return client
    },
    async suffer(attack, allowance = {}) {
      const { logBytes, memoryPeakBytes, memoryBackMs } = { ...rule, ...allowance }
      wire = []
      await honest.served()
      const said = { out: plant.out().length, log: plant.log().length }
      const memory = watchMemory(plant.child.pid!)
      const during = honest.probe()
      await attack()
      // A case that is over at once says nothing about those who were there.
      await new Promise((resolve) => setTimeout(resolve, honestAfterMs))
      expectServed(await during, rule.newClientDuringMs, 'while it goes on')
      expectServed(await honest.probe(), rule.newClientAfterMs, 'afterwards')
      expect(plant.child.exitCode, `the server has ended: ${plant.log().slice(-2000)}`).to.equal(null)
      await expectHonest(honest)
      await memory.expectBounded(memoryPeakBytes, memoryBackMs)
      const lines = plant.log().slice(said.log)
      expect(lines.length + plant.out().length - said.out, `bytes of log:\n${lines.slice(0, 2000)}`).to.be.at.most(
        logBytes,
      )
      expect(findLeaks(lines), 'in the log').to.deep.equal([])
      expect(findLeaks(Buffer.concat(wire).toString('latin1')), 'on the wire').to.deep.equal([])
    },
    async stop() {
      await honest.end()
      await plant.end('SIGTERM')
      expect(plant.child.exitCode, plant.log().slice(-2000)).to.equal(0)
    },
  }
}

function expectServed(answer: number | string, withinMs: number, when: string): void {
  if (typeof answer === 'string') throw new Error(`a new honest client is not served ${when}: ${answer}`)
  expect(answer, `a new honest client ${when}`).to.be.at.most(withinMs)
}

async function expectHonest(honest: HonestClient): Promise<void> {
  const { errors, p99Ms, longestMs, reads } = await honest.served()
  expect(errors, 'errors of the honest client').to.deep.equal([])
  expect(reads, 'reads of the honest client').to.be.greaterThan(0)
  expect(longestMs, 'longest read of the honest client').to.be.at.most(rule.longestMs)
  // Of fewer than a hundred reads the 99th percentile is the longest.
  if (reads >= 100) expect(p99Ms, 'p99 of the honest client').to.be.at.most(rule.p99Ms)
}

/** The memory of a process in bytes, as the kernel counts it (Linux); 0 where it is not known. */
export function memoryOf(id: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

function watchMemory(id: number) {
  const before = memoryOf(id)
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryOf(id))
  }, 100)
  return {
    async expectBounded(peakBytes: number, backMs: number): Promise<void> {
      clearInterval(timer)
      expect((peak - before) / 1024 / 1024, 'growth of memory in MB').to.be.at.most(peakBytes / 1024 / 1024)
      const end = performance.now() + backMs
      while (memoryOf(id) > before + rule.memoryLeftBytes) {
        if (performance.now() > end) {
          const left = Math.round((memoryOf(id) - before) / 1024 / 1024)
          throw new Error(`${left} MB of memory are not given back within ${backMs / 1000} s`)
        }
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    },
  }
}

/** Waits for an answer or the end of a connection, and tells which; fails when neither comes in time. */
export async function endOf(client: RawClient, answer: Promise<unknown>, withinMs = answeredMs): Promise<string> {
  const timeout = new Promise<string>((resolve) => {
    const timer = setTimeout(() => resolve('nothing'), withinMs)
    timer.unref()
  })
  const end = await Promise.race([
    answer.then(
      () => 'answered',
      (error: Error) => error.message,
    ),
    client.closed.then(() => 'closed'),
    timeout,
  ])
  expect(end, `neither an answer nor a close within ${withinMs} ms`).not.to.equal('nothing')
  return end
}
