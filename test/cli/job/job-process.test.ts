import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { packageRoot } from '../../../src/package-root.ts'
import { plantFolder, removePlantFolders } from '../../config/plant-folder.ts'
import { killPlantProcesses, startPlantProcess } from '../../kit/plant-process.ts'

const plant = `
plant: acme
server: { anonymous: operate }
equipment: { Acme: { level: WorkUnit } }
`
const pipeline = `
pipeline: add
equipment: Acme
run: once
parameters: { a: { type: Int32, default: 1 } }
steps: { sum: { function: ADD, in: { a: $a, b: 2 } } }
outputs: { sum: { from: sum.result } }
`

async function millrace(args: readonly string[]) {
  const child = spawn(process.execPath, [join(packageRoot, 'src', 'main.ts'), ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [[code], out, err] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return { code: code as number | null, out, err }
}

describe('millrace job as a process', function () {
  this.timeout(120_000)
  after(async () => {
    killPlantProcesses()
    await removePlantFolders()
  })

  it('orders a run from a plant in another process that it has never met, ends by itself, and says when there is none', async () => {
    const folder = await plantFolder({ 'plant.yaml': plant, 'pipelines/add.yaml': pipeline })
    const running = await startPlantProcess(folder)
    const common = ['--url', running.url, '--certificates', join(folder, 'c')]
    const stored = await millrace(['job', 'store', 'add', '--id', 'WO-1', '--set', 'a=40', ...common])
    expect(stored).to.deep.include({ code: 0, out: 'WO-1 of Acme is NotAllowedToStart\n' })
    expect(stored.err).to.match(/^the server of .* now trusts the command line\n$/)
    expect(await millrace(['job', 'start', 'WO-1', ...common])).to.deep.include({ code: 0, err: '' })
    const typed = await millrace(['job', 'list', '--user', 'ada', ...common])
    expect(typed).to.deep.include({ code: 2, out: '' })
    expect(typed.err).to.include('ada has no password; set MILLRACE_PASSWORD')
    await running.end('SIGTERM')
    const gone = await millrace(['job', 'list', ...common])
    expect(gone).to.deep.include({ code: 69, out: '' })
    expect(gone.err).to.match(/^error: server-unreachable .*nothing listens there\n {4}remedy: start it/)
  })
})
