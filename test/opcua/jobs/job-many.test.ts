import { expect } from 'chai'
import { coerceLocalizedText, DataType, NumericRange, VariantArrayType } from 'node-opcua'
import { jobStatus } from '../../../src/model/job.ts'
import { jobClient } from './job-client.ts'
import { double, later, mixer, type RealPlant, startReal } from './real-plant.ts'

/** Methods that one request may call. */
const callsMax = 50

describe('10 000 job orders', function () {
  this.timeout(240_000)
  let plant: RealPlant

  before(async () => {
    plant = await startReal()
  })
  after(() => plant.scratch.stop())

  it('are taken, listed whole and in parts, and are there again after a restart; one more is refused', async () => {
    const { mes, scratch } = plant
    const objectId = mes.node('JobOrderControl')
    const comment = {
      dataType: DataType.LocalizedText,
      arrayType: VariantArrayType.Array,
      value: [coerceLocalizedText('x')],
    }
    const volume = await mes.parameter('volume', double(12))
    const total = 10_000
    for (let from = 0; from < total; from += callsMax) {
      const calls = []
      for (let index = from; index < from + callsMax; index++) {
        const order = await mes.order(`WO-${index}`, 'mix', { startTime: later, jobOrderParameters: [volume] })
        const inputArguments = [{ dataType: DataType.ExtensionObject, value: order }, comment]
        calls.push({ objectId, methodId: `${objectId}.StoreAndStart`, inputArguments })
      }
      const results = await mes.client.session.call(calls as never)
      const names = (results as never as { statusCode: { name: string } }[]).map(({ statusCode }) => statusCode.name)
      expect(new Set(names)).to.deep.equal(new Set(['Good']))
    }
    const { status, bits } = await mes.give('Store', await mes.order('one more', 'mix'))
    expect([status, bits]).to.deep.equal(['Uncertain', jobStatus.notAccepted | jobStatus.queueFull])
    const states = await mes.states()
    expect(Object.keys(states)).to.have.length(total)
    expect(new Set(Object.values(states))).to.deep.equal(new Set(['AllowedToStart']))
    await scratch.restart()
    const again = await jobClient(await scratch.connect('Supervisor'), mixer)
    expect(await again.states()).to.deep.equal(states)
    const part = (await again.read('JobOrderControl.JobOrderList', new NumericRange(5000, 5001))) as never as {
      readonly jobOrder: { readonly jobOrderID: string }
    }[]
    expect(part.map(({ jobOrder }) => jobOrder.jobOrderID)).to.deep.equal(['WO-5000', 'WO-5001'])
    expect((await again.ask('Cancel', 'WO-9999')).bits).to.equal(jobStatus.done)
    expect((await again.give('Store', await again.order('one more', 'mix'))).bits).to.equal(jobStatus.done)
  })
})
