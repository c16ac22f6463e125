import { expect } from 'chai'
import type { DataType, Value } from '../../src/model/value.ts'
import { fitted, misfit, typeFits, wireConversion } from '../../src/pipeline/fit.ts'
import { check, output, parameter, pipeline, step, type Written } from './kit.ts'

const types: readonly DataType[] = [
  'Boolean',
  'SByte',
  'Byte',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'Float',
  'Double',
  'String',
]

/** What each type fits into besides itself: each of its values is exactly a value of the other. */
const widening: Readonly<Partial<Record<DataType, readonly DataType[]>>> = {
  SByte: ['Int16', 'Int32', 'Float', 'Double'],
  Byte: ['Int16', 'UInt16', 'Int32', 'UInt32', 'Float', 'Double'],
  Int16: ['Int32', 'Float', 'Double'],
  UInt16: ['Int32', 'UInt32', 'Float', 'Double'],
  Int32: ['Double'],
  UInt32: ['Double'],
  Float: ['Double'],
}

describe('typeFits', () => {
  for (const from of types) {
    it(`lets ${from} into ${widening[from]?.join(', ') ?? 'itself alone'}`, () => {
      const fits = types.filter((to) => typeFits(from, to))
      expect(fits).to.have.members([from, ...(widening[from] ?? [])])
    })
  }
})

describe('misfit', () => {
  const text = { dataType: 'String', isArray: false } as const
  it('lets arrays into arrays only', () => {
    const one = { dataType: 'Double', isArray: false } as const
    const many = { ...one, isArray: true }
    expect(misfit(one, many)).to.equal('Double does not fit into array of Double')
    expect(misfit(many, one)).to.equal('array of Double does not fit into Double')
    expect(misfit(many, many)).to.equal(undefined)
  })

  it('lets choices into wider choices and into any text', () => {
    expect(misfit({ ...text, choices: ['a'] }, { ...text, choices: ['a', 'b'] })).to.equal(undefined)
    expect(misfit({ ...text, choices: ['a'] }, text)).to.equal(undefined)
    expect(misfit({ ...text, choices: ['a', 'c'] }, { ...text, choices: ['a', 'b'] })).to.match(/^c is not one of a, b/)
    expect(misfit(text, { ...text, choices: ['a'] })).to.match(/any String does not fit/)
  })
})

describe('fitted', () => {
  const rows: readonly [Value, DataType, Value | undefined][] = [
    [1.5, 'Double', 1.5],
    [Number.NaN, 'Double', undefined],
    [1.5, 'Int32', undefined],
    [-1, 'Byte', undefined],
    [255, 'Byte', 255],
    [5, 'Int64', 5n],
    [5n, 'UInt64', 5n],
    [-5, 'UInt64', undefined],
    [1.5, 'Int64', undefined],
    [true, 'Boolean', true],
    [1, 'Boolean', undefined],
    ['a', 'String', 'a'],
    [1, 'String', undefined],
    [null, 'String', undefined],
    [new Uint8Array([1]), 'ByteString', new Uint8Array([1])],
    ['x', 'ByteString', undefined],
    ['2026-01-02T03:04:05Z', 'DateTime', new Date('2026-01-02T03:04:05Z')],
    ['tomorrow', 'DateTime', undefined],
    ['2026-13-45', 'DateTime', undefined],
    [new Date(5), 'DateTime', new Date(5)],
    [new Date(Number.NaN), 'DateTime', undefined],
    [5, 'DateTime', undefined],
    [[1], 'Double', undefined],
  ]
  for (const [value, dataType, expected] of rows) {
    it(`makes ${expected === undefined ? 'nothing' : typeof expected} of ${String(value)} for ${dataType}`, () => {
      const result = fitted(value, { dataType, isArray: false })
      expect('value' in result ? result.value : undefined).to.deep.equal(expected)
    })
  }

  it('looks into arrays', () => {
    const many = { dataType: 'Int16', isArray: true } as const
    expect(fitted([1, 2], many)).to.deep.equal({ value: [1, 2] })
    expect(fitted([1, 2.5], many)).to.deep.include({ problem: 'type' })
    expect(fitted(1, many)).to.deep.equal({ problem: 'type', message: '1 is not an array of Int16' })
  })
})

describe('wireConversion', () => {
  it('converts within a dimension and takes a number without a unit as it is', () => {
    expect(wireConversion('l', 'm³')).to.deep.equal({ gain: 0.001, offset: 0 })
    expect(wireConversion('°C', 'K')).to.deep.equal({ gain: 1, offset: 273.15 })
    expect(wireConversion('l', 'dm³')).to.deep.equal({})
    expect(wireConversion(undefined, 'bar')).to.deep.equal({})
    expect(wireConversion('bar', undefined)).to.deep.equal({})
    expect(wireConversion('bar', 'l')).to.equal(undefined)
  })
})

describe('a wire', () => {
  const parameters = [
    parameter('real', { default: 7, max: 10 }),
    parameter('narrow', { dataType: 'UInt32', default: 7, min: 0, max: 100 }),
    parameter('wide', { dataType: 'UInt32', default: 7 }),
    parameter('high', { default: 1000 }),
    parameter('word', { dataType: 'String', default: 'auto' }),
    parameter('wrong', { dataType: 'String', default: 'never' }),
    parameter('warm', { unit: '°C', default: 20 }),
  ]
  const rows: readonly [plugin: string, input: string, source: Written, code: string | undefined][] = [
    ['takes', 'double', 'plc1.count', undefined],
    ['takes', 'double', 'plc1.ratio', undefined],
    ['takes', 'float', 'plc1.level', 'wire-type'],
    ['takes', 'int32', 'plc1.temperature', undefined],
    ['takes', 'int32', 'plc1.count', 'wire-type'],
    ['takes', 'boolean', 'plc1.count', 'wire-type'],
    ['takes', 'boolean', 'plc1.isOpen', undefined],
    ['takes', 'double', 'plc1.isOpen', 'wire-type'],
    ['takes', 'double', 'plc1.big', 'wire-type'],
    ['takes', 'mode', 'plc1.mode', undefined],
    ['takes', 'mode', 'plc1.label', 'wire-type'],
    ['takes', 'text', 'plc1.mode', undefined],
    ['takes', 'list', 'plc1.spectrum', undefined],
    ['takes', 'list', 'plc1.level', 'wire-type'],
    ['takes', 'list', [1, 2], undefined],
    ['takes', 'double', 101, 'value-out-of-range'],
    ['takes', 'int16', 40000, 'value-out-of-range'],
    ['takes', 'int16', 1.5, 'value-invalid'],
    ['takes', 'mode', { text: 'off' }, undefined],
    ['takes', 'mode', { text: 'on' }, 'value-out-of-range'],
    ['takes', 'float', '$real', undefined],
    ['takes', 'int32', '$real', 'wire-type'],
    ['takes', 'uint16', '$narrow', undefined],
    ['takes', 'uint16', '$wide', 'wire-type'],
    ['takes', 'double', '$high', 'value-out-of-range'],
    ['takes', 'mode', '$word', undefined],
    ['takes', 'mode', '$wrong', 'value-out-of-range'],
    ['takes', 'boolean', '$real', 'wire-type'],
    ['kelvin', 'value', 'plc1.temperature', undefined],
    ['kelvin', 'value', '$warm', undefined],
    ['kelvin', 'value', 'plc1.count', undefined],
    ['kelvin', 'value', 'plc1.level', 'wire-unit'],
    ['kelvin', 'whole', 'plc1.temperature', 'wire-type'],
  ]
  for (const [plugin, input, source, code] of rows) {
    it(`from ${JSON.stringify(source)} to ${plugin}.${input} is ${code ?? 'joined'}`, () => {
      const inputs = plugin === 'kelvin' && input !== 'value' ? { value: 1, [input]: source } : { [input]: source }
      const { findings } = check(
        pipeline('watch', {
          trigger: { kind: 'every', periodMs: 100 },
          parameters,
          steps: [step('s', plugin, inputs)],
          outputs: [output('x', plugin === 'takes' ? 's.done' : 's.same')],
        }),
      )
      expect(findings.map((each) => each.code)).to.deep.equal(code === undefined ? [] : [code])
      if (code !== undefined) expect(findings[0]?.path).to.deep.equal(['steps', 's', 'in', input])
    })
  }
})
