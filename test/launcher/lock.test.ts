import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { isAlive, readOwner, takeLock } from '../../.launcher/lock.mjs'

const quick = { pollMs: 10, beatMs: 20 }

describe('takeLock', () => {
  let parent: string
  let folder: string
  const children: ChildProcess[] = []

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'millrace-lock-'))
    folder = join(parent, 'lock')
  })

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    rmSync(parent, { recursive: true })
  })

  /** Starts a process that does nothing for a minute. */
  async function someProcess(): Promise<{ child: ChildProcess; pid: number }> {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' })
    children.push(child)
    await once(child, 'spawn')
    return { child, pid: child.pid! }
  }

  async function deadPid(): Promise<number> {
    const { child, pid } = await someProcess()
    child.kill('SIGKILL')
    await once(child, 'exit')
    return pid
  }

  function heldBy(owner: object): void {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'owner.json'), JSON.stringify({ token: 'other', host: hostname(), ...owner }))
  }

  /** Tells whether the lock is still waited for after a while. */
  async function isWaited(ms: number, options: object = {}): Promise<boolean> {
    const controller = new AbortController()
    const attempt = takeLock(folder, { ...quick, ...options, signal: controller.signal }).then(
      (lock) => {
        lock.release()
        return false
      },
      (reason: unknown) => reason !== 'enough',
    )
    const isWaiting = await Promise.race([attempt, delay(ms, true)])
    controller.abort('enough')
    await attempt
    return isWaiting
  }

  it('says who holds it, and leaves nothing behind when it is released', async () => {
    const lock = await takeLock(folder, quick)
    expect(readOwner(folder)).to.include({ pid: process.pid, host: hostname() })
    lock.setNpmPid(4711)
    expect(readOwner(folder)?.npmPid).to.equal(4711)
    lock.setNpmPid(undefined)
    expect(readOwner(folder)).to.not.have.property('npmPid')
    lock.release()
    lock.release()
    expect(readdirSync(parent)).to.deep.equal([])
  })

  it('is held by one at a time, however many want it', async () => {
    let holders = 0
    let holdersMax = 0
    const turn = async () => {
      const lock = await takeLock(folder, { ...quick, pollMs: 1 })
      holdersMax = Math.max(holdersMax, ++holders)
      await delay(2)
      holders--
      lock.release()
    }
    await Promise.all(Array.from({ length: 20 }, turn))
    expect(holdersMax).to.equal(1)
    expect(readdirSync(parent)).to.deep.equal([])
  })

  it('waits while the process that holds it lives, and tells once for whom', async () => {
    const { child, pid } = await someProcess()
    heldBy({ pid })
    const waits: number[] = []
    const attempt = takeLock(folder, { ...quick, onWait: (owner) => waits.push(owner.pid) })
    await delay(100)
    expect(readOwner(folder)?.token).to.equal('other')
    child.kill('SIGKILL')
    const lock = await attempt
    expect(readOwner(folder)?.pid).to.equal(process.pid)
    expect(waits).to.deep.equal([pid])
    lock.release()
  })

  it('waits for an npm that outlived the launcher which started it', async () => {
    const { pid } = await someProcess()
    heldBy({ pid: await deadPid(), npmPid: pid })
    expect(await isWaited(100)).to.equal(true)
  })

  it('takes the lock of dead processes at once', async () => {
    heldBy({ pid: await deadPid(), npmPid: await deadPid() })
    expect(await isWaited(1_000)).to.equal(false)
  })

  it('takes the lock of a process that shows no sign of life, because another program has its pid now', async () => {
    const { pid } = await someProcess()
    heldBy({ pid })
    expect(await isWaited(60, { silenceMsMax: 150 })).to.equal(true)
    expect(await isWaited(2_000, { silenceMsMax: 150 })).to.equal(false)
  })

  it('judges an owner on another machine by its silence alone, because its pid says nothing here', async () => {
    heldBy({ pid: await deadPid(), host: 'elsewhere' })
    expect(await isWaited(100)).to.equal(true)
    expect(await isWaited(2_000, { silenceMsMax: 100 })).to.equal(false)
  })

  it('takes a damaged lock after a silence', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'garbage'), '')
    expect(await isWaited(60, { silenceMsMax: 150 })).to.equal(true)
    expect(await isWaited(2_000, { silenceMsMax: 150 })).to.equal(false)
  })

  it('does not take a living owner for silent, because it beats', async () => {
    const lock = await takeLock(folder, quick)
    expect(await isWaited(300, { silenceMsMax: 150 })).to.equal(true)
    expect(readOwner(folder)?.pid).to.equal(process.pid)
    lock.release()
  })

  it('stops waiting with the reason of the signal', async () => {
    heldBy({ pid: process.pid })
    const controller = new AbortController()
    const attempt = takeLock(folder, { ...quick, signal: controller.signal })
    controller.abort('SIGTERM')
    const reason = await attempt.then(
      () => 'taken',
      (error: unknown) => error,
    )
    expect(reason).to.equal('SIGTERM')
    expect(readOwner(folder)?.token).to.equal('other')
  })
})

describe('isAlive', () => {
  it('knows this process', () => {
    expect(isAlive(process.pid)).to.equal(true)
  })
})
