import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { isAskedToSupervise, mustRestart } from '../../.launcher/supervise.mjs'

const module = new URL('../../.launcher/supervise.mjs', import.meta.url).href

describe('supervise', () => {
  let folder: string
  let parent: ChildProcess | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-supervise-'))
    writeFileSync(join(folder, 'starts'), '')
  })

  afterEach(() => {
    if (parent?.exitCode === null && parent.signalCode === null) parent.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  /** Supervises a program that notes its start, and then does what stands at its number; `stay` waits for SIGTERM. */
  async function run(deeds: readonly string[], pauses: readonly number[] = [10]) {
    const starts = JSON.stringify(join(folder, 'starts'))
    const script = `
      const { appendFileSync, readFileSync } = require('node:fs')
      const number = readFileSync(${starts}, 'utf8').length
      appendFileSync(${starts}, process.env.MILLRACE_SUPERVISED ?? '?')
      process.on('SIGTERM', () => process.exit(0))
      const deed = ${JSON.stringify(deeds)}[number]
      if (deed === 'stay') { console.log('up'); setInterval(() => {}, 1000) }
      else if (/^SIG/.test(deed)) process.kill(process.pid, deed)
      else process.exit(Number(deed))`
    const supervisor = `
      import { supervise } from ${JSON.stringify(module)}
      const end = await supervise(process.execPath, ['-e', ${JSON.stringify(script)}], { hasTerminal: false, pauses: ${JSON.stringify(pauses)} })
      console.log(JSON.stringify(end))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', supervisor], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    parent = child
    let [out, err] = ['', '']
    child.stdout.on('data', (data) => (out += data))
    child.stderr.on('data', (data) => (err += data))
    const ended = once(child, 'close').then(() => ({
      end: JSON.parse(out.trim().split('\n').at(-1) ?? ''),
      starts: readFileSync(join(folder, 'starts'), 'utf8').length,
      err,
    }))
    return { child, ended, out: () => out, err: () => err }
  }

  it('starts a program again that was killed, crashed or asked for it, until it ends by its own will', async () => {
    const { end, starts, err } = await (await run(['SIGKILL', 'SIGABRT', '70', '0'], [10, 10, 10])).ended
    expect(end).to.deep.equal({ code: 0, signal: null })
    expect(starts).to.equal(4)
    expect(err.match(/is started again/g)).to.have.length(3)
    expect(err).to.include('signal SIGKILL').and.include('exit code 70')
  })

  it('leaves a program alone that does not start the first time', async () => {
    for (const code of [1, 2, 69, 78]) {
      writeFileSync(join(folder, 'starts'), '')
      const { end, starts } = await (await run([String(code)])).ended
      expect([end.code, starts]).to.deep.equal([code, 1])
    }
  })

  it('tries again when something keeps a program from starting that has run before', async () => {
    const { end, starts } = await (await run(['70', '69', '78', '0'], [10, 10, 10])).ended
    expect([end.code, starts]).to.deep.equal([0, 4])
  })

  it('ends with the program on SIGTERM, and starts nothing again', async () => {
    const { child, out, ended } = await run(['SIGKILL', 'stay'])
    while (!out().includes('up')) await once(child.stdout!, 'data')
    child.kill('SIGTERM')
    const { end, starts } = await ended
    expect([end.code, starts]).to.deep.equal([0, 2])
  })

  it('ends at once on SIGTERM while it waits', async () => {
    const { child, err, ended } = await run(['SIGKILL', '0'], [60_000])
    while (!err().includes('started again')) await once(child.stderr!, 'data')
    child.kill('SIGTERM')
    expect((await ended).starts).to.equal(1)
  })
})

describe('the supervisor', () => {
  it('is asked for by an option before --', () => {
    expect(isAskedToSupervise(['run', 'plant', '--supervise'])).to.equal(true)
    expect(isAskedToSupervise(['run', '--', '--supervise'])).to.equal(false)
    expect(isAskedToSupervise(['run'])).to.equal(false)
  })

  it('does not start again what cannot be started at all', () => {
    const error = new Error('ENOENT')
    expect(mustRestart({ code: null, signal: null, error }, true)).to.equal(false)
  })
})
