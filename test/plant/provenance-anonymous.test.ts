import { expect } from 'chai'
import { DataType, type VariantLike } from 'node-opcua'
import { until } from '../kit/demo-plant.ts'
import { startScratch } from '../kit/scratch-plant.ts'
import { plantFile, scaling } from './change-plants.ts'

const pipeline = scaling({ outputs: 'scaled: { from: scaled.scaled, history: { keep: 1d } }' })

describe('where samples came from, for clients without a login', function () {
  this.timeout(60_000)

  for (const [anonymous, wanted] of [
    ['observe', 'Good'],
    ['none', 'BadUserAccessDenied'],
  ] as const) {
    it(`is answered with ${wanted}, where the plant file says anonymous: ${anonymous}`, async () => {
      const file = plantFile.replace('anonymous: operate', `anonymous: ${anonymous}`)
      const scratch = await startScratch({ 'plant.yaml': file, 'pipelines/scale.yaml': pipeline })
      try {
        const observer = await scratch.connect('Observer')
        const runId = (await observer.read('pipe/scale.Diagnostics.CurrentRunId')).value.value
        const nobody = await scratch.connect()
        const text = (value: string) => ({ dataType: DataType.String, value })
        const statusOf = async ({ session, id }: typeof nobody, method: string, inputArguments: VariantLike[]) => {
          const request = { objectId: id('pipe/scale'), methodId: id(`pipe/scale.${method}`), inputArguments }
          return (await session.call(request)).statusCode.name
        }
        const which = [
          text('scaled'),
          { dataType: DataType.DateTime, value: new Date(Date.now() + 60_000) },
          { dataType: DataType.UInt32, value: 0 },
        ]
        await until('there is a sample', async () => (await statusOf(observer, 'FindRun', which)) === 'Good')
        expect(await statusOf(nobody, 'FindRun', which)).to.equal(wanted)
        expect(await statusOf(nobody, 'ReadRun', [text(runId)])).to.equal(wanted)
        for (const client of [nobody, observer])
          expect(await statusOf(client, 'Stop', [])).to.equal('BadUserAccessDenied')
      } finally {
        await scratch.stop()
      }
    })
  }
})
