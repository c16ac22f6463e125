// @ts-check
import { existsSync, writeSync } from 'node:fs'
import { buildArgs, canDownload, installArgs, npmCommand, npmEnvironment, runLogged, updateArgs } from './npm.mjs'
import { bundledFolder, noRuntimeMessage } from './runtime.mjs'
import { hasInstallation, isInstalled, removeStamp } from './stamp.mjs'

/** A set-up that cannot go on; the message says which step failed, the log says why. */
export class StepFailure extends Error {}

/**
 * @typedef {object} Work
 * @property {string} root
 * @property {import('./runtime.mjs').Runtime} runtime
 * @property {number} log file descriptor
 * @property {AbortSignal} signal
 * @property {(line: string) => void} say what the user has to know now
 * @property {(step: string) => void} setStep what goes on, for the heartbeat
 * @property {(pid: number | undefined) => void} onPid
 */

/** Loads both native modules and runs a statement, so that a wrong binary is found here and not in the middle of a run. */
const loadCheck = `
  const { Database } = require('sqlite3')
  new Database(':memory:', (error) => { if (error) throw error }).get('select 1', (error) => { if (error) throw error })
  require('serialport')
`

/**
 * Brings node_modules to what the lockfile says; does nothing when it is there.
 * @param {Work} work
 */
export async function install(work) {
  const { root, runtime, say } = work
  const env = npmEnvironment(process.env)
  if (!isInstalled(root) && hasInstallation(root)) {
    say('the packages have changed: a few seconds')
    removeStamp(root)
    await npm(work, 'updating the packages', updateArgs, env)
  }
  if (!isInstalled(root)) {
    say('first run: about two minutes, only once (npm installs the pinned packages, then SQLite is compiled)')
    removeStamp(root)
    const code = await npm(work, 'installing the packages', installArgs, env)
    if (code !== 0) throw new StepFailure(`npm ci ended with exit code ${code}`)
  }
  if (runtime.isCurrent) return
  // An optional package that cannot be fetched is left out by npm without an error.
  if (!existsSync(runtime.path)) throw new StepFailure(`npm left out the bundled Node.js; ${noRuntimeMessage(process)}`)
  const code = await run(
    work,
    'starting the bundled Node.js',
    { command: runtime.path, args: ['--version'] },
    process.env,
  )
  if (code !== 0)
    throw new StepFailure(`the bundled Node.js does not run on this machine; ${noRuntimeMessage(process)}`)
}

/**
 * Makes the native modules load in the runtime; does nothing when they do.
 *
 * The file that sqlite3's authors compiled is tried first where it can be fetched. It may ask for a newer C library than
 * the machine has, which only loading it shows; then the machine compiles its own.
 * @param {Work} work
 */
export async function build(work) {
  if (await loads(work)) return
  work.say('building the native modules: about a minute, only once')
  const bundled = bundledFolder(work.root, process)
  if (await canDownload(process.env)) {
    const code = await npm(
      work,
      'fetching SQLite, or compiling it',
      buildArgs,
      npmEnvironment(process.env, { bundled }),
    )
    if (code === 0 && (await loads(work))) return
  }
  const env = npmEnvironment(process.env, { bundled, fromSource: true })
  if ((await npm(work, 'compiling SQLite', buildArgs, env)) !== 0)
    throw new StepFailure('the native modules could not be built')
  if (!(await loads(work))) throw new StepFailure('the native modules were built, but do not load')
}

/** @param {Work} work */
async function loads(work) {
  const command = { command: work.runtime.path, args: ['-e', loadCheck] }
  return (await run(work, 'loading the native modules', command, process.env)) === 0
}

/**
 * @param {Work} work
 * @param {string} step
 * @param {readonly string[]} args
 * @param {import('./npm.mjs').Environment} env
 */
function npm(work, step, args, env) {
  const found = npmCommand(process.env, process.execPath)
  return run(work, step, { ...found, args: [...found.args, ...args] }, env)
}

/**
 * @param {Work} work
 * @param {string} step
 * @param {import('./npm.mjs').Command} command
 * @param {import('./npm.mjs').Environment} env
 */
function run({ root, log, signal, setStep, onPid }, step, command, env) {
  setStep(step)
  writeSync(log, `\n== ${step}: ${[command.command, ...command.args].join(' ')}\n`)
  return runLogged(command, { cwd: root, env, log, signal, onPid })
}
