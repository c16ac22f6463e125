import { expect } from 'chai'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { until } from '../kit/demo-plant.ts'
import { childrenOf, killPlantProcesses, type PlantProcess, startPlantProcess } from '../kit/plant-process.ts'
import { RawClient } from '../kit/raw-client.ts'

const plantText = `plant: acme
server: { port: 0, anonymous: observe, security: { unsecured: true } }
equipment: { Acme: { level: Enterprise } }
`

/** Lets the plant throw where nobody catches it, or leave rejections to nobody, whenever it gets a signal. */
const breaker = `
  process.on('SIGUSR2', () => { throw new Error('our own') })
  process.on('SIGURG', () => { for (const n of [1, 2, 3]) void Promise.reject(new Error('left to nobody ' + n)) })`

const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(breaker)}` }

describe('a supervised plant', function () {
  this.timeout(60_000)
  let plant: PlantProcess

  before(function () {
    // What a process has started is asked of /proc.
    if (process.platform !== 'linux') this.skip()
  })

  afterEach(killPlantProcesses)
  after(removePlantFolders)

  const portOf = () => Number(/:(\d+)$/.exec(plant.url)?.[1])
  const starts = () => plant.out().split('Ctrl-C').length - 1
  const plantId = () => childrenOf(plant.child.pid!)[0]!
  const isServed = async () => {
    const client = await RawClient.session(portOf())
    await client.destroy()
    return true
  }

  async function start() {
    const folder = await plantFolder({ 'plant.yaml': plantText })
    // A free port that stays the same: clients come back to where the server was.
    const first = await startPlantProcess(folder)
    const port = Number(/:(\d+)$/.exec(first.url)?.[1])
    await first.end('SIGTERM')
    plant = await startPlantProcess(folder, { environment, isSupervised: true, port })
  }

  it('serves again after it was killed, and after an error that nobody caught; and ends in order on SIGTERM', async () => {
    await start()
    expect(await isServed()).to.equal(true)
    for (const [index, signal] of (['SIGKILL', 'SIGUSR2'] as const).entries()) {
      process.kill(plantId(), signal)
      await until(`it is back after ${signal}`, () => starts() === index + 2, 20_000)
      expect(await isServed(), signal).to.equal(true)
    }
    expect(plant.log()).to.include('signal SIGKILL').and.include('exit code 70')
    const id = plantId()
    await plant.end('SIGTERM')
    expect(plant.child.exitCode).to.equal(0)
    expect(() => process.kill(id, 0)).to.throw('ESRCH')
    expect(starts()).to.equal(3)
  })

  it('is started anew after three rejections that were left to nobody', async () => {
    await start()
    process.kill(plantId(), 'SIGURG')
    await until('it is back', () => starts() === 2, 20_000)
    expect(plant.log()).to.include('left to nobody 3').and.include('three rejections')
    expect(await isServed()).to.equal(true)
    await plant.end('SIGTERM')
  })
})
