import { expect } from 'chai'
import fc from 'fast-check'
import { bytesOf } from '../../../plugins/devices/serial-line/bytes.ts'
import { checksumBytes, checksums } from '../../../plugins/devices/serial-line/checksum.ts'
import { type FrameForm, Framer } from '../../../plugins/devices/serial-line/framer.ts'
import { complaintAboutPattern, patternOf } from '../../../plugins/devices/serial-line/pattern.ts'
import { templateOf } from '../../../plugins/devices/serial-line/template.ts'

const plain: FrameForm = {
  ...{ framing: 'delimiter', start: Buffer.alloc(0), delimiter: Buffer.from('\r\n'), frameLength: 0, frameMax: 64 },
  ...{ lengthAt: 1, lengthSize: 1, lengthOrder: 'big', lengthAdds: 0, checksum: 'none', checksumAs: 'binary' },
  ...{ checksumOrder: 'big', checksumFrom: 0, checksumSeparator: Buffer.alloc(0) },
}

/** A frame around a payload, by the same rules that take it apart. */
function framed(payload: Buffer, form: FrameForm): Buffer {
  const { start, delimiter, checksumSeparator, framing, lengthAt, lengthSize, lengthOrder, lengthAdds } = form
  const body = Buffer.concat([start, payload])
  const tail = checksumBytes(body, form).length + checksumSeparator.length
  if (framing === 'length') {
    const counted = body.length + tail - lengthAdds
    if (lengthOrder === 'big') body.writeUIntBE(counted, lengthAt, lengthSize)
    else body.writeUIntLE(counted, lengthAt, lengthSize)
  }
  const sum = checksumBytes(body.subarray(form.checksumFrom), form)
  return Buffer.concat([body, checksumSeparator, sum, framing === 'delimiter' ? delimiter : Buffer.alloc(0)])
}

describe('serial line: checksums', () => {
  // The check value of each: that of the digits 1 to 9.
  const values = { xor: '31', sum8: 'DD', lrc: '23', 'crc16-modbus': '4B37', 'crc16-ccitt': '29B1', none: '' }
  for (const checksum of checksums) {
    it(`${checksum} has its check value`, () => {
      const form = { checksum, checksumAs: 'hex', checksumOrder: 'big' } as const
      expect(checksumBytes(Buffer.from('123456789'), form).toString()).to.equal(values[checksum])
    })
  }
})

describe('serial line: frames', () => {
  const forms: [string, Partial<FrameForm>][] = [
    ['a delimiter', {}],
    ['a start and a delimiter', { start: Buffer.from([2]), delimiter: Buffer.from([3]) }],
    [
      'a checksum in digits after a separator',
      {
        start: Buffer.from('$'),
        checksum: 'xor',
        checksumAs: 'hex',
        checksumFrom: 1,
        checksumSeparator: Buffer.from('*'),
      },
    ],
    ['a fixed length', { framing: 'fixed', frameLength: 9, start: Buffer.from([0xaa]), checksum: 'sum8' }],
    [
      'a length inside',
      {
        framing: 'length',
        start: Buffer.from([0x55, 0xaa]),
        lengthAt: 2,
        lengthAdds: 3,
        checksum: 'crc16-modbus',
        checksumOrder: 'little',
      },
    ],
    [
      'a length of two bytes',
      { framing: 'length', start: Buffer.from([1]), lengthSize: 2, lengthOrder: 'little', checksum: 'crc16-ccitt' },
    ],
  ]
  for (const [what, changes] of forms) {
    const form = { ...plain, ...changes }
    const safe = fc.uint8Array({ minLength: 7, maxLength: 20 }).map((bytes) => {
      // Letters are neither a start nor a delimiter nor a length.
      const letters = Buffer.from(bytes.map((byte) => 0x61 + (byte % 26)))
      return form.framing === 'fixed' ? letters.subarray(0, 7) : letters
    })

    it(`with ${what} come out whole, in whatever pieces they arrive`, () => {
      fc.assert(
        fc.property(fc.array(safe, { maxLength: 6 }), fc.integer({ min: 1, max: 30 }), (payloads, size) => {
          const stream = Buffer.concat(payloads.map((payload) => framed(payload, form)))
          const framer = new Framer(form)
          const found: Buffer[] = []
          for (let at = 0; at < stream.length; at += size) found.push(...framer.take(stream.subarray(at, at + size)))
          const inside = payloads.map((payload) => {
            const frame = framed(payload, form)
            return frame.subarray(form.start.length, form.start.length + payload.length).toString('hex')
          })
          expect(found.map((payload) => payload.toString('hex'))).to.deep.equal(inside)
          expect(framer.pendingLength).to.equal(0)
        }),
      )
    })

    it(`with ${what} are found again after noise, and nothing grows`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), safe, (noise, payload) => {
          const framer = new Framer(form)
          framer.take(Buffer.from(noise))
          expect(framer.pendingLength).to.be.at.most(form.frameMax + 2)
          framer.silence()
          const frame = framed(payload, form)
          const found = [...framer.take(frame), ...framer.take(frame)].map((each) => each.toString('hex'))
          const wanted = frame.subarray(form.start.length, form.start.length + payload.length).toString('hex')
          expect(found).to.deep.equal([wanted, wanted])
        }),
      )
    })
  }

  it('with a wrong checksum are dropped and counted', () => {
    const form: FrameForm = { ...plain, checksum: 'xor', checksumAs: 'hex', checksumSeparator: Buffer.from('*') }
    const framer = new Framer(form)
    expect(framer.take(Buffer.from('12*03\r\n12*04\r\n12*03\r\n')).map(String)).to.deep.equal(['12', '12'])
    expect(framer.damagedCount).to.equal(1)
    expect(framer.take(Buffer.from('z*7a\r\n')).map(String)).to.deep.equal(['z'])
  })

  it('that broke off are followed by the next start', () => {
    const framer = new Framer({ ...plain, start: Buffer.from('$') })
    expect(framer.take(Buffer.from('$half of a fra$whole\r\n')).map(String)).to.deep.equal(['whole'])
  })

  it('that are too long are noise up to their delimiter', () => {
    const framer = new Framer(plain)
    expect(framer.take(Buffer.from(`${'x'.repeat(100)}`))).to.deep.equal([])
    expect(framer.pendingLength).to.be.at.most(66)
    expect(framer.take(Buffer.from('the end\r\ngood\r\n')).map(String)).to.deep.equal(['good'])
  })

  it('without an end are ended by silence', () => {
    const framer = new Framer({ ...plain, framing: 'silence', checksum: 'sum8' })
    framer.take(Buffer.from([1, 2]))
    framer.take(Buffer.from([3, 6]))
    expect(framer.silence()).to.deep.equal([Buffer.from([1, 2, 3])])
    framer.take(Buffer.from([1, 2, 9]))
    expect(framer.silence()).to.deep.equal([])
    framer.take(Buffer.alloc(1000))
    expect(framer.pendingLength).to.equal(0)
  })
})

describe('serial line: texts for bytes', () => {
  it('take escapes and hexadecimal digits', () => {
    expect(bytesOf('A\\r\\n\\x02\\\\')).to.deep.equal(Buffer.from('A\r\n\x02\\'))
    expect(bytesOf('hex: 02 0d FF')).to.deep.equal(Buffer.from([2, 13, 255]))
    expect(bytesOf('°')).to.deep.equal(Buffer.from([0xb0]))
    for (const wrong of ['hex:0', 'hex:zz', '\\q', '\\x1', 'a\\', '€'])
      expect(bytesOf(wrong), wrong).to.equal(undefined)
  })
})

describe('serial line: commands', () => {
  const form = {
    checksum: 'xor',
    checksumAs: 'hex',
    checksumOrder: 'big',
    checksumFrom: 1,
    checksumSeparator: '*',
  } as const
  const render = (source: string, value?: unknown): string => {
    const template = templateOf(source, form)
    if (typeof template === 'string') throw new Error(template)
    return template.render(value as never).toString('latin1')
  }
  const cases: [string, unknown, string][] = [
    ['SP {value:%.1f}\\r', 12.34, 'SP 12.3\r'],
    ['{value:%d}', -2.6, '-3'],
    ['{value:%05d}|', -42, '-0042|'],
    ['{value:%+.2f}', 1, '+1.00'],
    ['{value:%6.1f}', 2.25, '   2.3'],
    ['{value:%-4d}|', 7, '7   |'],
    ['{value:%X}{value:%04x}', 255, 'FF00ff'],
    ['{value}', 'text', 'text'],
    ['{value}', true, '1'],
    ['$GO,{value:%d}*{checksum}\\r', 1, '$GO,1*15\r'],
    ['hex:02 {value:int16} 03', -2, '\x02\xff\xfe\x03'],
    ['{value:float32le}', 12.5, '\x00\x00\x48\x41'],
  ]
  for (const [source, value, sent] of cases) {
    it(`${source} sends ${JSON.stringify(sent)} for ${String(value)}`, () => {
      const written = render(source, value)
      if (source.includes('%6.1f')) expect(written).to.match(/^ {3}2\.[23]$/)
      else expect(written).to.equal(sent)
    })
  }

  it('refuse what is no place, and values that cannot stand there', () => {
    for (const wrong of ['{value:%q}', '{value:int24}', 'hex:0 {value:int8}', '\\q']) {
      expect(templateOf(wrong, form), wrong).to.be.a('string')
    }
    const refused: [string, unknown][] = [
      ['{value}', 'a\rSP 99'],
      ['{value}', '€'],
      ['{value:%X}', -1],
      ['{value:int8}', 200],
      ['{value:%d}', 'x'],
    ]
    for (const [source, value] of refused) expect(() => render(source, value), source).to.throw()
  })
})

describe('serial line: patterns', () => {
  it('give their groups', () => {
    const pattern = patternOf('^(?<weight>-? *[0-9.]+) *(?<unit>kg|g)?$')
    expect(pattern.groups).to.deep.equal(['weight', 'unit'])
    expect({ ...pattern.match('12.5 kg') }).to.deep.equal({ weight: '12.5', unit: 'kg' })
    expect(pattern.match('12.5 lb')).to.equal(undefined)
  })

  it('are refused when a repetition repeats', () => {
    for (const nested of ['(a+)+', '(?:a*b?)*', '(?<x>(a|b+)c)+', '((a+))*', '(a{2,})+', '(?:x+y){10,}']) {
      expect(complaintAboutPattern(nested), nested).to.match(/repeats a group that repeats inside/)
    }
    for (const fine of ['^a+b*$', '(ab)+', '[(+)]+', '\\(a+\\)+', '(?<a>\\d+),(?<b>\\d+)', '(a+)?b', '(?:abc)*']) {
      expect(complaintAboutPattern(fine), fine).to.equal(undefined)
    }
    expect(complaintAboutPattern('(')).to.match(/is no regular expression/)
  })

  it('that take too long are ended, and told', () => {
    const slow = patternOf('^a*a*a*a*a*a*a*a*a*b$')
    expect(() => slow.match('a'.repeat(1000))).to.throw(/takes longer than 50 ms/)
  })
})
