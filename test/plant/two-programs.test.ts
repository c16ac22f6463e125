import { expect } from 'chai'
import { plantFolder, removePlantFolders } from '../config/plant-folder.ts'
import { killPlantProcesses, startPlantProcess } from '../kit/plant-process.ts'
import { connect } from '../opcua/bench.ts'
import { plantFile, scaling } from './change-plants.ts'

describe('a plant that is started twice with the same data', function () {
  this.timeout(180_000)
  afterEach(async () => {
    killPlantProcesses()
    await removePlantFolders()
  })

  it('refuses the second start, which changes nothing, until the first is gone, even by a crash', async () => {
    const files = { 'plant.yaml': plantFile.replace('plant: line', 'plant: demo'), 'pipelines/scale.yaml': scaling() }
    const folder = await plantFolder(files)
    const first = await startPlantProcess(folder)
    const client = await connect(first.url, `${folder}/client`, {})
    const runId = async () => (await client.read('pipe/scale.Diagnostics.CurrentRunId')).value.value as string
    const before = await runId()
    const refusal = await startPlantProcess(folder).then(
      () => '',
      (error: Error) => error.message,
    )
    expect(refusal).to.match(/database-locked .*in use by another Millrace.*--data/)
    expect(await runId()).to.equal(before)
    const history = await client.session.call({
      objectId: client.id('pipe/scale'),
      methodId: client.id('pipe/scale.ReadRun'),
      inputArguments: [{ dataType: 12, value: before }],
    })
    // Outcome None: it goes on.
    expect(history.outputArguments?.[4]?.value).to.equal(0)
    await client.close()
    await first.end('SIGKILL')
    const second = await startPlantProcess(folder)
    await second.end('SIGTERM')
  })
})
