/** A process that serves one side of the benchmark `opcua`. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { answerParent } from './opcua-process.ts'
import { startTarget, type Target, type TargetOptions } from './opcua-target.ts'

/** How often values change, in milliseconds. */
const tickMs = 100

let target: Target | undefined
let stopChanging: () => void = () => undefined
/** How many values have been changed since the process began. */
let changed = 0
/** What a value becomes next; none is given twice, since that would be no change. */
let value = 0

function running(): Target {
  if (!target) throw new Error('the server has not been started')
  return target
}

/** Changes so many values, each so often a second, until told otherwise: a tenth of a second's share at a time. */
function change({ count, hertz }: { count: number; hertz: number }): void {
  stopChanging()
  const perTick = Math.round((count * hertz * tickMs) / 1000)
  let from = 0
  const timer = setInterval(() => {
    value += 1
    const to = Math.min(from + perTick, count)
    running().change(from, to, value)
    changed += to - from
    from = from + perTick >= count ? 0 : from + perTick
  }, tickMs)
  stopChanging = () => clearInterval(timer)
}

answerParent({
  async start(options: TargetOptions) {
    target = await startTarget(options)
    const { port, certificateFile } = target
    return { port, certificateFile }
  },
  change,
  still: () => stopChanging(),
  changed: () => changed,
  happen(times: number) {
    for (let n = 0; n < times; n++) running().happen()
  },
  /** CPU time of this process so far, in microseconds. */
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  memory() {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    for (let n = 0; n < 4; n++) gc()
    const { heapUsed, rss } = process.memoryUsage()
    return { heapUsed, rss }
  },
})
