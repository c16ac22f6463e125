/** A process that serves a million samples of history, and values that change, for the benchmark `history`. */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { HistoryStore } from '../../src/history/history-store.ts'
import { HistoryReads } from '../../src/history/read/history-reads.ts'
import { read } from '../../src/history/read/reading.ts'
import { openHistory } from '../../src/history/store/sqlite-history.ts'
import { StoredReads } from '../../src/history/store/stored-reads.ts'
import type { PipelineDescription } from '../../src/model/port.ts'
import type { TagSample } from '../../src/model/sample.ts'
import { startServer } from '../../src/opcua/server.ts'
import { historyViewOf } from '../opcua/history/history-bench.ts'
import { firstTime } from './history-load.ts'
import { BenchPlant } from './opcua-plant.ts'
import { answerParent } from './opcua-process.ts'

/** What a server went through while it was watched. */
export interface Watched {
  /** Milliseconds. */
  readonly delayP99: number
  readonly delayMax: number
  /** Bytes that were resident at most. */
  readonly rss: number
  /** CPU time of the process, and of the thread that publishes, in microseconds. */
  readonly cpu: number
  readonly mainCpu: number
  /** Changes of values that subscribers could be told about. */
  readonly changes: number
}

/** What is served. */
interface Case {
  readonly samples: number
  readonly count: number
  /** Reads are done in the thread that publishes. */
  readonly isInline: boolean
}

/** Changes are spread over the second, as devices that are polled spread them. */
const tickMs = 20
const tag = 'made.level'

const plant = { current: undefined as BenchPlant | undefined, changes: 0 }
/** Every read in the thread that publishes. */
const inline: Pick<HistoryReads, 'read'> = { read: (source, reading) => read(new StoredReads(source), reading) }
let stopChanging: () => void = () => undefined
let watch:
  | { readonly delay: IntervalHistogram; rss: number; readonly cpu: number; readonly mainCpu: number }
  | undefined
let sampling: NodeJS.Timeout | undefined

async function start({ samples, count, isInline }: Case): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const opened = await openHistory({ file: join(folder, 'history.db'), clock: { now: () => Date.now() } })
  await fill(opened.store, samples)
  const made = new BenchPlant(count, 'plain')
  plant.current = made
  const kept = new Map([[tag, { keepMs: 365 * 86_400_000, deadband: 0 }]])
  const view = {
    ...made.view(),
    pipelines: [pipeline],
    history: historyViewOf(opened, isInline ? inline : new HistoryReads(), kept),
  }
  const server = await startServer({
    view,
    port: 0,
    bind: '127.0.0.1',
    name: 'Bench',
    certificatesFolder: folder,
    anonymous: 'operate',
    allowUnsecured: true,
    watchCertificates: false,
    log: () => undefined,
  })
  return server.port
}

const pipeline: PipelineDescription = {
  id: 'made',
  name: 'made',
  description: '',
  equipment: 'Acme/Line1',
  parameters: [],
  steps: [],
  outputs: [{ name: 'level', dataType: 'Double', isArray: false, description: '', from: 'made.level' }],
  writes: [],
  utilizes: [],
}

async function fill(store: HistoryStore, samples: number): Promise<void> {
  for (let from = 0; from < samples; from += 10_000) {
    const batch = Array.from({ length: Math.min(10_000, samples - from) }, (_, index): TagSample => {
      const second = from + index
      const value = Math.round(200 + 50 * Math.sin(second / 600) + 5 * Math.sin(second)) / 10
      return { tag, sample: { value, status: 0, sourceTime: firstTime + second * 1000 } }
    })
    await store.append(batch)
  }
}

/** How many values change, and how often each. */
interface Changing {
  readonly count: number
  readonly hertz: number
}

function change({ count, hertz }: Changing): void {
  stopChanging()
  const perTick = Math.round((count * hertz * tickMs) / 1000)
  let [from, value] = [0, 0]
  const timer = setInterval(() => {
    value += 1
    const to = Math.min(from + perTick, count)
    plant.current?.change(from, to, value)
    plant.changes += to - from
    from = to >= count ? 0 : to
  }, tickMs)
  stopChanging = () => clearInterval(timer)
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let n = 0; n < 4; n++) gc()
}

function cpuNow({ user, system }: NodeJS.CpuUsage = process.cpuUsage()): number {
  return user + system
}

/** Begins to change values and to watch what that is like. */
function begin(changing: Changing): void {
  collectGarbage()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  watch = { delay, rss: process.memoryUsage.rss(), cpu: cpuNow(), mainCpu: cpuNow(process.threadCpuUsage()) }
  sampling = setInterval(() => {
    if (watch) watch.rss = Math.max(watch.rss, process.memoryUsage.rss())
  }, 50)
  plant.changes = 0
  change(changing)
  delay.enable()
}

function end(): Watched {
  if (!watch) throw new Error('nothing is watched')
  watch.delay.disable()
  stopChanging()
  clearInterval(sampling)
  return {
    delayP99: watch.delay.percentile(99) / 1e6,
    delayMax: watch.delay.max / 1e6,
    rss: watch.rss,
    cpu: cpuNow() - watch.cpu,
    mainCpu: cpuNow(process.threadCpuUsage()) - watch.mainCpu,
    changes: plant.changes,
  }
}

answerParent({ start, begin, end })
