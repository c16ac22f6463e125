/** The process that runs the plant of the benchmark `jobs`: one pipeline that computes nearly nothing, and a database in a real file. */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import { startPlant } from '../../src/plant.ts'
import { answerParent } from './opcua-process.ts'

const plantText = `
plant: bench
server: { anonymous: operate, security: { unsecured: true } }
equipment: { Unit1: { level: WorkUnit } }
`

/** A pipeline needs a step; this one adds two numbers. */
const pipelineText = `
pipeline: empty
equipment: Unit1
run: once
steps:
  sum: { function: ADD, in: { a: 1, b: 2 } }
outputs: { sum: { from: sum.result } }
`

const root = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))

answerParent({
  async start() {
    const folder = join(root, 'plant')
    await mkdir(join(folder, 'pipelines'), { recursive: true })
    await writeFile(join(folder, 'plant.yaml'), plantText)
    await writeFile(join(folder, 'pipelines', 'empty.yaml'), pipelineText)
    const plant = await loadPlant(folder)
    if (!isRunnable(plant)) throw new Error(JSON.stringify(plant.findings))
    const running = await startPlant({
      ...{ plant, port: 0, certificatesFolder: join(root, 'certificates'), dataFolder: join(root, 'data') },
      ...{ watchCertificates: false, log: pino({ level: 'silent' }) },
    })
    return Number(new URL(running.urls[0] ?? '').port)
  },
})
