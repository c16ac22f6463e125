import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { isAlive } from '../../.launcher/lock.mjs'
import { ScratchCheckout } from './scratch-checkout.ts'

describe('launch', () => {
  let checkout: ScratchCheckout

  beforeEach(() => {
    checkout = new ScratchCheckout()
  })

  afterEach(() => checkout.remove())

  const commands = () => checkout.calls().map(({ command }) => command)

  it('sets a fresh clone up, then runs the script with its arguments and its exit code', async () => {
    const first = await checkout.start().ended
    expect(first).to.include({ code: 5, out: 'script a b c\n' })
    expect(first.err).to.match(/^millrace: first run: about two minutes, only once/)
    expect(commands()).to.deep.equal(['ci', 'rebuild'])

    const second = await checkout.start().ended
    expect(second).to.include({ code: 5, out: 'script a b c\n', err: '' })
    expect(commands()).to.deep.equal(['ci', 'rebuild'])
    expect(checkout.leftovers()).to.deep.equal(['setup.log'])
  })

  it('outranks a configuration that leaves packages or scripts out', async () => {
    await checkout.start(undefined, { NODE_ENV: 'production', npm_config_omit: 'dev optional' }).ended
    const [ci, rebuild] = checkout.calls()
    expect(ci?.args).to.include.members(['--ignore-scripts', '--include=dev', '--include=optional'])
    expect(rebuild?.args).to.include.members(['sqlite3', '@serialport/bindings-cpp', '--ignore-scripts=false'])
    expect([ci?.nodeEnv, rebuild?.nodeEnv]).to.deep.equal(['', ''])
  })

  it('shares one set-up among starts at the same time', async () => {
    const starts = [1, 2, 3].map(() => checkout.start(undefined, { NPM_MS: '150' }).ended)
    const ends = await Promise.all(starts)
    expect(ends.map(({ code }) => code)).to.deep.equal([5, 5, 5])
    expect(commands()).to.deep.equal(['ci', 'rebuild'])
    const waiting = ends.filter(({ err }) => /process \d+ is setting this checkout up/.test(err))
    expect(waiting.length).to.equal(2)
  })

  it('accepts packages that somebody installed by hand, and builds only what does not load', async () => {
    await checkout.start().ended
    checkout.write('node_modules/.millrace-stamp', '')
    expect(await checkout.start().ended).to.include({ code: 5, err: '' })
    expect(commands()).to.deep.equal(['ci', 'rebuild'])
  })

  it('changes only what differs, when the lockfile was changed', async () => {
    await checkout.start().ended
    checkout.lock('1.0.1')
    const { code, err } = await checkout.start().ended
    expect(code).to.equal(5)
    expect(err).to.equal('millrace: the packages have changed: a few seconds\n')
    expect(commands()).to.deep.equal(['ci', 'rebuild', 'install'])
    expect(checkout.calls()[2]?.args).to.include('--no-save')
  })

  it('installs from nothing, when the change fails', async () => {
    await checkout.start().ended
    checkout.lock('1.0.1')
    expect((await checkout.start(undefined, { NPM_FAILS: 'install' }).ended).code).to.equal(5)
    expect(commands()).to.deep.equal(['ci', 'rebuild', 'install', 'ci', 'rebuild'])
  })

  it('compiles SQLite, when the compiled file that was fetched does not load', async () => {
    const env = { npm_config_offline: '', https_proxy: 'http://127.0.0.1:9', NPM_FETCHES: 'unusable' }
    expect((await checkout.start(undefined, env).ended).code).to.equal(5)
    const builds = checkout.calls().filter(({ command }) => command === 'rebuild')
    expect(builds.map(({ fromSource }) => fromSource)).to.deep.equal([false, true])
  })

  it('ends with 69, the whole log and the causes that show in it, when npm fails', async () => {
    const env = { NPM_FAILS: 'ci', NPM_ERROR: 'npm error code ENOTFOUND' }
    const { code, out, err } = await checkout.start(undefined, env).ended
    expect([code, out]).to.deep.equal([69, ''])
    expect(err).to.include('npm ci ended with exit code 1').and.include('npm ci says something')
    expect(err).to.match(/Signs of this are in the log:\n {2}- npm does not reach its registry/)
    expect(checkout.leftovers()).to.deep.equal(['setup.log'])
    expect((await checkout.start().ended).code).to.equal(5)
  })

  it('ends with 69 and tells of the compiler, when the native modules cannot be built', async () => {
    const env = { NPM_FAILS: 'rebuild', NPM_ERROR: 'gyp ERR! stack Error: not found: make' }
    const { code, err } = await checkout.start(undefined, env).ended
    expect(code).to.equal(69)
    expect(err).to.match(/Signs of this are in the log:\n {2}- no C\+\+ compiler/)
  })

  it('stops npm, leaves no lock and dies of the signal, when it is interrupted; the next start goes on', async () => {
    const start = checkout.start(undefined, { NPM_MS: '60000' })
    await checkout.called(1)
    const owner = join(checkout.root, '.launcher', '.setup', 'lock', 'owner.json')
    const { npmPid } = JSON.parse(readFileSync(owner, 'utf8')) as { npmPid: number }
    expect(isAlive(npmPid)).to.equal(true)
    start.child.kill('SIGTERM')
    expect(await start.ended).to.include({ code: null, signal: 'SIGTERM', out: '' })
    expect(isAlive(npmPid)).to.equal(false)
    expect(checkout.leftovers()).to.deep.equal(['setup.log'])

    expect((await checkout.start().ended).code).to.equal(5)
    expect(commands()).to.deep.equal(['ci', 'ci', 'rebuild'])
  })

  it('waits for an npm whose launcher was killed, and goes on with what it installed', async () => {
    const killed = checkout.start(undefined, { NPM_MS: '600' })
    await checkout.called(1)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect((await checkout.start().ended).code).to.equal(5)
    expect(commands()).to.deep.equal(['ci', 'rebuild'])
    expect(checkout.leftovers()).to.deep.equal(['setup.log'])
  })

  it('ends with 2, when there is no such script or none is named', async () => {
    await checkout.start().ended
    const missing = await checkout.start(['src/nothing.ts']).ended
    expect(missing.code).to.equal(2)
    expect(missing.err).to.include('src/nothing.ts does not exist')
    expect(await checkout.start([]).ended).to.include({ code: 2, out: '' })
  })

  it('puts its own Node.js first on PATH, so that what the script starts runs on it too', async () => {
    await checkout.start().ended
    checkout.write(
      'path.mjs',
      `import { execFileSync } from 'node:child_process'
       process.stdout.write(execFileSync('node', ['-p', 'process.execPath'], { encoding: 'utf8' }))`,
    )
    const { out } = await checkout.start(['path.mjs'], { PATH: '/usr/bin:/bin' }).ended
    expect(out.trim()).to.equal(process.execPath)
  })
})
