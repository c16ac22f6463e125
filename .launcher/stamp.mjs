// @ts-check
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Stamp What a finished set-up leaves behind in node_modules.
 * @property {string} install hash of everything that decides what is installed
 * @property {readonly string[]} runtimes each Node.js in which the native modules were loaded once
 */

/**
 * @typedef {object} Platform
 * @property {string} platform
 * @property {string} arch
 */

/**
 * Tells whether the checkout can run on this Node.js as it is; takes about a millisecond.
 *
 * Without a lockfile this is a package installed from npm, which npm made ready.
 * @param {string} root
 * @param {{ readonly version: string }} runtime
 * @param {Platform} [platform]
 */
export function isReady(root, runtime, platform = process) {
  const wanted = installHash(root, platform)
  if (wanted === undefined) return true
  const stamp = readStamp(root)
  return stamp !== undefined && stamp.install === wanted && stamp.runtimes.includes(runtimeName(runtime))
}

/**
 * Hashes what decides the content of node_modules; undefined without a lockfile.
 * @param {string} root
 * @param {Platform} [platform]
 */
export function installHash(root, { platform, arch } = process) {
  const lockfile = readIfThere(join(root, 'package-lock.json'))
  if (lockfile === undefined) return undefined
  return createHash('sha256').update(lockfile).update(`\0${platform}\0${arch}`).digest('hex')
}

/**
 * Notes that the native modules load in this Node.js; keeps what was noted for others while the packages are the same.
 * @param {string} root
 * @param {{ readonly version: string }} runtime
 * @param {Platform} [platform]
 */
export function writeStamp(root, runtime, platform = process) {
  const install = installHash(root, platform)
  if (install === undefined) return
  const old = readStamp(root)
  const known = old?.install === install ? old.runtimes : []
  /** @type {Stamp} */
  const stamp = { install, runtimes: [...new Set([...known, runtimeName(runtime)])] }
  // Renamed into place: a start at the same moment sees the old stamp or the new one, never half of one.
  const draft = `${stampFile(root)}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(stamp)}\n`)
  renameSync(draft, stampFile(root))
}

/**
 * Takes the stamp away before anything is changed, so that an interrupted set-up is not taken for a finished one.
 * @param {string} root
 */
export function removeStamp(root) {
  rmSync(stampFile(root), { force: true })
}

/**
 * Tells whether node_modules holds what the lockfile asks for on this platform, by npm's own record of what it wrote.
 *
 * It is what lets a set-up go on where an interrupted one stopped, and accepts a checkout where somebody typed `npm ci`.
 * npm writes the record last, so there is none after an interrupted installation.
 * @param {string} root
 * @param {Platform} [platform]
 */
export function isInstalled(root, platform = process) {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const found = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  if (wanted === undefined || found === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') || entry.link === true) return true
    const have = found[path]
    if (have === undefined) return entry.optional === true && !suits(entry, platform)
    return have.version === entry.version && have.integrity === entry.integrity && existsSync(join(root, path))
  })
}

/**
 * Tells whether npm once finished an installation here, of whatever lockfile.
 * @param {string} root
 */
export function hasInstallation(root) {
  return packagesOf(join(root, 'node_modules', '.package-lock.json')) !== undefined
}

/**
 * @typedef {object} LockedPackage An entry of a lockfile, as far as it matters here.
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [link]
 * @property {boolean} [optional]
 * @property {string | readonly string[]} [os]
 * @property {string | readonly string[]} [cpu]
 */

/**
 * Whether npm installs an optional package here; a rule that this does not know (libc) makes it a package to do without.
 * @param {LockedPackage} entry
 * @param {Platform} platform
 */
function suits(entry, { platform, arch }) {
  return !('libc' in entry) && allows(entry.os, platform) && allows(entry.cpu, arch)
}

/**
 * @param {string | readonly string[] | undefined} rule names, or names with `!` for all but these
 * @param {string} name
 */
function allows(rule, name) {
  if (rule === undefined) return true
  const rules = typeof rule === 'string' ? [rule] : rule
  if (rules.includes(`!${name}`)) return false
  return rules.includes(name) || rules.every((one) => one.startsWith('!'))
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
function packagesOf(file) {
  const text = readIfThere(file)
  return text === undefined ? undefined : parse(text)?.packages
}

/**
 * @param {string} root
 * @returns {Stamp | undefined}
 */
function readStamp(root) {
  const text = readIfThere(stampFile(root))
  const stamp = text === undefined ? undefined : parse(text)
  return typeof stamp?.install === 'string' && Array.isArray(stamp.runtimes) ? stamp : undefined
}

/**
 * The native interface of Node.js changes with its major version only.
 * @param {{ readonly version: string }} runtime
 */
function runtimeName({ version }) {
  return `node${version.split('.', 1)[0]}`
}

/** @param {string} root */
function stampFile(root) {
  return join(root, 'node_modules', '.millrace-stamp')
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
