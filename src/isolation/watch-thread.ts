import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { beatMs, blockedMs, cell, type FromWatcher, stuckMs, type ToWatcher, type WatcherData } from './watch-cells.ts'

/*
 * The thread that looks at the main thread: while that one is blocked it cannot tell by what. Whoever is seen at work most
 * often while nothing goes on is to blame.
 */
const { cells, endHungMs } = workerData as WatcherData
const names = new Map<number, { readonly pipeline: string; readonly steps: readonly string[] }>()

let lastBeat = Atomics.load(cells, cell.beat)
let lastTime = performance.now()
let isStuckTold = false
/** Looks in a row at which nothing went on: a process that is stopped as a whole (SIGSTOP) is not looked at either. */
let stillLooks = 0
const seen = new Map<string, { execution: number; operation: number; count: number }>()

function send(message: FromWatcher): void {
  parentPort?.postMessage(message)
}

function look(): void {
  const now = performance.now()
  const beat = Atomics.load(cells, cell.beat)
  if (beat !== lastBeat) {
    const durationMs = now - lastTime
    if (durationMs > blockedMs && seen.size > 0) tell(durationMs)
    lastBeat = beat
    lastTime = now
    isStuckTold = false
    stillLooks = 0
    seen.clear()
    return
  }
  stillLooks++
  if (now - lastTime < 2 * beatMs) return
  const [execution, operation] = [Atomics.load(cells, cell.execution), Atomics.load(cells, cell.operation)]
  const key = `${execution} ${operation}`
  const known = seen.get(key) ?? { execution, operation, count: 0 }
  known.count++
  seen.set(key, known)
  if (now - lastTime > stuckMs && !isStuckTold) tellStuck()
  if (endHungMs !== undefined && stillLooks * beatMs > endHungMs) endHung(endHungMs)
}

function mostSeen(): { execution: number; operation: number } {
  return [...seen.values()].reduce((most, each) => (each.count > most.count ? each : most))
}

function tell(durationMs: number): void {
  const { execution, operation } = mostSeen()
  send({ kind: 'blocked', execution, operation, durationMs })
}

/** Nobody else can say it any more. */
function tellStuck(): void {
  isStuckTold = true
  const { execution, operation } = mostSeen()
  const { pipeline, steps } = names.get(execution) ?? { pipeline: '', steps: [] }
  const who = pipeline ? `step ${steps[operation]} of pipeline ${pipeline}` : 'something that is no step'
  writeSync(
    2,
    `millrace: nothing goes on for ${stuckMs / 1000} s because of ${who}; if it never ends, stop the program and declare its plugin isolated\n`,
  )
}

/** The main thread can do nothing any more, not even stop in order; what was acknowledged is on the disk. */
function endHung(afterMs: number): void {
  writeSync(2, `millrace: nothing went on for ${Math.round(afterMs / 1000)} s; the process ends, to be started anew\n`)
  process.kill(process.pid, 'SIGKILL')
}

parentPort?.on('message', (message: ToWatcher) => {
  if (message.kind === 'enlisted') names.set(message.execution, message)
  else names.delete(message.execution)
})
setInterval(look, beatMs)
send({ kind: 'watching' })
