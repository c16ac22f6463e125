import { expect } from 'chai'
import fc from 'fast-check'
import { ReadingFailed, Rejected, Status } from 'millrace/plugin'
import { decode, encode } from '../../../plugins/devices/modbus/codec.ts'
import { orders, widthOf } from '../../../plugins/devices/modbus/registers.ts'
import { register } from './modbus-kit.ts'

describe('modbus: values in registers', () => {
  const cases: [string, object, string, unknown][] = [
    ['a big-endian float32', { type: 'float32' }, '41480000', 12.5],
    ['a float32 with swapped words', { type: 'float32', order: 'CDAB' }, '00004148', 12.5],
    ['a float32 with swapped bytes', { type: 'float32', order: 'BADC' }, '48410000', 12.5],
    ['a little-endian float32', { type: 'float32', order: 'DCBA' }, '00004841', 12.5],
    ['a float64', { type: 'float64' }, '4029000000000000', 12.5],
    ['a float64 with swapped words', { type: 'float64', order: 'CDAB' }, '0000000000004029', 12.5],
    ['a negative int16', { type: 'int16' }, 'fffe', -2],
    ['a uint16 with swapped bytes', { type: 'uint16', order: 'DCBA' }, '0201', 0x0102],
    ['a negative int32', { type: 'int32' }, 'fffffffe', -2],
    ['a uint32 of full size', { type: 'uint32' }, 'ffffffff', 4294967295],
    ['a negative int64', { type: 'int64' }, 'fffffffffffffffe', -2n],
    ['a uint64 of full size', { type: 'uint64' }, 'ffffffffffffffff', 2n ** 64n - 1n],
    ['a uint64 with swapped words', { type: 'uint64', order: 'CDAB' }, '0004000300020001', 0x0001000200030004n],
    ['four decimal digits', { type: 'bcd16' }, '1984', 1984],
    ['eight decimal digits, words swapped', { type: 'bcd32', order: 'CDAB' }, '56781234', 12345678],
    ['a scaled int16 with an offset', { type: 'int16', scale: 0.1, offset: 5 }, '0064', 15],
    ['a tenth without the dust of binary fractions', { type: 'int16', scale: 0.1 }, '0003', 0.3],
    ['4 to 20 mA as a level', { rawMin: 6400, rawMax: 32000, min: 0, max: 50 }, '4b00', 25],
    ['a range that falls', { rawMin: 100, rawMax: 0, min: 0, max: 10 }, '0019', 7.5],
    ['a set bit', { bit: 3 }, '0008', true],
    ['a clear bit', { bit: 3 }, 'fff7', false],
    ['a bit of swapped bytes', { bit: 0, order: 'BADC' }, '0100', true],
    ['a whole register as a Boolean', { type: 'bool' }, '0100', true],
    ['a text up to its NUL', { type: 'string', length: 6 }, '416200786600', 'Ab'],
    ['a text filled up with spaces', { type: 'string', length: 5, padding: 'space' }, '4120622020ff', 'A b'],
    ['a text with swapped bytes', { type: 'string', length: 4, order: 'BADC' }, '62416463', 'Abcd'],
    ['a latin1 text', { type: 'string', length: 2, encoding: 'latin1' }, 'b043', '°C'],
    ['a utf16 text', { type: 'string', length: 4, encoding: 'utf16' }, '00b00043', '°C'],
    ['an array', { type: 'int16', count: 3, scale: 0.5 }, '00020004fffe', [1, 2, -1]],
  ]
  for (const [what, written, hex, value] of cases) {
    it(`reads ${what}`, () => {
      expect(decode(register(written), Buffer.from(hex, 'hex'))).to.deep.equal(value)
    })
  }

  const whole = { int16: 16, uint16: 16, int32: 32, uint32: 32, int64: 64, uint64: 64 } as const

  it('writes back the very bytes of every whole number, type, order and count', () => {
    const types = fc.constantFrom(...(Object.keys(whole) as (keyof typeof whole)[]))
    fc.assert(
      fc.property(
        types,
        fc.constantFrom(...orders),
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        (type, order, raw) => {
          const count = 24 / (whole[type] / 8)
          const each = register({ type, order, count })
          expect(encode(each, decode(each, Buffer.from(raw)) as never).equals(Buffer.from(raw))).to.equal(true)
        },
      ),
    )
  })

  it('writes back the very bytes of every scaled number that a double can tell apart', () => {
    const types = fc.constantFrom('int16', 'uint16', 'int32', 'uint32')
    const scale = fc.constantFrom(0.001, 0.01, 0.1, 0.25, 1, 2.5, 60, -0.1)
    const raw = fc.uint8Array({ minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(
        types,
        fc.constantFrom(...orders),
        scale,
        fc.integer({ min: -500, max: 500 }),
        raw,
        (type, order, s, o, raw) => {
          const each = register({ type, order, scale: s, offset: o })
          const bytes = Buffer.from(raw).subarray(0, 2 * widthOf(each))
          expect(encode(each, decode(each, bytes) as never).equals(bytes)).to.equal(true)
        },
      ),
    )
  })

  it('writes back floats and decimal digits', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(...orders), (value, order) => {
        for (const type of ['float32', 'float64']) {
          const each = register({ type, order })
          expect(decode(each, encode(each, value))).to.equal(value)
        }
      }),
    )
    fc.assert(
      fc.property(fc.nat(99_999_999), fc.constantFrom(...orders), (value, order) => {
        const each = register({ type: 'bcd32', order })
        expect(decode(each, encode(each, value))).to.equal(value)
      }),
    )
  })

  it('writes back texts of every encoding and padding', () => {
    const text = fc.string({ maxLength: 10 }).map((each) => each.replace(/\0/g, '').trimEnd())
    const encodings = fc.constantFrom('ascii', 'latin1', 'utf8', 'utf16')
    fc.assert(
      fc.property(text, encodings, fc.constantFrom('null', 'space'), (value, encoding, padding) => {
        const each = register({ type: 'string', length: 40, encoding, padding, order: 'BADC' })
        expect(decode(each, encode(each, value))).to.equal(value)
      }),
    )
  })

  it('refuses what does not fit into its registers', () => {
    const refused: [object, unknown][] = [
      [{ type: 'uint16', scale: 0.1 }, 6553.6],
      [{ type: 'int16' }, -32769],
      [{ type: 'float32' }, 1e39],
      [{ type: 'float64' }, Number.NaN],
      [{ type: 'uint64' }, -1n],
      [{ type: 'bcd16' }, 10000],
      [{ type: 'string', length: 4 }, 'abcde'],
      [{ type: 'string', length: 4, encoding: 'latin1' }, '€'],
      [{ count: 3 }, [1, 2]],
      [{ count: 3 }, 1],
    ]
    for (const [written, value] of refused) {
      expect(() => encode(register(written), value as never), JSON.stringify(written))
        .to.throw(Rejected)
        .with.property('status', Status.BadOutOfRange)
    }
    expect(encode(register({ type: 'uint16', scale: 0.1 }), 6553.5).toString('hex')).to.equal('ffff')
  })

  it('tells digits that are none', () => {
    const value = decode(register({ type: 'bcd16' }), Buffer.from('12a4', 'hex'))
    expect(value).to.be.instanceOf(ReadingFailed).with.property('status', Status.BadOutOfRange)
    expect(value).to.have.property('message').that.includes('12a4')
  })
})
