import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { hasInstallation, installHash, isInstalled, isReady, removeStamp, writeStamp } from '../../.launcher/stamp.mjs'

const linux = { platform: 'linux', arch: 'x64' }
const node24 = { version: '24.21.0' }
const node26 = { version: '26.10.0' }

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-stamp-'))
  mkdirSync(join(root, 'node_modules'))
})

afterEach(() => rmSync(root, { recursive: true }))

function lockfile(packages: Record<string, object>): void {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }))
}

/** Writes what npm notes about its work, and the folders of the packages. */
function installed(packages: Record<string, object>): void {
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }))
  for (const path of Object.keys(packages)) mkdirSync(join(root, path), { recursive: true })
}

describe('stamp', () => {
  it('makes a checkout ready for the runtime it was written for, and for others of the same major version', () => {
    lockfile({})
    expect(isReady(root, node24, linux)).to.equal(false)
    writeStamp(root, node24, linux)
    expect(isReady(root, node24, linux)).to.equal(true)
    expect(isReady(root, { version: '24.12.0' }, linux)).to.equal(true)
    expect(isReady(root, node26, linux)).to.equal(false)
  })

  it('keeps the runtimes that were noted before, while the lockfile is the same', () => {
    lockfile({})
    writeStamp(root, node24, linux)
    writeStamp(root, node26, linux)
    expect(isReady(root, node24, linux) && isReady(root, node26, linux)).to.equal(true)

    lockfile({ 'node_modules/new': { version: '1.0.0' } })
    expect(isReady(root, node24, linux)).to.equal(false)
    writeStamp(root, node26, linux)
    expect(isReady(root, node24, linux)).to.equal(false)
    expect(isReady(root, node26, linux)).to.equal(true)
  })

  it('does not hold on another platform or architecture, as in a folder shared with a container', () => {
    lockfile({})
    writeStamp(root, node24, linux)
    expect(isReady(root, node24, { platform: 'darwin', arch: 'x64' })).to.equal(false)
    expect(isReady(root, node24, { platform: 'linux', arch: 'arm64' })).to.equal(false)
  })

  it('does not hold, when it was removed or damaged', () => {
    lockfile({})
    writeStamp(root, node24, linux)
    removeStamp(root)
    removeStamp(root)
    expect(isReady(root, node24, linux)).to.equal(false)
    for (const text of ['', '{"install"', 'null', '{"install":1}', `{"install":"${installHash(root, linux)}"}`]) {
      writeFileSync(join(root, 'node_modules', '.millrace-stamp'), text)
      expect(isReady(root, node24, linux), text).to.equal(false)
    }
  })

  it('leaves no draft behind', () => {
    lockfile({})
    writeStamp(root, node24, linux)
    expect(readdirSync(join(root, 'node_modules'))).to.deep.equal(['.millrace-stamp'])
  })

  it('is not needed without a lockfile, which a package from npm does not have', () => {
    expect(installHash(root, linux)).to.equal(undefined)
    expect(isReady(root, node24, linux)).to.equal(true)
    writeStamp(root, node24, linux)
    expect(readdirSync(join(root, 'node_modules'))).to.deep.equal([])
  })
})

describe('isInstalled', () => {
  const a = { version: '1.0.0', integrity: 'sha512-a' }

  it('believes the record that npm writes last', () => {
    lockfile({ '': {}, '.launcher': {}, 'node_modules/a': a, 'node_modules/l': { link: true } })
    expect(isInstalled(root, linux)).to.equal(false)
    expect(hasInstallation(root)).to.equal(false)
    installed({ 'node_modules/a': a, 'node_modules/extra': a })
    expect(isInstalled(root, linux)).to.equal(true)
    expect(hasInstallation(root)).to.equal(true)
  })

  it('finds a package that is missing, of another version, of other content or whose folder was removed', () => {
    lockfile({ 'node_modules/a': a })
    installed({})
    expect(isInstalled(root, linux)).to.equal(false)
    installed({ 'node_modules/a': { ...a, version: '1.0.1' } })
    expect(isInstalled(root, linux)).to.equal(false)
    installed({ 'node_modules/a': { ...a, integrity: 'sha512-b' } })
    expect(isInstalled(root, linux)).to.equal(false)
    installed({ 'node_modules/a': a })
    rmSync(join(root, 'node_modules', 'a'), { recursive: true })
    expect(isInstalled(root, linux)).to.equal(false)
  })

  it('does without an optional package, when it is for other machines', () => {
    const cases: [rules: object, isNeeded: boolean][] = [
      [{}, true],
      [{ os: ['linux'], cpu: ['x64'] }, true],
      [{ os: 'linux', cpu: 'x64' }, true],
      [{ os: ['!win32'] }, true],
      [{ os: ['darwin'] }, false],
      [{ os: ['!linux'] }, false],
      [{ cpu: 'arm64' }, false],
      [{ os: ['linux'], cpu: ['x64'], libc: ['musl'] }, false],
    ]
    installed({})
    for (const [rules, isNeeded] of cases) {
      lockfile({ 'node_modules/a': { ...a, optional: true, ...rules } })
      expect(isInstalled(root, linux), JSON.stringify(rules)).to.equal(!isNeeded)
    }
  })
})
