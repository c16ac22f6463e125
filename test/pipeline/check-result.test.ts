import { expect } from 'chai'
import { call, check, output, parameter, pipeline, step } from './kit.ts'

const good = step('a', 'scale', { value: 'plc1.level' })

describe('checkPipelines over several pipelines', () => {
  it('puts each pipeline after those that it reads', () => {
    const { findings, pipelines } = check(
      pipeline('last', { steps: [step('s', 'scale', { value: 'middle.x' })], outputs: [output('x', 's.scaled')] }),
      pipeline('middle', { steps: [step('s', 'scale', { value: 'first.x' })], outputs: [output('x', 's.scaled')] }),
      pipeline('first', { steps: [good], outputs: [output('x', 'a.scaled')] }),
    )
    expect(findings).to.deep.equal([])
    expect(pipelines.map(({ definition }) => definition.id)).to.deep.equal(['first', 'middle', 'last'])
    expect(pipelines[2]?.outputs[0]?.port.unit).to.equal('l')
    expect(pipelines[1]?.steps[0]?.inputs[0]?.source).to.deep.equal({ kind: 'external', tag: 'first.x' })
  })

  it('keeps back a pipeline with an error and those that depend on it, and judges no wire twice', () => {
    const { findings, pipelines } = check(
      pipeline('first', { steps: [step('a', 'nope', { value: 'plc1.level' })], outputs: [output('x', 'a.scaled')] }),
      pipeline('second', { steps: [step('s', 'scale', { value: 'first.x' })], outputs: [output('x', 's.scaled')] }),
      pipeline('third', { steps: [step('s', 'scale', { value: 'second.x' })], outputs: [output('x', 's.scaled')] }),
      pipeline('other', { steps: [good], outputs: [output('x', 'a.scaled')] }),
    )
    expect(findings.map(({ code }) => code)).to.deep.equal(['plugin-unknown'])
    expect(pipelines.map(({ definition }) => definition.id)).to.deep.equal(['other'])
  })

  it('reports pipelines that wait for each other', () => {
    const { findings, pipelines } = check(
      pipeline('one', { steps: [step('s', 'scale', { value: 'two.x' })], outputs: [output('x', 's.scaled')] }),
      pipeline('two', { steps: [step('s', 'scale', { value: 'one.x' })], outputs: [output('x', 's.scaled')] }),
    )
    expect(findings.map(({ code, message, path }) => ({ code, message, path }))).to.deep.equal([
      {
        code: 'steps-loop',
        message: 'pipelines wait for each other: one, two',
        path: ['steps', 's', 'in', 'value'],
      },
    ])
    expect(pipelines).to.deep.equal([])
  })

  it('names the output of a pipeline that was meant', () => {
    const { findings } = check(
      pipeline('first', { steps: [good], outputs: [output('rate', 'a.scaled')] }),
      pipeline('second', { steps: [step('s', 'scale', { value: 'first.rat' })], outputs: [output('x', 's.scaled')] }),
    )
    expect(findings.map(({ code, remedy }) => `${code} ${remedy}`)).to.deep.equal(['wire-unknown did you mean rate?'])
  })

  it('refuses two files of one pipeline and two pipelines that write one tag', () => {
    const write = { owner: 'plc1', port: 'setpoint', from: { kind: 'literal', value: 1 }, on: 'change' } as const
    const body = { steps: [good], outputs: [output('x', 'a.scaled')], writes: [write] }
    const same = check(pipeline('one', body), pipeline('one', { ...body, file: 'other.yaml', writes: [] }))
    expect(same.findings.map(({ code, file, path }) => ({ code, file, path }))).to.deep.equal([
      { code: 'name-duplicate', file: 'other.yaml', path: ['pipeline'] },
    ])
    const both = check(pipeline('one', body), pipeline('two', body))
    expect(both.findings.map(({ code, message }) => `${code}: ${message}`)).to.deep.equal([
      'write-invalid: plc1.setpoint is written by pipeline one already',
    ])
  })
})

describe('a checked pipeline', () => {
  it('has its steps in the order of their computation, delays after all that read them', () => {
    const { findings, pipelines } = check(
      pipeline('watch', {
        steps: [
          step('d', 'delay', { value: 'sum.sum' }),
          step('sum', 'add', { a: 'gas.scaled', b: 'd.value' }),
          step('gas', 'scale', { value: 'plc1.level' }),
        ],
        outputs: [output('x', 'sum.sum')],
      }),
    )
    expect(findings).to.deep.equal([])
    expect(pipelines[0]?.steps.map(({ id }) => id)).to.deep.equal(['gas', 'sum', 'd'])
  })

  it('accepts delays that feed each other', () => {
    const { findings, pipelines } = check(
      pipeline('watch', {
        trigger: { kind: 'every', periodMs: 100 },
        steps: [step('d', 'delay', { value: 'e.value' }), step('e', 'delay', { value: 'd.value' })],
        outputs: [output('x', 'd.value')],
      }),
    )
    expect(findings).to.deep.equal([])
    expect(pipelines[0]?.steps).to.have.length(2)
  })

  it('hands on unit and range through ports that are like others, and converts what is like another', () => {
    const { pipelines } = check(
      pipeline('watch', {
        parameters: [parameter('more', { unit: 'm³' })],
        steps: [good, step('b', 'add', { a: 'a.scaled', b: '$more' })],
        outputs: [output('x', 'b.sum', { unit: 'm³' }), output('y', 'b.sum', { max: 500 })],
      }),
    )
    const [checked] = pipelines
    expect(checked?.steps[1]?.outputs[0]).to.include({ unit: 'l', dataType: 'Double' })
    expect(checked?.steps[1]?.inputs[1]?.source).to.deep.equal({
      kind: 'parameter',
      name: 'more',
      gain: 1000,
      offset: 0,
    })
    expect(checked?.outputs[0]?.port).to.deep.include({ unit: 'm³', range: [0, 0.2] })
    expect(checked?.outputs[0]?.source).to.deep.equal({ kind: 'step', step: 'b', port: 'sum', gain: 0.001, offset: 0 })
    expect(checked?.outputs[1]?.port).to.deep.include({ unit: 'l', range: [0, 500] })
  })

  it('takes the default of an input that has no source', () => {
    const { pipelines } = check(
      pipeline('watch', { steps: [step('b', 'add', { a: 'plc1.level' })], outputs: [output('x', 'b.sum')] }),
    )
    expect(pipelines[0]?.steps[0]?.inputs[1]?.source).to.deep.equal({ kind: 'literal', value: 0 })
  })

  it('is described for the address space', () => {
    const { findings, pipelines } = check(
      pipeline('fill', {
        trigger: { kind: 'once' },
        parameters: [parameter('target', { unit: 'l', min: 0, max: 50, default: 10, description: 'How much.' })],
        steps: [
          call('home', 'plc1.home'),
          step('volume', 'totalizer', { value: 'plc1.level' }, { after: ['home'], description: 'Fills.' }),
          call('close', 'plc1.move', { position: 0 }, { after: ['volume'] }),
        ],
        outputs: [output('filled', 'volume.total'), output('level', 'plc1.level'), output('wanted', '$target')],
        writes: [
          { owner: 'plc1', port: 'isOpen', from: { kind: 'literal', value: true }, on: 'change' },
          { owner: 'plc1', port: 'setpoint', from: { kind: 'wire', owner: 'plc1', port: 'count' }, on: 'change' },
        ],
        finally: [call('finally-0', 'plc1.move', { position: 0 })],
      }),
    )
    expect(findings).to.deep.equal([])
    const description = pipelines[0]?.description
    expect(description?.steps.map(({ id, kind, device }) => ({ id, kind, device }))).to.deep.equal([
      { id: 'home', kind: 'plc1.home', device: 'plc1' },
      { id: 'volume', kind: 'totalizer', device: undefined },
      { id: 'close', kind: 'plc1.move', device: 'plc1' },
    ])
    expect(description?.steps.map((each) => each.description)).to.deep.equal(['Goes home.', 'Fills.', 'Moves.'])
    expect(description?.steps[1]?.inputs[0]).to.deep.include({ unit: 'l', source: { kind: 'tag', tag: 'plc1.level' } })
    expect(description?.steps[2]?.inputs[0]?.source).to.deep.equal({ kind: 'literal', value: 0 })
    expect(description?.outputs.map(({ name, from }) => `${name} ${from}`)).to.deep.equal([
      'filled fill/volume.total',
      'level plc1.level',
      'wanted fill$target',
    ])
    expect(description?.parameters[0]).to.deep.include({ name: 'target', unit: 'l', range: [0, 50], default: 10 })
    expect(description?.writes).to.deep.equal([{ tag: 'plc1.setpoint', from: 'plc1.count' }])
    expect(description?.utilizes).to.deep.equal(['plc1'])
  })
})
