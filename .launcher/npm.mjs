// @ts-check
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { basename, dirname, join } from 'node:path'

/**
 * @typedef {object} Command
 * @property {string} command
 * @property {readonly string[]} args
 * @property {boolean} [needsShell] Windows runs `npm.cmd` through a shell only
 */

/** @typedef {Readonly<Record<string, string | undefined>>} Environment */

/** What every npm of the set-up is told on its command line, because that outranks whatever the user's config says. */
const always = ['--global=false', '--dry-run=false', '--json=false', '--loglevel=error']

/** The packages that bring C++ code; the same two that `allowScripts` in package.json names. */
export const nativePackages = ['sqlite3', '@serialport/bindings-cpp']

/**
 * Finds the npm that the user runs: the one that started this process, else the one of this Node.js, else that on PATH.
 *
 * Other package managers set `npm_execpath` too, and would not honour the lockfile.
 * @param {Environment} env
 * @param {string} execPath
 * @returns {Command}
 */
export function npmCommand(env, execPath) {
  const own = env.npm_execpath
  const node = env.npm_node_execpath ?? execPath
  if (own !== undefined && /^np[mx]-cli\.[cm]?js$/.test(basename(own))) {
    const script = join(dirname(own), basename(own).replace('npx', 'npm'))
    if (existsSync(script)) return { command: existsSync(node) ? node : execPath, args: [script] }
  }
  const folder = dirname(execPath)
  for (const modules of [join(folder, 'node_modules'), join(folder, '..', 'lib', 'node_modules')]) {
    const script = join(modules, 'npm', 'bin', 'npm-cli.js')
    if (existsSync(script)) return { command: execPath, args: [script] }
  }
  return process.platform === 'win32'
    ? { command: 'npm.cmd', args: [], needsShell: true }
    : { command: 'npm', args: [] }
}

const everything = [
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--package-lock=true',
  '--install-strategy=hoisted',
  // The packages want a newer Node.js than npm may be running on; the program gets it.
  '--engine-strict=false',
  ...always,
]

/** Installs exactly the lockfile, everything of it, from nothing; no package's script runs yet. */
export const installArgs = ['ci', ...everything]

/** Changes a finished installation to another lockfile; what stays is left alone, so SQLite need not be compiled again. */
export const updateArgs = ['install', '--no-save', ...everything]

/** Runs the install scripts of the native packages, with their output in the log. */
export const buildArgs = ['rebuild', ...nativePackages, '--ignore-scripts=false', '--foreground-scripts', ...always]

/**
 * The environment of every npm of the set-up.
 *
 * `nodedir` gives the compiler the C headers of the bundled Node.js, which node-gyp would otherwise fetch from outside
 * the registry. Less optimisation halves the time of the compiler, and SQLite was not slower in inserts and scans.
 * @param {Environment} env
 * @param {object} [options]
 * @param {string | undefined} [options.bundled] folder of the bundled Node.js
 * @param {boolean} [options.fromSource] compile SQLite even if its authors offer a compiled file
 * @returns {Record<string, string | undefined>}
 */
export function npmEnvironment(env, { bundled, fromSource = false } = {}) {
  const inherited = Object.entries(env).filter(
    ([name]) => !/^(npm_config_(workspaces?|omit|production)|NODE_V8_COVERAGE)$/i.test(name),
  )
  /** @type {Record<string, string | undefined>} */
  const result = { ...Object.fromEntries(inherited), NODE_ENV: '' }
  result.CFLAGS ??= '-O1'
  result.CXXFLAGS ??= '-O1'
  if (bundled !== undefined && existsSync(join(bundled, 'include', 'node', 'node.h'))) {
    result.npm_config_nodedir = bundled
  }
  if (fromSource) result.npm_config_build_from_source = 'sqlite3'
  return result
}

/**
 * Tells within seconds whether sqlite3 can fetch its compiled file; its own attempt would wait half a minute.
 * @param {Environment} env
 * @param {{ host?: string, port?: number, timeoutMs?: number }} [options]
 * @returns {Promise<boolean>}
 */
export function canDownload(env, { host = 'github.com', port = 443, timeoutMs = 3_000 } = {}) {
  if (env.npm_config_offline === 'true') return Promise.resolve(false)
  const isConfigured = ['https_proxy', 'npm_config_https_proxy', 'npm_config_proxy', 'npm_config_sqlite3_binary_host']
  if (isConfigured.some((name) => env[name] || env[name.toUpperCase()])) return Promise.resolve(true)
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    /** @param {boolean} isReachable */
    const settle = (isReachable) => {
      socket.destroy()
      resolve(isReachable)
    }
    socket.once('connect', () => settle(true))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
  })
}

/**
 * @typedef {object} RunOptions
 * @property {string} cwd
 * @property {Environment} env
 * @property {number} log file descriptor for both output streams
 * @property {AbortSignal} signal ends the program and everything that it started
 * @property {(pid: number | undefined) => void} [onPid] called with the pid, and with undefined at the end
 */

/**
 * Runs a program to its end with its output in the log.
 *
 * It leads a process group of its own, so that an interrupted set-up leaves no compiler behind that writes later.
 * @param {Command} command
 * @param {RunOptions} options
 * @returns {Promise<number>} exit code; 1 after a signal; rejects when it cannot be started, and when aborted
 */
export function runLogged({ command, args, needsShell = false }, { cwd, env, log, signal, onPid }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const isGroup = process.platform !== 'win32'
    const stdio = /** @type {import('node:child_process').StdioOptions} */ (['ignore', log, log])
    const child = spawn(command, args, { cwd, env, stdio, shell: needsShell, detached: isGroup, windowsHide: true })
    onPid?.(child.pid)
    /** @type {NodeJS.Timeout | undefined} */
    let deadline
    const stop = () => {
      killAll(child, isGroup, 'SIGTERM')
      deadline = setTimeout(() => killAll(child, isGroup, 'SIGKILL'), 5_000)
    }
    signal.addEventListener('abort', stop, { once: true })
    const finish = () => {
      clearTimeout(deadline)
      signal.removeEventListener('abort', stop)
      onPid?.(undefined)
    }
    child.once('error', (error) => {
      finish()
      reject(error)
    })
    child.once('exit', (code) => {
      finish()
      if (!signal.aborted) return resolve(code ?? 1)
      killAll(child, isGroup, 'SIGKILL')
      reject(signal.reason)
    })
  })
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {boolean} isGroup
 * @param {NodeJS.Signals} name
 */
function killAll(child, isGroup, name) {
  if (child.pid === undefined) return
  try {
    if (isGroup) process.kill(-child.pid, name)
    else spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' })
  } catch {
    // The whole group has ended already.
  }
}
