import { expect } from 'chai'
import { usable } from '../../../src/plugin/bench.ts'
import { portsOf } from '../../../src/plugin/describe.ts'
import { complaintOf, compute, plugin } from './load.ts'

const portsFor = (expression: string, more: object = {}) => {
  const config = usable(plugin('expression'), { expression, ...more })
  const written = (side: 'inputs' | 'outputs') =>
    portsOf(plugin('expression')[side], config).map(({ name, dataType, unit = '' }) => `${name}:${dataType}${unit}`)
  return { inputs: written('inputs').join(' '), output: written('outputs').join(' ') }
}

describe('expression', () => {
  const values = { a: 2.5, b: 7, on: true, mode: 'auto' }
  const results: [string, unknown][] = [
    ['a + 1', 3.5],
    ['1 - a', -1.5],
    ['2 * a / 5', 1],
    ['a == 1', false],
    ['b == 7', true],
    ['a > 2 && !on', false],
    ['on ? a : 0.0', 2.5],
    ['mode == "auto" ? 1 : 0', 1],
    ['mode + "!"', 'auto!'],
    ['abs(1 - a) + max(a, 3) + min(1, 2) + pow(2, 3) + mod(b, 4)', 16.5],
    ['sqrt(9) + round(a) + floor(a) + ceil(a) + ln(1) + log10(100)', 13],
    ['exp(0) + sin(0) + cos(0) + tan(0)', 2],
    ['[a, b].exists(x, x > 6.5)', true],
    ['7 / 2', 3],
  ]
  for (const [expression, result] of results) {
    it(`computes ${expression}`, () => {
      expect(compute('expression', values, { expression }).value).to.equal(result)
    })
  }

  it('makes its variables inputs, with the type that their use tells', () => {
    expect(portsFor('on && level > 3.0 ? mode == "x" : !stop')).to.deep.equal({
      inputs: 'on:Boolean level:Double mode:String stop:Boolean',
      output: 'value:Boolean',
    })
    expect(portsFor('[a, b].all(x, x > limit)').inputs).to.equal('a:Double b:Double limit:Double')
    expect(portsFor('size(t) + 1', { inputs: [{ name: 't', type: 'String' }] })).to.deep.equal({
      inputs: 't:String',
      output: 'value:Double',
    })
  })

  it('gives inputs and result the units of the configuration', () => {
    const config = { inputs: [{ name: 'flow', unit: 'm3/h' }], unit: 'kW' }
    expect(portsFor('flow * 10.35', config)).to.deep.equal({ inputs: 'flow:Doublem³/h', output: 'value:DoublekW' })
  })

  const mistakes: [string, RegExp][] = [
    ['a +', /expression: unexpected token: EOF at the end/],
    ['a > ', /expression: .* at the end/],
    ['a * "x"', /expression: no such overload: double \* string at character 1/],
    ['on && a && (a + 1) > 2', /no such overload: bool \+ int at character 13 \('a \+ 1'\)/],
    ['on ? a : 0', /same type, got 'double' and 'int' at character 1 \(.*\); write whole numbers as 1.0 there/],
    ['nothing(a)', /nothing/],
    ['{"a": a}', /gives a map<string, double>, not a number, a bool or a string/],
  ]
  for (const [expression, message] of mistakes) {
    it(`says what is wrong with ${expression}`, () => {
      expect(complaintOf('expression', { expression })).to.match(message)
    })
  }

  it('refuses a declared input that does not occur', () => {
    expect(complaintOf('expression', { expression: 'a', inputs: [{ name: 'b' }] })).to.contain('input b does not occur')
  })

  it('throws when it is computed unchecked', () => {
    const run = () => portsOf(plugin('expression').inputs, { expression: 'a +', inputs: [] })
    expect(run).to.throw(/unexpected token/)
  })
})
