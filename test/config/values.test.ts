import { expect } from 'chai'
import fc from 'fast-check'
import { durationMsMax, parseDuration } from '../../src/config/duration.ts'
import { retype, substitute } from '../../src/config/environment.ts'
import { parameterValue } from '../../src/config/parameter-value.ts'

describe('duration', () => {
  for (const [text, ms] of [
    ['500ms', 500],
    ['1s', 1000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['90d', 7_776_000_000],
    ['2w', 1_209_600_000],
    ['1y', 31_536_000_000],
    ['0s', 0],
  ] as const) {
    it(`reads ${text}`, () => expect(parseDuration(text)).to.equal(ms))
  }

  it('refuses what has no unit, is negative, or is longer than a century', () => {
    for (const text of ['', '1', '1 s', '-1s', '1S', '1M', 's', '1e3s', 'Infinitys', '101y', '999999999999y']) {
      expect(parseDuration(text), text).to.equal(undefined)
    }
    expect(parseDuration('100y')).to.equal(durationMsMax)
  })

  it('never gives anything but a time from nothing to a century', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (text) => {
        const ms = parseDuration(text)
        return ms === undefined || (ms >= 0 && ms <= durationMsMax)
      }),
    )
  })
})

describe('substitute', () => {
  const environment = { HOST: 'plc', EMPTY: '', EVIL: '$' + '{HOST}: { a: 1 }' }
  const textOf = (text: string) => {
    const result = substitute(text, environment)
    return result.kind === 'text' ? result.text : result
  }

  it('replaces variables and takes defaults for those that are unset or empty', () => {
    expect(textOf('$' + '{HOST}')).to.equal('plc')
    expect(textOf('opc.tcp://$' + '{HOST}:$' + '{PORT:-4840}')).to.equal('opc.tcp://plc:4840')
    expect(textOf('$' + '{EMPTY:-x}')).to.equal('x')
    expect(textOf('$' + '{EMPTY}')).to.equal('')
    expect(textOf('$' + '{PORT:-}')).to.equal('')
  })

  it('keeps an escaped reference', () => expect(textOf('$$' + '{HOST}')).to.equal('$' + '{HOST}'))

  it('never reads again what came from the environment', () =>
    expect(textOf('$' + '{EVIL}')).to.equal(environment.EVIL))

  it('tells what is missing or malformed, also for names of object members', () => {
    expect(textOf('$' + '{NO}')).to.deep.equal({ kind: 'missing', name: 'NO' })
    expect(textOf('$' + '{toString}')).to.deep.equal({ kind: 'missing', name: 'toString' })
    expect(textOf('$' + '{a b}')).to.deep.equal({ kind: 'malformed', reference: '$' + '{a b}' })
  })

  it('retypes what spells a number or a truth value only', () => {
    expect(['1', '-1.5', '1e3', 'true', 'false', 'yes', '0x10', '', 'Infinity', '1.'].map(retype)).to.deep.equal([
      1,
      -1.5,
      1000,
      true,
      false,
      'yes',
      '0x10',
      '',
      'Infinity',
      1,
    ])
  })
})

describe('parameter value', () => {
  it('takes what fits its type', () => {
    expect(parameterValue('Boolean', true)).to.equal(true)
    expect(parameterValue('Int16', -32768)).to.equal(-32768)
    expect(parameterValue('Double', 0.5)).to.equal(0.5)
    expect(parameterValue('Float', 1e30)).to.equal(1e30)
    expect(parameterValue('String', 'x')).to.equal('x')
    expect(parameterValue('UInt64', '18446744073709551615')).to.equal(18446744073709551615n)
    expect(parameterValue('Int64', -5)).to.equal(-5n)
    expect(parameterValue('DateTime', '2026-01-31T12:00:00Z')).to.deep.equal(new Date('2026-01-31T12:00:00Z'))
    expect(parameterValue('ByteString', 'AAE=')).to.deep.equal(Buffer.from([0, 1]))
  })

  it('refuses what does not', () => {
    const misfits = [
      ['Boolean', 1],
      ['Int16', 32768],
      ['Byte', 1.5],
      ['Double', '1'],
      ['Float', 1e39],
      ['String', 1],
      ['UInt64', -1],
      ['UInt64', '18446744073709551616'],
      ['Int64', 2 ** 60],
      ['Int64', 'x'],
      ['DateTime', 'tomorrow'],
      ['DateTime', 5],
      ['DateTime', '2026-13-01'],
      ['ByteString', '%'],
      ['ByteString', 5],
    ] as const
    for (const [type, value] of misfits) expect(parameterValue(type, value), `${type} ${value}`).to.equal(undefined)
  })
})
