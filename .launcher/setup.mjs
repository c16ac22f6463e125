// @ts-check
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { takeLock } from './lock.mjs'
import { failureReport, heartbeat } from './report.mjs'
import { isReady, writeStamp } from './stamp.mjs'
import { build, install, StepFailure } from './steps.mjs'

/**
 * @typedef {object} Outcome Empty when the checkout is ready.
 * @property {string} [failure] the words for the user
 * @property {NodeJS.Signals} [signal] that interrupted the set-up
 */

/**
 * Makes the checkout ready for the runtime: installs the packages, builds the native ones, loads them once, and notes it.
 *
 * Each step is skipped when its result is there, so an interrupted set-up goes on, and one by hand is accepted.
 * Several processes may ask at once: one works, the others wait for it.
 * @param {string} root
 * @param {import('./runtime.mjs').Runtime} runtime
 * @returns {Promise<Outcome>}
 */
export async function prepare(root, runtime) {
  const folder = join(root, '.launcher', '.setup')
  const logFile = join(folder, 'setup.log')
  const interruption = listenForSignals()
  const pulse = heartbeat(say)
  const { signal } = interruption
  try {
    mkdirSync(folder, { recursive: true })
    const lock = await takeLock(join(folder, 'lock'), { signal, onWait: ({ pid }) => wait(pulse, pid) })
    try {
      if (!isReady(root, runtime)) await work({ root, runtime, lock, pulse, signal, logFile })
    } finally {
      lock.release()
    }
    return {}
  } catch (error) {
    if (signal.aborted) return { signal: signal.reason }
    const what = error instanceof StepFailure ? error.message : String(error)
    return { failure: failureReport({ what, log: readLog(logFile), logFile: relative(process.cwd(), logFile) }) }
  } finally {
    pulse.stop()
    interruption.stop()
  }
}

/**
 * @param {object} job
 * @param {string} job.root
 * @param {import('./runtime.mjs').Runtime} job.runtime
 * @param {import('./lock.mjs').Lock} job.lock
 * @param {ReturnType<typeof heartbeat>} job.pulse
 * @param {AbortSignal} job.signal
 * @param {string} job.logFile
 */
async function work({ root, runtime, lock, pulse, signal, logFile }) {
  const log = openSync(logFile, 'w')
  try {
    const task = { root, runtime, log, signal, say, setStep: pulse.setStep, onPid: lock.setNpmPid }
    await install(task)
    await build(task)
    writeStamp(root, runtime)
    if (pulse.secondsNow() > 2) say(`ready after ${pulse.secondsNow()} s`)
  } finally {
    closeSync(log)
  }
}

/**
 * @param {ReturnType<typeof heartbeat>} pulse
 * @param {number} pid
 */
function wait(pulse, pid) {
  say(`first run: process ${pid} is setting this checkout up, about two minutes, only once`)
  pulse.setStep(`waiting for process ${pid}`)
}

/** Turns the signals that would end this process into one that ends the work in good order first. */
function listenForSignals() {
  const controller = new AbortController()
  const listeners = /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP']).map((name) => {
    const listener = () => controller.abort(name)
    process.on(name, listener)
    return { name, listener }
  })
  return {
    signal: controller.signal,
    stop() {
      for (const { name, listener } of listeners) process.off(name, listener)
    },
  }
}

/** @param {string} file */
function readLog(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`millrace: ${line}\n`)
}
