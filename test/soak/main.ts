/**
 * A mixed load on a plant, for as long as is said: `npm run soak -- [--minutes N] [--clients N] [--seed N]`.
 *
 * Clients browse, read, subscribe, call and read history; devices fail at random; files are deployed anew. It ends with 1 when a
 * notification was lost, something went wrong, or the heap grew by more than its noise.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startFillerPlc } from '../../plugins/simulators/filler-plc/server.ts'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { randomOf } from '../hostile/random.ts'
import { killPlantProcesses, startPlantProcess } from '../kit/plant-process.ts'
import { startTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts'
import { connect } from '../opcua/bench.ts'
import type { SoakReport } from './clients.ts'
import { changing, soakFiles } from './plant-files.ts'
import { lineThrough, lowest } from './slope.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, clients: { type: 'string' }, seed: { type: 'string' } },
})
const minutes = Number(values.minutes ?? 3)
const clients = Number(values.clients ?? 50)
const random = randomOf(Number(values.seed ?? Date.now()))
if (!(minutes > 0) || !Number.isInteger(clients)) {
  process.stderr.write('--minutes above 0, and a whole number of --clients\n')
  process.exit(2)
}

/** The first part of the time, in which caches fill and code is compiled, says nothing about leaks. */
const warmUpShare = 0.4
const windowMs = 5000
/** What a heap may seem to grow by, in bytes, for reasons that are no leak. */
const noiseBytes = 12 * 1024 * 1024

const problems: string[] = []
const endMs = performance.now() + minutes * 60_000
const isOver = () => performance.now() > endMs

/** A Modbus device with a line in front of it that can be cut. */
async function startMeter(index: number): Promise<TcpProxy> {
  const device = await startFillerPlc({ seed: index, port: 0, unitId: 1 })
  return await startTcpProxy(() => device.port)
}

async function failAtRandom(lines: readonly TcpProxy[]): Promise<void> {
  while (!isOver()) {
    await pause(1000 + random.below(6000))
    const line = random.pick(lines)
    if (random.oneIn(2)) line.cut()
    else line.silence()
    await pause(500 + random.below(4000))
    line.mend()
  }
}

/** Saves a file as editors do: another one first, which takes its place. */
async function deployAgain(folder: string): Promise<number> {
  let round = 0
  while (!isOver()) {
    await pause(5000 + random.below(5000))
    const file = join(folder, 'pipelines', 'changing.yaml')
    await writeFile(`${file}.new`, changing(++round))
    await rename(`${file}.new`, file)
  }
  return round
}

async function watchHeap(url: string, folder: string) {
  const client = await connect(url, join(folder, 'watcher'), {})
  const figure = async (name: string) => Number((await client.read(`health.${name}`)).value.value)
  const points: (readonly [number, number])[] = []
  const startedMs = performance.now()
  while (!isOver()) {
    points.push([performance.now() - startedMs, await figure('HeapUsed')])
    await pause(500)
  }
  const rejections = await figure('UnhandledRejectionCount')
  const [stalls, longest, memory] = [
    await figure('BlockedCount'),
    await figure('LongestBlock'),
    await figure('MemoryUsed'),
  ]
  await client.close()
  return { points, rejections, stalls, longest, memory }
}

function judgeHeap(points: readonly (readonly [number, number])[]): string {
  const measured = lowest(
    points.filter(([atMs]) => atMs > minutes * 60_000 * warmUpShare),
    windowMs,
  )
  if (measured.length < 3) return 'heap: too short to say anything'
  const { slope, scatter } = lineThrough(measured)
  const grown = slope * ((measured.at(-1)?.[0] ?? 0) - (measured[0]?.[0] ?? 0))
  const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1)
  const text = `heap: ${megabytes(grown)} MB of growth after the warm-up, scattered by ${megabytes(scatter)} MB, now at ${megabytes(measured.at(-1)?.[1] ?? 0)} MB`
  if (grown > Math.max(noiseBytes, 3 * scatter)) problems.push(text)
  return text
}

const lines = await Promise.all([startMeter(1), startMeter(2)])
const folder = await plantFolder(soakFiles(lines.map(({ port }) => port)))
const environment = { NODE_OPTIONS: '--max-old-space-size=512' }
const plant = await startPlantProcess(folder, { environment, isWatching: true })
const side: ChildProcess = fork(join(import.meta.dirname, 'clients.ts'), [
  plant.url,
  String(clients),
  join(folder, 'clients'),
])
let last: SoakReport = { operations: 0, notifications: 0, lost: 0, errors: [] }
side.on('message', (report: SoakReport) => {
  last = report
  problems.push(...report.errors)
  if (problems.length > 50) process.exitCode = 1
})
const [, rounds, watched] = await Promise.all([failAtRandom(lines), deployAgain(folder), watchHeap(plant.url, folder)])
const sideEnded = once(side, 'exit')
side.send('end')
await sideEnded
if (plant.child.exitCode !== null) problems.push(`the plant has ended with ${plant.child.exitCode}`)
await plant.end('SIGTERM')
if (plant.child.exitCode !== 0) problems.push(`the plant ended with ${plant.child.exitCode}`)
if (watched.rejections > 0) problems.push(`${watched.rejections} rejections were left to nobody`)
if (last.lost > 0) problems.push(`${last.lost} notifications were lost`)
if (last.notifications === 0) problems.push('no notification came at all')
const fatal = plant
  .log()
  .split('\n')
  .filter((line) => /"level":60|left to nobody|caught by nobody|is broken/.test(line))
problems.push(...fatal.slice(0, 5))
process.stdout.write(
  [
    `${minutes} min, ${clients} clients: ${last.operations} operations, ${last.notifications} notifications, ${last.lost} lost, ${rounds} deployments`,
    judgeHeap(watched.points),
    `memory: ${Math.round(watched.memory / 1024 / 1024)} MB; the loop was blocked ${watched.stalls} times, at most for ${Math.round(watched.longest)} ms`,
    problems.length === 0 ? 'nothing went wrong' : `went wrong:\n${[...new Set(problems)].slice(0, 30).join('\n')}`,
    '',
  ].join('\n'),
)
killPlantProcesses()
await removePlantFolders()
process.exit(problems.length === 0 ? 0 : 1)
