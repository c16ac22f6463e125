import { expect } from 'chai'
import fc from 'fast-check'
import { conversion, unitOf, units } from '../../src/model/unit.ts'

const anyUnit = fc.constantFrom(...units)

describe('units', () => {
  it('has each symbol and each code once', () => {
    expect(new Set(units.map(({ code }) => code)).size).to.equal(units.length)
    expect(new Set(units.map(({ symbol }) => symbol)).size).to.equal(units.length)
    for (const unit of units) expect(unitOf(unit.symbol), unit.symbol).to.equal(unit)
  })

  it('has the unitId of each common code (Part 8 §5.6.3.3)', () => {
    const idOf = (symbol: string) => unitOf(symbol)?.unitId
    expect(['°C', 'm³/h', '%', 'V', 'r/min', 'µm'].map(idOf)).to.deep.equal([
      4408652, 5067080, 20529, 5655636, 5394509, 13384,
    ])
  })

  const spellings: [string, string][] = [
    ['degC', '°C'],
    ['deg', '°'],
    ['deg/s', '°/s'],
    ['m3/h', 'm³/h'],
    ['m^3/h', 'm³/h'],
    ['L', 'l'],
    ['L/min', 'l/min'],
    ['rpm', 'r/min'],
    ['Nm', 'N·m'],
    ['N*m', 'N·m'],
    ['kWh', 'kW·h'],
    ['mm/s2', 'mm/s²'],
    ['um', 'µm'],
    ['μm', 'µm'],
    ['kohm', 'kΩ'],
    ['psi', 'lbf/in²'],
    ['sec', 's'],
    ['pct', '%'],
  ]
  for (const [written, symbol] of spellings) {
    it(`knows ${written} as ${symbol}`, () => {
      expect(unitOf(written)?.symbol).to.equal(symbol)
    })
  }

  it('tells mW from MW and knows nothing else', () => {
    expect(unitOf('mW')?.gain).to.equal(0.001)
    expect(unitOf('MW')?.gain).to.equal(1e6)
    expect(unitOf('furlong')).to.equal(undefined)
    expect(unitOf('')).to.equal(undefined)
  })
})

describe('conversion', () => {
  const table: [number, string, string, number][] = [
    [0, '°C', '°F', 32],
    [100, '°C', 'K', 373.15],
    [212, '°F', '°C', 100],
    [36, 'm³/h', 'l/s', 10],
    [1, 'bar', 'kPa', 100],
    [14.503773773, 'psi', 'bar', 1],
    [180, '°', 'rad', Math.PI],
    [1, 'r/min', '°/s', 6],
    [1, 'kW·h', 'MJ', 3.6],
    [36, 'km/h', 'm/s', 10],
    [1, 'in', 'mm', 25.4],
  ]
  for (const [value, from, to, result] of table) {
    it(`makes ${result} ${to} of ${value} ${from}`, () => {
      const { gain, offset } = conversion(from, to) ?? { gain: Number.NaN, offset: Number.NaN }
      expect(value * gain + offset).to.be.closeTo(result, 1e-9 * Math.abs(result))
    })
  }

  it('there and back gives the value again; another dimension gives nothing', () => {
    fc.assert(
      fc.property(anyUnit, anyUnit, fc.double({ noNaN: true, min: -1e6, max: 1e6 }), (a, b, value) => {
        const there = conversion(a.symbol, b.symbol)
        const back = conversion(b.symbol, a.symbol)
        if (a.dimension !== b.dimension) {
          expect([there, back]).to.deep.equal([undefined, undefined])
          return
        }
        const converted = value * (there?.gain ?? Number.NaN) + (there?.offset ?? Number.NaN)
        const again = converted * (back?.gain ?? Number.NaN) + (back?.offset ?? Number.NaN)
        expect(again).to.be.closeTo(value, 1e-9 * Math.max(1000, Math.abs(value)))
      }),
      { numRuns: 2000 },
    )
  })
})
