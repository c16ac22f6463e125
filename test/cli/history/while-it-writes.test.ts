import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { packageRoot } from '../../../src/package-root.ts'
import { openIn, tagSample } from '../../history/kit.ts'
import { recorded } from '../recorded-terminal.ts'

const main = join(packageRoot, 'src', 'main.ts')
const writer = join(packageRoot, 'test', 'history', 'store', 'kill-child.ts')
const exports = 6

/** A process that writes numbers as fast as it can, and tells the last one that was acknowledged. */
function startWriter(folder: string) {
  const child = spawn(process.execPath, [writer], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.write(`0 ${folder}\n`)
  let output = ''
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString()
  })
  return {
    acknowledged: () => Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1)),
    async kill() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return child
}

describe('history export while another process writes', function () {
  this.timeout(60_000)
  let folder: string
  let data: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-live-'))
    data = join(folder, 'data')
    await mkdir(data)
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it(`has everything acknowledged before it began exactly once, and batches as a whole, in each of ${exports} exports`, async () => {
    const child = startWriter(data)
    try {
      await until(() => child.acknowledged() >= 200)
      for (let round = 1; round <= exports; round++) {
        const before = child.acknowledged()
        const { code, out, err } = await recorded(['history', 'export', folder])
        expect({ code, err }).to.deep.equal({ code: 0, err: '' })
        const rows = out.trim().split('\n').slice(1)
        const numbers = rows.map((row) => Number(row.split(',')[2])).sort((a, b) => a - b)
        expect(numbers.findIndex((number, index) => number !== index)).to.equal(-1)
        expect(numbers.length).to.be.at.least(before)
        expect(numbers.length % 200).to.equal(0)
        await until(() => child.acknowledged() > numbers.length + round * 1000)
      }
    } finally {
      await child.kill()
    }
  })

  it('leaves neither a file nor a draft at Ctrl-C', async () => {
    const child = startWriter(data)
    try {
      await until(() => child.acknowledged() >= 100_000)
      const output = join(folder, 'kept.csv')
      const exporting = start(['history', 'export', folder, '-o', output])
      const ended = once(exporting, 'close')
      let isDrafted = false
      while (!isDrafted && exporting.exitCode === null) {
        isDrafted = (await readdir(folder)).some((name) => name.startsWith('kept.csv.'))
      }
      exporting.kill('SIGINT')
      expect((await ended)[0]).to.equal(130)
      expect(await readdir(folder)).to.deep.equal(['data'])
    } finally {
      await child.kill()
    }
  })

  it('ends well when its reader goes away', async () => {
    const store = await openIn(data)
    for (let from = 0; from < 100_000; from += 5000) {
      await store.append(Array.from({ length: 5000 }, (_, index) => tagSample('a', from + index, from + index)))
    }
    await store.close()
    const exporting = start(['history', 'export', folder])
    const said = text(exporting.stderr)
    const ended = once(exporting, 'exit')
    await once(exporting.stdout, 'data')
    exporting.stdout.destroy()
    expect((await ended)[0]).to.equal(0)
    expect(await said).to.equal('')
  })
})
