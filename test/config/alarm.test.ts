import { expect } from 'chai'
import { pipelineJsonSchema } from '../../src/config/json-schema.ts'
import { isRunnable, loadPlant } from '../../src/load-plant.ts'
import { plantFolder, removePlantFolders, validPipeline, validPlant } from './plant-folder.ts'

const loadWith = async (alarm: string, output = 'level: { from: smooth.mean') => {
  const pipeline = validPipeline
    .replace('alarm: { low: 5, high: 45 }', `alarm: ${alarm}`)
    .replace('level: { from: smooth.mean', output)
  return loadPlant(await plantFolder({ 'plant.yaml': validPlant, 'pipelines/watch.yaml': pipeline }))
}

describe('alarm of an output', () => {
  after(removePlantFolders)

  it('is read with delays in milliseconds, and reaches the description that clients see', async () => {
    const loaded = await loadWith(
      '{ lowLow: 1, low: 5, high: 45, highHigh: 48, deadband: 0.5, onDelay: 2s, offDelay: 500ms, severity: { low: 300 }, confirm: true }',
    )
    expect(loaded.findings).to.deep.equal([])
    if (!isRunnable(loaded)) throw new Error('the plant does not run')
    expect(loaded.pipelines[0]?.description.outputs[0]?.alarm).to.deep.equal({
      ...{ lowLow: 1, low: 5, high: 45, highHigh: 48, deadband: 0.5, onDelayMs: 2000, offDelayMs: 500 },
      ...{ severity: { low: 300 }, confirm: true },
    })
    expect(loaded.pipelines[0]?.description.outputs[1]).to.not.have.property('alarm')
  })

  for (const [what, alarm, finding] of [
    ['no limit', '{ deadband: 1 }', 'key-missing alarm'],
    ['limits that fall', '{ low: 5, high: 4 }', 'value-out-of-range alarm.low'],
    [
      'a deadband as wide as the limits are apart',
      '{ low: 5, high: 45, deadband: 40 }',
      'value-out-of-range alarm.deadband',
    ],
    ['a negative deadband', '{ low: 5, deadband: -1 }', 'value-out-of-range alarm.deadband'],
    ['a delay without its unit', '{ low: 5, onDelay: 5 }', 'value-invalid alarm.onDelay'],
    ['a severity of 0', '{ low: 5, severity: { low: 0 } }', 'value-out-of-range alarm.severity.low'],
    ['a severity of 1001', '{ low: 5, severity: { low: 1001 } }', 'value-out-of-range alarm.severity.low'],
    ['a severity without its limit', '{ low: 5, severity: { high: 10 } }', 'value-invalid alarm.severity.high'],
    ['an unknown key', '{ low: 5, hihi: 1 }', 'key-unknown alarm.hihi'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { findings } = await loadWith(alarm)
      expect(findings.map(({ code, path }) => `${code} ${path.slice(2).join('.')}`)).to.deep.equal([finding])
    })
  }

  it('refuses limits of what is no number', async () => {
    const { findings } = await loadWith('{ low: 5 }', 'level: { from: high.result')
    expect(findings.map(({ code, path }) => `${code} ${path.join('.')}`)).to.include(
      'value-invalid outputs.level.alarm',
    )
  })

  it('is known to editors, with its keys', async () => {
    const schema = JSON.stringify(pipelineJsonSchema({ entries: [] }))
    for (const key of ['deadband', 'onDelay', 'offDelay', 'severity', 'confirm']) expect(schema).to.include(`"${key}"`)
  })
})
