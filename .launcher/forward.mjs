// @ts-check
import { spawn } from 'node:child_process'
import { isatty } from 'node:tty'

/**
 * @typedef {object} End How a child ended: exactly one field says it.
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {Error} [error] the child could not be started at all
 */

/** @type {readonly NodeJS.Signals[]} */
const forwardedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** A signal to the whole group comes a second time through npm, which passes on what it gets; the child needs it once. */
const repeatMs = 500

/**
 * Runs a program in place of this one: same terminal, same signals, and its end is reported.
 *
 * A terminal sends Ctrl-C and its hang-up to every process of the foreground group, so the child has them already and
 * this process only waits; without a terminal nobody else passes them on. SIGTERM never comes from a terminal.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {boolean} [options.hasTerminal] default: whether any standard stream is a terminal
 * @param {Readonly<Record<string, string>>} [options.environment] what the program finds in its environment besides
 * @returns {Promise<End>}
 */
export function forward(command, args, { hasTerminal = isOnTerminal(), environment = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...environment } })
    const listeners = forwardedSignals.map((signal) => {
      let last = Number.NEGATIVE_INFINITY
      const listener = () => {
        const isRepeated = performance.now() - last < repeatMs
        last = performance.now()
        if (!isRepeated && mustForward(signal, hasTerminal)) child.kill(signal)
      }
      process.on(signal, listener)
      return { signal, listener }
    })
    /** @param {End} end */
    const settle = (end) => {
      for (const { signal, listener } of listeners) process.off(signal, listener)
      resolve(end)
    }
    child.once('error', (error) => settle({ code: null, signal: null, error }))
    child.once('exit', (code, signal) => settle({ code, signal }))
  })
}

/**
 * Tells whether the child still needs to be sent a signal that this process received.
 * @param {NodeJS.Signals} signal
 * @param {boolean} hasTerminal
 */
export function mustForward(signal, hasTerminal) {
  return signal === 'SIGTERM' || !hasTerminal
}

/** Asks the descriptors: touching `process.stdin` would change the mode of the terminal or pipe that the child inherits. */
function isOnTerminal() {
  return [0, 1, 2].some((descriptor) => isatty(descriptor))
}
