// @ts-check
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { forward } from './forward.mjs'
import { chooseRuntime, noRuntimeMessage } from './runtime.mjs'
import { isReady } from './stamp.mjs'
import { isAskedToSupervise, supervise } from './supervise.mjs'

/** The folder of package.json, from which scripts are named. */
const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** The program itself, which may be supervised. */
const program = 'src/main.ts'

/** The exit code of sysexits.h for "a resource is missing": here packages, a compiler or a new enough Node.js. */
const missingResource = 69

/**
 * Runs a script of the package on a Node.js that is new enough, after making the checkout ready if it is not.
 *
 * The set-up lives in modules that are loaded only then, because a prepared checkout must start at once.
 * @param {string} script relative to the package
 * @param {readonly string[]} args
 * @returns {Promise<void>} resolves when the script has been imported, or the exit code of its process is set
 */
export async function launch(script, args) {
  const runtime = chooseRuntime(packageRoot, process)
  if (runtime === undefined) return refuse(noRuntimeMessage(process))

  let mayBeReplaced = false
  if (!isReady(packageRoot, runtime)) {
    const { prepare } = await import('./setup.mjs')
    const outcome = await prepare(packageRoot, runtime)
    if (outcome.signal !== undefined) return endBySignal(outcome.signal)
    if (outcome.failure !== undefined) return refuse(outcome.failure)
    // `npm run` puts node_modules/.bin/node first on PATH, so this process may be the very binary that was just renewed.
    mayBeReplaced = process.execPath.startsWith(join(packageRoot, 'node_modules') + sep)
  }

  const path = resolve(packageRoot, script)
  if (!existsSync(path)) return refuse(`${script} does not exist in ${packageRoot}; name a script of this package`, 2)
  process.env.PATH = [dirname(runtime.path), process.env.PATH].join(delimiter)
  const isSupervised = script === program && isAskedToSupervise(args)
  if (runtime.isCurrent && !mayBeReplaced && !isSupervised) return importScript(path, args)

  const programArgs = [...process.execArgv, path, ...args]
  const end = await (isSupervised ? supervise : forward)(runtime.path, programArgs)
  if (end.error !== undefined)
    return refuse(`${runtime.path} does not start: ${end.error.message}\n${noRuntimeMessage(process)}`)
  if (end.signal !== null) return endBySignal(end.signal)
  process.exitCode = end.code ?? 1
}

/**
 * @param {string} path
 * @param {readonly string[]} args
 */
async function importScript(path, args) {
  process.argv = [process.execPath, path, ...args]
  await import(pathToFileURL(path).href)
}

/**
 * @param {string} message
 * @param {number} [code]
 */
function refuse(message, code = missingResource) {
  process.stderr.write(`millrace: ${message}\n`)
  process.exitCode = code
}

/**
 * Dies of the same signal as the child, so that a shell or a supervisor sees what happened to the program itself.
 * @param {NodeJS.Signals} signal
 */
function endBySignal(signal) {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // A signal ignored by inheritance (nohup) does not end this process; then say what a shell would say.
  process.exitCode = 128 + (constants.signals[signal] ?? 0)
}
