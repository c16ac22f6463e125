import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { forward, mustForward } from '../../.launcher/forward.mjs'

const module = new URL('../../.launcher/forward.mjs', import.meta.url).href

/** A program that counts its signals, prints them, and ends with code 7 a moment after the first. */
const counting = `
  let count = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      process.stdout.write(name + '\\n')
      if (++count === 1) setTimeout(() => process.exit(7), 150)
    })
  }
  setInterval(() => {}, 1000)
  process.stdout.write('up\\n')
`

/** A program that forwards to another one and prints how that ended. */
function forwarding(script: string, hasTerminal: boolean): string {
  return `
    import { forward } from ${JSON.stringify(module)}
    const args = ['-e', ${JSON.stringify(script)}]
    const end = await forward(process.execPath, args, { hasTerminal: ${hasTerminal} })
    process.stdout.write(JSON.stringify(end) + '\\n')
  `
}

describe('forward', () => {
  const children: ChildProcess[] = []

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  async function start(script: string, { hasTerminal }: { hasTerminal: boolean }) {
    const args = ['--input-type=module', '-e', forwarding(script, hasTerminal)]
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(parent)
    const lines: string[] = []
    parent.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.trim().split('\n')))
    await once(parent.stdout, 'data')
    return { parent, lines, ended: once(parent, 'close') }
  }

  it('passes on the exit code', async () => {
    const run = (script: string) => forward(process.execPath, ['-e', script])
    expect(await run('process.exit(0)')).to.deep.equal({ code: 0, signal: null })
    expect(await run('process.exit(42)')).to.deep.equal({ code: 42, signal: null })
  })

  it('says which signal ended the program', async () => {
    const end = await forward(process.execPath, ['-e', `process.kill(process.pid, 'SIGKILL')`])
    expect(end).to.deep.equal({ code: null, signal: 'SIGKILL' })
  })

  it('says why a program cannot be started', async () => {
    const end = await forward('/nowhere/node', [])
    expect(end.error?.message).to.include('ENOENT')
  })

  it('leaves no listener behind', async () => {
    const before = process.listenerCount('SIGINT')
    await forward(process.execPath, ['-e', ''])
    expect(process.listenerCount('SIGINT')).to.equal(before)
  })

  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`passes on ${name} once and waits for the program to end, when there is no terminal`, async () => {
      const { parent, lines, ended } = await start(counting, { hasTerminal: false })
      parent.kill(name)
      await delay(20)
      // As npm does when the whole group got the signal.
      parent.kill(name)
      await ended
      expect(lines).to.deep.equal(['up', name, '{"code":7,"signal":null}'])
    })
  }

  it('leaves Ctrl-C to the terminal, which sends it to the whole group', async () => {
    const { parent, lines, ended } = await start(counting, { hasTerminal: true })
    parent.kill('SIGINT')
    await delay(100)
    expect(lines).to.deep.equal(['up'])
    parent.kill('SIGTERM')
    await ended
    expect(lines).to.deep.equal(['up', 'SIGTERM', '{"code":7,"signal":null}'])
  })
})

describe('mustForward', () => {
  it('is false only for what a terminal sends to everybody itself', () => {
    expect(mustForward('SIGINT', true)).to.equal(false)
    expect(mustForward('SIGHUP', true)).to.equal(false)
    expect(mustForward('SIGTERM', true)).to.equal(true)
    expect(mustForward('SIGINT', false)).to.equal(true)
  })
})
