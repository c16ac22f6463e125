import { expect } from 'chai'
import fc from 'fast-check'
import { bad } from '../../../src/model/sample.ts'
import { Status } from '../../../src/model/status.ts'
import { fieldsOf, portsOf } from '../../../src/plugin/describe.ts'
import { metaOf } from '../../../src/plugin/field.ts'
import { complaintOf, compute, computeSamples, plugin } from './load.ts'

const number = fc.double({ noNaN: true, min: -1e9, max: 1e9 })

describe('arithmetic', () => {
  const table: [string, Record<string, number>, number][] = [
    ['ADD', { a: 1, b: 2 }, 3],
    ['ADD', { a: 1, b: 2, c: 3, h: 4 }, 10],
    ['SUB', { a: 1, b: 2 }, -1],
    ['MUL', { a: 2, b: 3, e: 4 }, 24],
    ['DIV', { a: 1, b: 4 }, 0.25],
    ['MOD', { a: -7, b: 3 }, -1],
    ['POW', { a: 2, b: 10 }, 1024],
    ['ATAN2', { a: 1, b: 1 }, Math.PI / 4],
    ['MIN', { a: 3, b: -1, c: 2 }, -1],
    ['MAX', { a: 3, b: -1, c: 2 }, 3],
    ['AVG', { a: 1, b: 2, c: 6 }, 3],
    ['ABS', { a: -2 }, 2],
    ['NEG', { a: 2 }, -2],
    ['SQRT', { a: 9 }, 3],
    ['EXP', { a: 0 }, 1],
    ['LN', { a: Math.E }, 1],
    ['LOG', { a: 1000 }, 3],
    ['SIN', { a: 0 }, 0],
    ['COS', { a: 0 }, 1],
    ['TAN', { a: 0 }, 0],
  ]
  for (const [type, inputs, result] of table) {
    it(`${type} of ${Object.values(inputs).join(', ')} is ${result}`, () => {
      expect(compute(type, inputs).result).to.be.closeTo(result, 1e-12)
    })
  }

  it('rounds to a multiple of the step, to the side that is wanted', () => {
    expect(compute('ROUND', { a: 0.26 }, { step: 0.1 }).result).to.equal(0.3)
    expect(compute('ROUND', { a: 1.9 }, { to: 'down' }).result).to.equal(1)
    expect(compute('ROUND', { a: 1.1 }, { to: 'up' }).result).to.equal(2)
    expect(compute('ROUND', { a: -1.9 }, { to: 'zero' }).result).to.equal(-1)
  })

  it('gives no number where there is none, which the runtime makes Bad', () => {
    expect(compute('DIV', { a: 1, b: 0 }).result).to.equal(Number.POSITIVE_INFINITY)
    expect(compute('SQRT', { a: -1 }).result).to.satisfy(Number.isNaN)
  })

  it('lets the operands of a sum share the unit of the first', () => {
    const { b } = fieldsOf(plugin('ADD').inputs, {})
    expect(b && metaOf(b).like).to.equal('a')
  })
})

describe('comparison and logic', () => {
  const comparisons: [string, boolean[]][] = [
    ['GT', [false, false, true]],
    ['GE', [false, true, true]],
    ['LT', [true, false, false]],
    ['LE', [true, true, false]],
    ['EQ', [false, true, false]],
    ['NE', [true, false, true]],
  ]
  for (const [type, expected] of comparisons) {
    it(`${type} compares 1, 2 and 3 with 2`, () => {
      expect([1, 2, 3].map((a) => compute(type, { a, b: 2 }).result)).to.deep.equal(expected)
    })
  }

  it('EQ and NE allow a tolerance', () => {
    expect(compute('EQ', { a: 1, b: 1.25 }, { tolerance: 0.25 }).result).to.equal(true)
    expect(compute('NE', { a: 1, b: 1.5 }, { tolerance: 0.25 }).result).to.equal(true)
  })

  const logic: [string, boolean[]][] = [
    ['AND', [false, false, false, true]],
    ['OR', [false, true, true, true]],
    ['XOR', [false, true, true, false]],
  ]
  for (const [type, expected] of logic) {
    it(`${type} has its truth table`, () => {
      const results = [0, 1, 2, 3].map((bits) => compute(type, { a: bits > 1, b: bits % 2 === 1 }).result)
      expect(results).to.deep.equal(expected)
    })
  }

  it('joins more than two values, and turns one round', () => {
    expect(compute('AND', { a: true, b: true, c: false }).result).to.equal(false)
    expect(compute('XOR', { a: true, b: true, c: true }).result).to.equal(true)
    expect(compute('NOT', { a: true }).result).to.equal(false)
  })
})

describe('SCALE and linear-scale', () => {
  const current = { inMin: 4, inMax: 20, outMin: 0, outMax: 6, unit: 'bar' }

  it('maps one range onto the other and clamps', () => {
    expect([4, 12, 20, 3, 22].map((value) => compute('SCALE', { value }, current).scaled)).to.deep.equal([
      0, 3, 6, 0, 6,
    ])
    expect(compute('SCALE', { value: 24 }, { ...current, clamp: false }).scaled).to.equal(7.5)
    expect(compute('SCALE', { value: 21 }, { ...current, outMin: 6, outMax: 0 }).scaled).to.equal(0)
  })

  it('gives its output the unit and range of the configuration', () => {
    const config = { ...current, clamp: true }
    expect(portsOf(plugin('SCALE').outputs, config)[0])
      .to.include({ unit: 'bar' })
      .and.to.deep.include({ range: [0, 6] })
    expect(portsOf(plugin('linear-scale').outputs, { unit: 'kW' })[0]?.unit).to.equal('kW')
  })

  it('refuses a range without width', () => {
    expect(complaintOf('SCALE', { inMin: 1, inMax: 1 })).to.contain('inMin and inMax are both 1; they must differ')
  })

  it('multiplies and adds', () => {
    expect(compute('linear-scale', { value: 2 }, { gain: 10.35, offset: 1 }).scaled).to.be.closeTo(21.7, 1e-12)
  })
})

describe('LIMIT', () => {
  it('stays between its limits, changes nothing inside them and nothing the second time', () => {
    fc.assert(
      fc.property(number, number, number, (value, one, other) => {
        const config = { min: Math.min(one, other), max: Math.max(one, other) }
        const first = compute('LIMIT', { value }, config)
        expect(first.value).to.be.within(config.min, config.max)
        expect(first.isLimited).to.equal(value < config.min || value > config.max)
        if (!first.isLimited) expect(first.value).to.equal(value)
        expect(compute('LIMIT', { value: first.value }, config)).to.deep.equal({ value: first.value, isLimited: false })
      }),
    )
  })

  it('refuses limits in the wrong order', () => {
    expect(complaintOf('LIMIT', { min: 2, max: 1 })).to.contain('min is 2, above max, which is 1')
  })
})

describe('efficiency', () => {
  it('is the share in percent', () => {
    expect(compute('efficiency', { output: 3, input: 4 }).ratio).to.equal(75)
  })
})

describe('SEL and MUX', () => {
  const broken = bad(Status.BadSensorFailure, 5, 'plc1')

  it('lets only the status of the selected input count', () => {
    expect(computeSamples('SEL', { g: false, in0: 1, in1: broken }).out).to.include({ value: 1, status: Status.Good })
    expect(computeSamples('SEL', { g: true, in0: 1, in1: broken }).out).to.deep.equal(broken)
    expect(computeSamples('SEL', { g: broken, in0: 1, in1: 2 }).out).to.deep.equal(broken)
  })

  it('selects by number; a number without a wire is Bad', () => {
    expect(computeSamples('MUX', { k: 2, in0: 'a', in1: broken, in2: 'c' }, { type: 'String' }).out?.value).to.equal(
      'c',
    )
    expect(computeSamples('MUX', { k: 5, in0: 1, in1: 2 }).out?.status).to.equal(Status.BadOutOfRange)
  })

  it('has ports of the configured type', () => {
    expect(portsOf(plugin('SEL').outputs, { type: 'Boolean' })[0]?.dataType).to.equal('Boolean')
    expect(portsOf(plugin('MUX').inputs, { type: 'String' }).map(({ dataType }) => dataType)).to.include('String')
  })
})

describe('quality', () => {
  const broken = bad(Status.BadNoCommunication, 5, 'plc1')

  it('passes what is good', () => {
    const { value, isGood, isUsable } = computeSamples('quality', { value: 7 }, { fallback: 1 })
    expect([value?.value, value?.status, isGood?.value, isUsable?.value]).to.deep.equal([7, Status.Good, true, true])
  })

  it('substitutes what is bad, keeps its cause, and stays Good itself', () => {
    const { value, isGood, isUsable } = computeSamples('quality', { value: broken }, { fallback: 1 })
    expect(value).to.deep.equal({ value: 1, status: Status.UncertainSubstituteValue, sourceTime: 5, cause: 'plc1' })
    expect(isGood).to.deep.equal({ value: false, status: Status.Good, sourceTime: 5 })
    expect(isUsable?.value).to.equal(false)
  })

  it('leaves a bad sample bad without a fallback, and calls an uncertain one usable', () => {
    expect(computeSamples('quality', { value: broken }).value).to.deep.equal(broken)
    const doubtful = { value: 3, status: Status.UncertainLastUsableValue, sourceTime: 5 }
    const { value, isGood, isUsable } = computeSamples('quality', { value: doubtful }, { fallback: 1 })
    expect([value?.value, isGood?.value, isUsable?.value]).to.deep.equal([3, false, true])
  })
})
