// @ts-check
import { setTimeout as pause } from 'node:timers/promises'
import { forward } from './forward.mjs'

/** @import { End } from './forward.mjs' */

/** Set for a program that is supervised, so that it may end itself where nothing else helps. */
const environment = { MILLRACE_SUPERVISED: '1' }

/** Pauses before the starts after crashes that follow each other, in milliseconds; the last one is repeated. */
const pausesMs = [500, 1000, 2000]

/** After so many crashes that follow each other it is tried this often only, in milliseconds. */
const manyCrashes = 30
const pauseMaxMs = 30_000

/** A program that ran for so long, in milliseconds, has not crashed because of how it was started. */
const steadyMs = 60_000

/** What starting the program again cannot change: wrong usage, and what it was told to do. */
const finalCodes = [0, 2]

/** Exit code of sysexits.h with which the program says that only a new start repairs it. */
const softwareCode = 70

/**
 * Tells whether the program asks for it: `--supervise` before a `--`.
 * @param {readonly string[]} args
 */
export function isAskedToSupervise(args) {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? args.length : end).includes('--supervise')
}

/**
 * Tells whether a program that has ended so is to be started again. One that did not even start is left to its user; when it has
 * run before, what keeps it from starting (a port, a lock, a file that is being edited) may pass.
 * @param {End} end
 * @param {boolean} hasCrashed whether it has been started again before
 */
export function mustRestart({ code, signal, error }, hasCrashed) {
  if (error !== undefined) return false
  if (signal !== null || code === softwareCode) return true
  return hasCrashed && !finalCodes.includes(code ?? 0)
}

/**
 * Runs a program as `forward` does, and starts it again whenever it crashes, within two seconds. It ends with the program
 * when a signal has asked for it, or when it ended by its own will.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {boolean} [options.hasTerminal] default: whether any standard stream is a terminal
 * @param {readonly number[]} [options.pauses] in milliseconds
 * @returns {Promise<End>}
 */
export async function supervise(command, args, { hasTerminal, pauses = pausesMs } = {}) {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop)
  try {
    let crashes = 0
    for (let restarts = 0; ; restarts++) {
      const startedMs = performance.now()
      const end = await forward(command, args, { environment, ...(hasTerminal === undefined ? {} : { hasTerminal }) })
      if (stopping.signal.aborted || !mustRestart(end, restarts > 0)) return end
      crashes = performance.now() - startedMs > steadyMs ? 1 : crashes + 1
      const pauseMs = crashes > manyCrashes ? pauseMaxMs : (pauses[crashes - 1] ?? pauses.at(-1) ?? 0)
      const how = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`
      process.stderr.write(`millrace: the plant has ended with ${how}; it is started again in ${pauseMs / 1000} s\n`)
      await pause(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return end
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop)
  }
}
