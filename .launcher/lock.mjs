// @ts-check
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * @typedef {object} Owner Who holds the lock; written into the lock folder before the folder gets its name.
 * @property {string} token tells two owners with the same pid apart
 * @property {number} pid of the launcher
 * @property {number} [npmPid] of the npm that it started, which may outlive it
 * @property {string} host pids mean something only on the same machine or container
 */

/**
 * @typedef {object} Lock
 * @property {(pid: number | undefined) => void} setNpmPid
 * @property {() => void} release
 */

/**
 * @typedef {object} LockOptions
 * @property {number} [pollMs] how often to look whether the lock is free
 * @property {number} [beatMs] how often the owner shows that it lives
 * @property {number} [silenceMsMax] an owner that shows nothing for so long is gone, whatever has its pid now
 * @property {AbortSignal} [signal] ends the wait
 * @property {(owner: Owner) => void} [onWait] called once when somebody else holds the lock
 */

/**
 * Takes the lock folder, waiting while a living process holds it and clearing it away when its owner is gone.
 *
 * The folder appears by one rename with its owner inside, so nobody ever sees a lock without an owner.
 * @param {string} folder
 * @param {LockOptions} [options]
 * @returns {Promise<Lock>} rejects with the reason of `signal`
 */
export async function takeLock(folder, options = {}) {
  const { pollMs = 500, beatMs = 5_000, silenceMsMax = 60_000, signal, onWait } = options
  /** @type {Owner} */
  const self = { token: randomUUID(), pid: process.pid, host: hostname() }
  const watch = watchFor(silenceMsMax)
  let hasWaited = false
  while (!tryTake(folder, self)) {
    signal?.throwIfAborted()
    const owner = readOwner(folder) ?? nobody
    if (watch.isGone(owner, beatOf(folder)) && clearAway(folder, owner)) continue
    if (!hasWaited) onWait?.(owner)
    hasWaited = true
    await delay(pollMs, undefined, { signal }).catch((error) => {
      throw signal?.reason ?? error
    })
  }
  return hold(folder, self, beatMs)
}

/**
 * Stands for the owner of a folder that says nothing, which only damage by hand leaves; judged by its silence.
 * @type {Owner}
 */
const nobody = { token: '', pid: 0, host: '' }

/**
 * @param {string} folder
 * @param {Owner} self
 */
function tryTake(folder, self) {
  const draft = `${folder}.${self.token}`
  mkdirSync(draft, { recursive: true })
  writeOwner(draft, self)
  try {
    renameSync(draft, folder)
    return true
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) return false
    // Windows has other words for a target that is there.
    if (['EPERM', 'EACCES'].includes(codeOf(error)) && existsSync(folder)) return false
    throw error
  }
}

/**
 * Renamed first: removing takes several steps, and in between somebody else may take the half-removed folder.
 * @param {string} folder
 */
function remove(folder) {
  const grave = `${folder}.${randomUUID()}`
  renameSync(folder, grave)
  rmSync(grave, { recursive: true, force: true })
}

/**
 * @param {string} folder
 * @param {Owner} self
 * @param {number} beatMs
 * @returns {Lock}
 */
function hold(folder, self, beatMs) {
  const beat = setInterval(() => {
    try {
      utimesSync(join(folder, 'owner.json'), new Date(), new Date())
    } catch {
      // Somebody removed the lock by hand; the set-up goes on, and the release below finds nothing to do.
    }
  }, beatMs)
  beat.unref()
  return {
    setNpmPid(pid) {
      if (readOwner(folder)?.token !== self.token) return
      writeOwner(folder, pid === undefined ? self : { ...self, npmPid: pid })
    },
    release() {
      clearInterval(beat)
      if (readOwner(folder)?.token === self.token) remove(folder)
    },
  }
}

/**
 * Judges from outside whether an owner still works: by its pids at once, and by its silence after a while.
 * The silence is measured by the watcher's own steady clock, so a machine that slept or a wrong time does not matter.
 * @param {number} silenceMsMax
 */
function watchFor(silenceMsMax) {
  let last = ''
  let since = performance.now()
  return {
    /**
     * @param {Owner} owner
     * @param {number} beat
     */
    isGone(owner, beat) {
      const now = `${owner.token} ${beat}`
      if (now !== last) [last, since] = [now, performance.now()]
      const isSilent = performance.now() - since > silenceMsMax
      if (owner.host !== hostname()) return isSilent
      if (owner.npmPid !== undefined && isAlive(owner.npmPid)) return false
      return isSilent || !isAlive(owner.pid)
    },
  }
}

/**
 * Removes a dead owner's lock, unless somebody else did so in the meantime and a new owner holds it.
 * Only one process at a time may look and remove; it needs a millisecond, so an older gate belongs to a dead process.
 * @param {string} folder
 * @param {Owner} dead
 * @returns {boolean} whether the folder is free now
 */
function clearAway(folder, dead) {
  const gate = `${folder}.gate`
  try {
    mkdirSync(gate)
  } catch {
    const age = Date.now() - (statSync(gate, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > 10_000) rmSync(gate, { recursive: true, force: true })
    return false
  }
  try {
    if ((readOwner(folder) ?? nobody).token !== dead.token || !existsSync(folder)) return false
    remove(folder)
    return true
  } finally {
    rmSync(gate, { recursive: true, force: true })
  }
}

/**
 * Tells whether a process with this pid exists, also when it belongs to somebody else.
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/**
 * @param {string} folder
 * @returns {Owner | undefined}
 */
export function readOwner(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * @param {string} folder
 * @param {Owner} owner
 */
function writeOwner(folder, owner) {
  const file = join(folder, 'owner.json')
  const draft = join(folder, `owner.${owner.token}`)
  writeFileSync(draft, JSON.stringify(owner))
  renameSync(draft, file)
}

/** @param {string} folder */
function beatOf(folder) {
  return statSync(join(folder, 'owner.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
