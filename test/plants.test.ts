import { join } from 'node:path'
import { expect } from 'chai'
import { isRunnable, loadPlant } from '../src/load-plant.ts'
import { packageRoot } from '../src/package-root.ts'

/** What a plant file asks the environment for. */
const environments: Readonly<Record<string, NodeJS.ProcessEnv>> = { opcua: { PLC_PASSWORD: 'pump-7' } }

const load = (name: string) =>
  loadPlant(join(packageRoot, 'test', 'plants', name), { environment: environments[name] ?? {} })

describe('example plants', () => {
  for (const name of ['minimal', 'demo', 'meter-bus', 'opcua', 'signals']) {
    it(`${name} may run`, async () => {
      const plant = await load(name)
      expect(plant.findings).to.deep.equal([])
      expect(isRunnable(plant)).to.equal(true)
    })
  }

  it('broken brings all its findings at once', async () => {
    const { findings } = await load('broken')
    const told = findings.map(
      ({ file, line, column, code }) => `${file.replace(/^.*broken./, '')}:${line}:${column} ${code}`,
    )
    expect(told).to.deep.equal([
      'plant.yaml:3:17 value-out-of-range',
      'plant.yaml:3:27 key-unknown',
      'plant.yaml:6:3 equipment-parent-missing',
      'plant.yaml:9:11 plugin-unknown',
      'plant.yaml:13:16 equipment-unknown',
      'plant.yaml:14:12 value-invalid',
      'plant.yaml:16:13 variable-missing',
      'plant.yaml:18:19 value-invalid',
      'pipelines/watch.yaml:3:6 trigger-invalid',
      'pipelines/watch.yaml:5:23 plugin-unknown',
      'pipelines/watch.yaml:6:40 parameter-unknown',
      'pipelines/watch.yaml:6:51 value-invalid',
      'pipelines/watch.yaml:8:17 step-unknown',
    ])
  })
})
