import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { packageRoot } from '../../src/package-root.ts'
import { plantFolder, removePlantFolders, validPlant } from '../config/plant-folder.ts'

const main = join(packageRoot, 'src', 'main.ts')

function start(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return { child, ended: ended.then(([[code], out, err]) => ({ code: code as number | null, out, err })) }
}

describe('millrace as a process', function () {
  this.timeout(30_000)
  after(removePlantFolders)

  it('exits with 78 for a broken plant, 2 for wrong usage, 0 for a new plant that is checked', async () => {
    const folder = await plantFolder({ 'plant.yaml': 'plant: [' })
    const fresh = join(folder, 'fresh')
    const runs = [start(['validate', folder]), start(['lst']), start(['init', fresh])]
    const [broken, usage, made] = await Promise.all(runs.map(({ ended }) => ended))
    expect([broken?.code, usage?.code, made?.code]).to.deep.equal([78, 2, 0])
    expect(broken?.err).to.include('yaml-invalid')
    expect(await start(['validate', fresh]).ended).to.deep.include({ code: 0, err: '' })
  })

  it('does not load the OPC UA stack to check a plant', async () => {
    const folder = await plantFolder({ 'plant.yaml': validPlant })
    const spy =
      "import { registerHooks } from 'node:module'; registerHooks({ resolve(s, c, n) { if (/node-opcua/.test(s)) throw new Error('loaded ' + s); return n(s, c) } })"
    const hook = `data:text/javascript,${encodeURIComponent(spy)}`
    expect(await start(['validate', folder], { NODE_OPTIONS: `--import=${hook}` }).ended).to.deep.include({
      code: 0,
      err: '',
    })
  })

  it('runs a plant until SIGTERM and ends with 0', async () => {
    const folder = await plantFolder({})
    await start(['init', join(folder, 'p')]).ended
    const { child, ended } = start([join(folder, 'p'), '--port', '0', '--certificates', join(folder, 'c')], {
      MILLRACE_PORT: '1',
    })
    await new Promise<void>((resolve) =>
      child.stdout.on('data', (data) => String(data).includes('Ctrl-C') && resolve()),
    )
    const before = performance.now()
    child.kill('SIGTERM')
    const { code, out, err } = await ended
    expect(code).to.equal(0)
    expect(performance.now() - before).to.be.below(5000)
    expect(out).to.match(/opc\.tcp:\/\/\S+:\d{4,5}\n/)
    for (const line of err.trim().split('\n')) expect(JSON.parse(line)).to.have.property('level')
    expect(await readFile(join(folder, 'p', 'README.md'), 'utf8')).to.include('# p')
  })

  it('exits with 69 when its port is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const { port } = blocker.address() as { port: number }
    const folder = await plantFolder({ 'plant.yaml': 'plant: acme\n' })
    const { code, err } = await start([folder, '--certificates', join(folder, 'c')], { MILLRACE_PORT: String(port) })
      .ended
    blocker.close()
    expect(err).to.include('port-in-use').and.include(String(port)).and.include('--port')
    expect(code).to.equal(69)
  })
})
