import { expect } from 'chai'
import { check, output, pipeline, step } from './kit.ts'

const good = step('a', 'scale', { value: 'plc1.level' })

describe('checkPipelines', () => {
  it('tells all findings of all pipelines at once', () => {
    const { findings } = check(
      pipeline('a', { steps: [step('s', 'scale', { value: 'plc1.x', other: 1 }), step('t', 'nope')] }),
      pipeline('b', { steps: [step('u', 'scale', { value: 'plc1.level' })], outputs: [output('x', 'zzz.y')] }),
    )
    expect(findings.map(({ file, code }) => `${file} ${code}`)).to.deep.equal([
      'pipelines/a.yaml plugin-unknown',
      'pipelines/a.yaml input-unknown',
      'pipelines/a.yaml wire-unknown',
      'pipelines/b.yaml step-unknown',
    ])
  })

  it('warns of what nothing uses, and lets it run', () => {
    const { findings, pipelines } = check(pipeline('watch', { steps: [good] }))
    expect(findings.map(({ code, severity, path }) => ({ code, severity, path }))).to.deep.equal([
      { code: 'output-unused', severity: 'warning', path: ['steps', 'a'] },
    ])
    expect(pipelines).to.have.length(1)
  })

  it('warns of until where steps never complete', () => {
    const until = [{ port: 'total', is: 'above', source: { kind: 'literal', value: 5 } }] as const
    const steps = [step('t', 'totalizer', { value: 'plc1.level' }, { until })]
    const { findings, pipelines } = check(pipeline('watch', { steps, outputs: [output('x', 't.total')] }))
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).to.deep.equal(['trigger-invalid warning'])
    expect(pipelines).to.have.length(1)
  })
})
