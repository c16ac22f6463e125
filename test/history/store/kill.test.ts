import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'chai'
import { openIn, runIdsOf, temporaryFolder, wholeOf } from '../kit.ts'

const kills = 20

/** Runs the child until it is killed, and tells the last number that it said was durable. */
async function killed(folder: string, first: number, afterMs: number): Promise<number> {
  const script = join(import.meta.dirname, 'kill-child.ts')
  const child = spawn(process.execPath, [script, folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  const exited = once(child, 'exit')
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString()
      resolve()
    })
    child.once('exit', () => resolve())
  })
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  child.kill('SIGKILL')
  await exited
  const complete = output.slice(0, output.lastIndexOf('\n')).split('\n')
  return Number(complete.at(-1))
}

describe('a history whose process is killed', () => {
  it(`has everything that was acknowledged exactly once and in order, after each of ${kills} kills`, async function () {
    this.timeout(120_000)
    const folder = await temporaryFolder()
    let next = 0
    for (let kill = 0; kill < kills; kill++) {
      const acknowledged = await killed(folder.path, next, (kill * 37) % 150)
      expect(acknowledged).to.be.greaterThan(next)
      const store = await openIn(folder.path)
      const values: number[] = []
      for (let tag = 0; tag < 7; tag++) {
        const entries = await wholeOf(store, `tag${tag}`)
        for (const [index, { time }] of entries.entries()) expect(time).to.be.at.least(entries[index - 1]?.time ?? time)
        for (const { value } of entries) values.push(Number(value))
        const runIds = await runIdsOf(store, `tag${tag}`)
        const wanted = entries.map(({ value }) => (tag === 3 ? undefined : `run${Math.floor(Number(value) / 130)}`))
        expect(runIds).to.deep.equal(wanted)
      }
      await store.close()
      values.sort((a, b) => a - b)
      // Nothing is missing and nothing is there twice; one batch may be durable that could not be acknowledged any more.
      expect(values.findIndex((value, index) => value !== index)).to.equal(-1)
      expect([acknowledged, acknowledged + 200]).to.include(values.length)
      next = values.length
    }
    await folder.remove()
  })
})
