import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { killPlantProcesses, startPlantProcess } from '../kit/plant-process.ts'

/** A function that does one thing more in each wave, of which nobody hears. */
const strayPlugin = (type: string, deed: string) => `
import { defineFunction, double } from 'millrace/plugin'
import { timer } from 'rxjs'
const lost = (): never => { throw new Error('lost by ${type}') }
export default defineFunction({
  type: '${type}', description: 'Strays.', inputs: { value: double() }, outputs: { value: double() },
  compute({ value }) {
    ${deed}
    return { value }
  },
})`

const deeds = {
  timing: 'setTimeout(lost, 1)',
  subscribing: 'timer(1).subscribe(lost)',
  rejecting: 'void (async () => { lost() })(); void timer',
} as const

const pipeline = (type: string) => `pipeline: ${type}
equipment: Acme
run: { every: 20ms }
start: auto
steps:
  one: { function: ${type}, in: { value: 1 } }
outputs: { value: { from: one.value } }
`

const plantText = `plant: acme
server: { port: 0, anonymous: observe, security: { unsecured: true } }
equipment: { Acme: { level: Enterprise } }
`

describe('last net of a running plant', function () {
  this.timeout(60_000)
  afterEach(killPlantProcesses)
  after(removePlantFolders)

  it('goes on when plugins throw in timers and subscriptions of their own, or leave rejections to nobody, and tells it', async () => {
    const types = Object.entries(deeds)
    const folder = await plantFolder({
      'plant.yaml': plantText,
      ...Object.fromEntries(types.map(([type, deed]) => [`plugins/${type}.ts`, strayPlugin(type, deed)])),
      ...Object.fromEntries(types.map(([type]) => [`pipelines/${type}.yaml`, pipeline(type)])),
    })
    const plant = await startPlantProcess(folder)
    const told = (type: string) =>
      plant
        .log()
        .split('\n')
        .filter((line) => line.includes('did not catch an error') && line.includes(`plugins/${type}.ts`))
    for (const [type] of types) await until(`${type} is told`, () => told(type).length >= 3, 20_000)
    await sleep(1000)
    for (const [type] of types) {
      expect(told(type), type).to.have.length(3)
      expect(told(type)[0]).to.include(`lost by ${type}`)
    }
    expect(plant.child.exitCode).to.equal(null)
    await plant.end('SIGTERM')
    expect(plant.child.exitCode).to.equal(0)
  })

  it('stops the plant in order and ends with 70 when something of its own was caught by nobody', async () => {
    const breaker = "process.on('SIGUSR2', () => { throw new Error('our own') })"
    const hook = `--import=data:text/javascript,${encodeURIComponent(breaker)}`
    const plant = await startPlantProcess(await plantFolder({ 'plant.yaml': plantText }), {
      environment: { NODE_OPTIONS: hook },
    })
    await plant.end('SIGUSR2')
    expect(plant.child.exitCode).to.equal(70)
    expect(plant.log()).to.include('our own').and.include('caught by nobody')
  })
})
